// The five ways in from their first page to a gate that opens, where no other story goes the whole way: the pass is
// what the SMS leads to, and the code is read from the pixels of its page.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, openBrowser, photo } from './browser.mjs'
import { GATE, accept, approverOf, decide, fillBooking, fillPerson, linkShown, member, passLink, pick, prove, readCode, scan, someNumber, stranger, until, visitor } from './campus.mjs'
import { AT_HOME, DECIDES, choose, desk, sms, someIdNumber } from './desk.mjs'

const QUARTER_GATE = 'G02'

const someone = (name) => ({ name, phone: someNumber(), idNumber: someIdNumber() })

/** Each of these phones gets an SMS of its own, whose pass opens the gate. */
async function assertAllGetIn(t, people, gate = GATE) {
  const { page } = await openBrowser(t)
  const links = await Promise.all(people.map(({ phone }) => passLink(phone)))
  assert.equal(new Set(links).size, people.length, 'each their own')
  for (const [place, link] of links.entries()) {
    await page.goto(`${BASE_URL}${link}`)
    await page.getByText('可通行').waitFor()
    assert.equal(await scan(await readCode(page.getByRole('img', { name: '通行二维码' })), gate), 'ok', people[place].name)
  }
}

/** Agrees on the approver's phone, as their card leads there. */
const agree = async (t, id) => decide(await approverOf(t, id), id, '同意')

/** Agrees in the console. */
async function agreeAtTheDesk(t, id, list = 'visits') {
  const { page } = await desk(t, DECIDES, `/admin/${list}?open=${id}`)
  await page.getByRole('button', { name: '同意' }).click()
  await page.getByRole('button', { name: '确定同意' }).click()
  await page.getByRole('dialog', { name: '访客申请单' }).getByText('已通过').first().waitFor()
}

const opened = (page) => new URL(page.url()).searchParams.get('open')

test('1 访客预约: a visitor and two companions each come in by the code of their own SMS', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone: guest.phone, name: '李白' })
  await page.getByRole('button', { name: '邀请多人随行' }).click()
  const sheet = page.getByRole('dialog', { name: '邀请多人随行' })
  await sheet.getByRole('textbox', { name: /^邀请随行人数/ }).fill('3')
  await sheet.getByRole('button', { name: '生成邀请链接' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  const id = page.url().split('/').pop()
  const link = await linkShown(page)
  const companions = [someone('杜甫'), someone('王维')]
  for (const companion of companions) {
    const phone = await stranger(t)
    await accept({ page: phone.page, phone: companion.phone }, link, companion)
  }
  await agree(t, id)
  await assertAllGetIn(t, [{ phone: guest.phone, name: '李白' }, ...companions])
})

test('2 访客邀约 on the PC: whoever is invited by name proves their phone, completes it, and comes in', async (t) => {
  const { page } = await desk(t, AT_HOME, '/admin/invite')
  await choose(page, '到访区域')
  await choose(page, '来访事由')
  await page.getByRole('textbox', { name: '来访人数' }).fill('1')
  const invited = someone('孙悟空')
  await page.getByRole('textbox', { name: '第1位受邀人姓名' }).fill(invited.name)
  await page.getByRole('textbox', { name: '第1位受邀人手机号' }).fill(invited.phone)
  await page.getByRole('button', { name: '发起访客邀约' }).click()
  await page.waitForURL(/\/admin\/visits\?open=\d+/)
  const id = opened(page)
  // In WeChat, which knows them, but not that the phone is theirs: the place is kept for whoever has it.
  const phone = await stranger(t)
  const link = new URL(await sms(invited.phone, /\/i\/[\w-]{22}/), BASE_URL).href
  await phone.page.goto(link)
  await phone.page.getByRole('button', { name: '接受邀请' }).waitFor()
  await phone.page.waitForLoadState('networkidle')
  await fillPerson(phone.page, invited)
  await phone.page.getByRole('button', { name: '接受邀请' }).click()
  await phone.page.getByText('该名额已留给指定的受邀人').first().waitFor()
  await phone.audit()
  const sheet = await prove(phone.page, invited.phone)
  await sheet.getByRole('button', { name: '验证手机号' }).click()
  await phone.page.getByText('已接受邀请').waitFor()
  await agreeAtTheDesk(t, id)
  await assertAllGetIn(t, [invited])
})

test('3 访客代约 on the phone: a host fills in two people, and each comes in', async (t) => {
  const { page } = await member(t, AT_HOME)
  const people = [someone('唐僧'), someone('沙悟净')]
  await page.goto(`${BASE_URL}/h5/staff/proxies`)
  await pick(page, '到访区域')
  await pick(page, '来访事由')
  await page.getByRole('button', { name: '添加一条访客信息' }).click()
  for (const [place, person] of people.entries()) await fillPerson(page.getByRole('region', { name: `访客 ${place + 1}` }), person)
  await page.getByRole('button', { name: '提交预约' }).click()
  await page.waitForURL(/\/h5\/staff\/invitations\/\d+$/)
  await agree(t, page.url().split('/').pop())
  await assertAllGetIn(t, people)
})

test('3 访客代约 on the PC: 新增预约 for two, and each comes in', async (t) => {
  const { page } = await desk(t, AT_HOME, '/admin/proxy')
  await choose(page, '到访区域')
  await choose(page, '来访事由')
  const people = [someone('猪八戒'), someone('白龙马')]
  for (const [place, { name, phone, idNumber }] of people.entries()) {
    if (place) await page.getByRole('button', { name: '添加一条访客信息' }).click()
    const row = page.getByRole('group', { name: `访客 ${place + 1}` })
    await row.getByRole('textbox', { name: '姓名' }).fill(name)
    await row.getByRole('textbox', { name: '手机号' }).fill(phone)
    await row.getByRole('textbox', { name: '证件号' }).fill(idNumber)
    await row.getByRole('button', { name: '证件照' }).setInputFiles(photo)
    await row.getByText('已上传').waitFor()
  }
  await page.getByRole('button', { name: '提交' }).click()
  await page.waitForURL(/\/admin\/visits\?open=\d+/)
  await agreeAtTheDesk(t, opened(page))
  await assertAllGetIn(t, people)
})

test('4 丁香水榭: whom no register knows comes in once the community desk agrees', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  await page.goto(`${BASE_URL}/h5/register`)
  await page.getByRole('textbox', { name: /^住户姓名/ }).fill('赵无名')
  await page.getByRole('textbox', { name: /^手机号码/ }).first().fill(someNumber())
  await page.getByRole('textbox', { name: /^门牌号/ }).fill('8-1-801')
  await page.getByRole('textbox', { name: /^访客姓名/ }).fill('张三丰')
  await page.getByRole('textbox', { name: /^手机号码/ }).last().fill(guest.phone)
  await page.getByRole('button', { name: '提交' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  const id = page.url().split('/').pop()
  const community = await approverOf(t, id)
  await community.page.goto(`${BASE_URL}/h5/staff/approvals/${id}`)
  await community.page.getByText('未找到一致的住户').waitFor()
  await decide(community, id, '同意')
  await assertAllGetIn(t, [{ phone: guest.phone, name: '张三丰' }], QUARTER_GATE)
})

test('5 团体通行: one QR lets in as many as were named and no more, and the listed car by its plate', async (t) => {
  const { page } = await desk(t, AT_HOME, '/admin/groups/new')
  await choose(page, '来访区域')
  await choose(page, '来访事由')
  await page.getByRole('textbox', { name: '总人数' }).fill('2')
  await page.getByRole('textbox', { name: /联系人$/ }).fill('李四')
  await page.getByRole('textbox', { name: '联系人手机号' }).fill(someNumber())
  const [listed, other] = [somePlate(), somePlate()]
  await page.getByRole('textbox', { name: '车牌号' }).fill(listed)
  await page.getByRole('button', { name: '添加', exact: true }).click()
  await page.getByRole('button', { name: '提交' }).click()
  await page.waitForURL(/\/admin\/groups\?open=\d+/)
  const id = opened(page)
  await agreeAtTheDesk(t, id, 'groups')
  await page.reload()
  const record = page.getByRole('dialog', { name: '访客申请单' })
  const picture = record.getByRole('img', { name: '团体通行二维码' })
  await until('the picture', () => picture.evaluate((image) => image.naturalWidth > 100))
  const code = await readCode(picture)
  const camera = async (plate) => (await control('POST', `/gate/${GATE}/scan`, { v: plate, k: 'plate' })).body.r
  assert.deepEqual([await scan(code), await scan(code), await scan(code)], ['ok', 'ok', 'used_up'])
  assert.equal(await camera(listed), 'ok')
  assert.notEqual(await camera(other), 'ok')
  // The one QR is on the phone of whoever applied, too.
  const phone = await member(t, AT_HOME)
  await phone.page.goto(`${BASE_URL}/h5/staff/invitations/${id}`)
  await phone.page.getByRole('img', { name: '团体通行二维码' }).waitFor()
  // From under the foot of the page.
  await phone.page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  assert.equal(await readCode(phone.page.getByRole('img', { name: '团体通行二维码' })), code)
})

/** A plate that no other story has. */
function somePlate() {
  return `渝A${String(Math.floor(Math.random() * 1e5)).padStart(5, '0')}`
}
