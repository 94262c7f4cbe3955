import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, openBrowser } from './browser.mjs'
import {
  accept, approverOf, codeOf, countdown, decide, fillBooking, fillPerson, GATE, ID_NUMBER, invite, inviteBy, linkShown, loginCode, member,
  passLink, prove, someNumber, stranger, until, visitor,
} from './campus.mjs'

/** The userid of a host of the seed, and people with numbers of GB 11643 that exist nowhere else. */
const INITIATOR = 'liuming'
const LI = { name: '李小红', idNumber: ID_NUMBER }
const WANG = { name: '王大山', idNumber: numbered(1) }
const ZHAO = { name: '赵青青', idNumber: numbered(2) }

/** 公民身份号码 of a day's nth birth; the check digit is reckoned as GB 11643-1999 says. */
function numbered(nth) {
  const digits = `11010519900101${String(nth).padStart(3, '0')}`
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * (2 ** (17 - place) % 11), 0)
  return `${digits}${'10X98765432'[sum % 11]}`
}

test('a member of staff invites, two accept by the link, the approver agrees, and both pass the gate', async (t) => {
  const host = await member(t, INITIATOR)
  const board = host.page
  await board.goto(`${BASE_URL}/h5/staff/invitations`)
  for (const tab of ['发起邀约', '邀约记录']) await board.getByRole('tab', { name: tab }).waitFor()
  assert.equal(await board.getByRole('textbox', { name: /^邀请有效时长/ }).inputValue(), '120')
  await board.getByText('本人', { exact: true }).waitFor()
  await host.audit()
  await host.see('invite')
  const { id, link } = await invite(host, 2)
  await board.getByText('已生成邀请链接').first().waitFor()
  await board.getByRole('timer').filter({ hasText: countdown(120) }).waitFor()
  await board.getByRole('heading', { name: '受邀人员 (0/2)' }).waitFor()
  assert.equal(await board.getByRole('listitem').filter({ hasText: '暂无人员信息' }).filter({ hasText: '邀请中' }).count(), 2)
  await board.getByText('邀请时间失效或随行人员已满则自动提交，待审批后生效').waitFor()
  await host.audit()
  await host.see('invitation')

  const first = await stranger(t)
  await first.page.goto(`${BASE_URL}${link}`)
  for (const heading of ['邀请信息', '基本信息', '备案信息']) await first.page.getByRole('heading', { name: heading }).waitFor()
  assert.equal(await first.page.getByText('刘明', { exact: true }).count(), 0, 'the initiator is masked')
  await first.page.getByText('刘*', { exact: true }).waitFor()
  await first.audit()
  await first.see('invited')
  await accept(first, link, LI)
  await first.page.locator('.stage', { hasText: '邀请中' }).waitFor()
  await first.page.getByRole('button', { name: '再填一位' }).waitFor()
  await first.audit()
  await first.see('invited-accepted')
  // The host's page looks again by itself.
  await board.getByRole('heading', { name: '受邀人员 (1/2)' }).waitFor({ timeout: 15_000 })
  await board.getByText(LI.name).first().waitFor()
  await host.audit()

  const second = await stranger(t)
  await accept(second, link, WANG)
  await second.page.locator('.stage', { hasText: '审批中' }).waitFor()
  assert.equal(await second.page.getByRole('button', { name: '再填一位' }).count(), 0)
  await second.audit()
  await second.page.getByRole('button', { name: '我的预约' }).click()
  await second.page.getByRole('tab', { name: '预约记录' }).waitFor()

  const late = await stranger(t)
  await late.page.goto(`${BASE_URL}${link}`)
  await late.page.getByText('名额已满').waitFor()
  assert.equal(await late.page.getByRole('button', { name: '接受邀请' }).count(), 0)
  await late.audit()
  await late.see('invited-full')

  await decide(await approverOf(t, id), id, '同意')
  for (const { phone } of [first, second]) {
    const { body } = await control('POST', `/gate/${GATE}/scan`, { v: await codeOf(await passLink(phone)) })
    assert.equal(body.r, 'ok', JSON.stringify(body))
  }
  await board.goto(`${BASE_URL}/h5/staff/invitations?tab=records`)
  await board.getByRole('link', { name: /已通过/ }).first().waitFor()
  await host.audit()
})

test('who is told at the last place that it was taken sees why, and nothing of theirs is lost before', async (t) => {
  const { link } = await invite(await member(t, INITIATOR), 1)
  const late = await stranger(t)
  await late.page.goto(`${BASE_URL}${link}`)
  await late.page.waitForLoadState('networkidle')
  await fillPerson(late.page, { phone: late.phone, ...ZHAO })
  await accept(await stranger(t), link, LI)
  await late.page.getByRole('button', { name: '接受邀请' }).click()
  await late.page.getByText('名额已满').first().waitFor()
  await late.page.locator('.stage', { hasText: '审批中' }).waitFor()
  await late.audit()
})

test('who proves the number that a place is kept for goes on with the form as it was typed', async (t) => {
  const named = await stranger(t)
  const { page, phone } = named
  const { link } = await inviteBy(await member(t, INITIATOR), { capacity: 2, invitees: [{ name: LI.name, phone }] })
  await page.goto(`${BASE_URL}${link}`)
  await page.waitForLoadState('networkidle')
  await fillPerson(page, { phone, ...LI })
  await page.getByRole('textbox', { name: /^携带物品/ }).fill('一箱书')
  await page.getByRole('button', { name: '接受邀请' }).click()
  await page.getByRole('alert').filter({ hasText: '该名额已留给指定的受邀人' }).waitFor()
  const sheet = await prove(page, phone)
  await named.audit()
  await named.see('invited-prove')
  await sheet.getByRole('button', { name: '验证手机号' }).click()
  await page.getByText('已接受邀请').waitFor()
  await page.getByText('1/2').waitFor()
})

test('after the page was loaded anew the words are there again, the photo is asked for, and nobody else sees them', async (t) => {
  const { page, phone, audit } = await stranger(t)
  const { link } = await inviteBy(await member(t, INITIATOR), { capacity: 2, invitees: [{ name: LI.name, phone }] })
  const name = page.getByRole('textbox', { name: /^姓名/ })
  await page.goto(`${BASE_URL}${link}`)
  await page.waitForLoadState('networkidle')
  await fillPerson(page, { phone, ...LI })
  await page.reload()
  await page.waitForLoadState('networkidle')
  await page.getByRole('button', { name: '接受邀请' }).click()
  const sheet = await prove(page, phone)
  await sheet.getByRole('button', { name: '验证手机号' }).click()
  await page.getByRole('alert').filter({ hasText: '请上传证件照' }).waitFor()
  assert.equal(await name.inputValue(), LI.name)
  assert.equal(await page.getByRole('textbox', { name: /^证件号/ }).inputValue(), LI.idNumber)
  await audit()

  // Somebody else with this browser, and a number of their own.
  const other = someNumber()
  await page.goto(`${BASE_URL}/h5/login?to=${encodeURIComponent(link)}`)
  await page.getByRole('textbox', { name: /^手机号/ }).fill(other)
  await page.getByRole('button', { name: '获取验证码' }).click()
  await page.getByRole('textbox', { name: /^验证码/ }).fill(await loginCode(other))
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByRole('button', { name: '接受邀请' }).waitFor()
  await until('the form of the other', async () => (await page.getByRole('textbox', { name: /^手机号/ }).inputValue()) === other)
  assert.equal(await name.inputValue(), '')
  assert.equal(await page.getByRole('textbox', { name: /^证件号/ }).inputValue(), '')
})

test('one phone fills in several, who comes again is known, and a lost answer takes one place', async (t) => {
  const { link } = await invite(await member(t, INITIATOR), 3)
  const guest = await stranger(t)
  const { page, phone, forgive } = guest
  await accept(guest, link, LI)
  await page.getByRole('button', { name: '再填一位' }).click()
  await page.getByRole('button', { name: '接受邀请' }).waitFor()
  await page.waitForLoadState('networkidle')
  const name = page.getByRole('textbox', { name: /^姓名/ })
  assert.equal(await name.inputValue(), '', 'somebody else has another name')
  await fillPerson(page, { phone, ...LI })
  await page.getByRole('button', { name: '接受邀请' }).click()
  await page.getByRole('alert').filter({ hasText: '该证件号已在受邀人员中' }).waitFor()

  forgive(/ERR_FAILED/)
  // The photo stays: a new one would still be on its way.
  await name.fill(WANG.name)
  await page.getByRole('textbox', { name: /^手机号/ }).fill(someNumber())
  await page.getByRole('textbox', { name: /^证件号/ }).fill(WANG.idNumber)
  await page.route('**/accept', async (route) => {
    await route.fetch()
    await route.abort()
  }, { times: 1 })
  await page.getByRole('button', { name: '接受邀请' }).click()
  await page.getByText('网络不可用').waitFor()
  await page.getByRole('button', { name: '接受邀请' }).click()
  await page.getByText('已接受邀请').waitFor()
  await page.getByText('2/3').waitFor()

  await page.goto(`${BASE_URL}${link}`)
  await page.waitForLoadState('networkidle')
  assert.equal(await name.inputValue(), LI.name)
  assert.equal(await page.getByRole('textbox', { name: /^手机号/ }).inputValue(), phone)
})

test('a visitor brings companions, and 预约记录 leads back to the invitation', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: '邀请多人随行' }).click()
  await page.getByRole('alert').filter({ hasText: '请选择被访人员' }).waitFor()
  await fillBooking(page, { phone: guest.phone, name: LI.name })
  await page.getByRole('button', { name: '邀请多人随行' }).click()
  const sheet = page.getByRole('dialog', { name: '邀请多人随行' })
  await sheet.getByRole('textbox', { name: /^邀请随行人数/ }).fill('101')
  await sheet.getByRole('button', { name: '生成邀请链接' }).click()
  await sheet.getByRole('alert').filter({ hasText: '来访人数仅允许输入1~100数字' }).waitFor()
  await guest.audit()
  await sheet.getByRole('textbox', { name: /^邀请随行人数/ }).fill('2')
  await sheet.getByRole('button', { name: '生成邀请链接' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  const id = page.url().split('/').pop()
  await page.getByRole('heading', { name: '受邀人员 (1/2)' }).waitFor()
  await guest.audit()

  await page.goto(`${BASE_URL}/h5/book?tab=records`)
  await page.getByRole('link', { name: /邀请中/ }).click()
  const link = await linkShown(page)
  await accept(await stranger(t), link, WANG)
  await page.getByText('审批中').waitFor({ timeout: 15_000 })
  assert.equal(await page.getByRole('button', { name: '分享二维码' }).count(), 0)
  await decide(await approverOf(t, id), id, '同意')
  await passLink(guest.phone)
})

test('a place is closed, time is added, and it is submitted early or withdrawn, each asked once more', async (t) => {
  const host = await member(t, INITIATOR)
  const { page } = host
  const { link } = await invite(host, 3)
  await page.getByRole('button', { name: '关闭一个名额' }).click()
  await host.audit()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('heading', { name: '受邀人员 (0/2)' }).waitFor()
  await page.getByRole('button', { name: '延长' }).click()
  await page.getByRole('textbox', { name: /^延长时长/ }).fill('0')
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('alert').filter({ hasText: '邀请有效时长应为1~10080分钟' }).waitFor()
  await host.audit()
  await page.getByRole('button', { name: '取消' }).click()
  await page.getByRole('button', { name: '提前提交' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByText('还没有人接受邀请，不能提交').waitFor()
  await accept(await stranger(t), link, LI)
  await page.getByRole('button', { name: '提前提交' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.stage', { hasText: '审批中' }).waitFor()
  await page.locator('.van-toast').waitFor({ state: 'hidden' })
  await host.audit()

  const other = await invite(host, 2)
  await page.getByRole('button', { name: '撤销' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.stage', { hasText: '已撤销' }).waitFor()
  const guest = await stranger(t)
  await guest.page.goto(`${BASE_URL}${other.link}`)
  await guest.page.getByText('发起人已撤销该邀请').waitFor()
  await guest.audit()
})

test('an invitation lapses under the eyes of both, by the server’s clock', async (t) => {
  const host = await member(t, INITIATOR)
  const guest = await stranger(t)
  // No invitation outlasts its visit, and this one ends in a moment.
  const { id, link } = await inviteBy(host, { seconds: 6, capacity: 2 })
  await host.page.goto(`${BASE_URL}/h5/staff/invitations/${id}`)
  await guest.page.goto(`${BASE_URL}${link}`)
  await guest.page.getByRole('timer').filter({ hasText: /^00:0\d$/ }).waitFor()
  await host.page.locator('.stage', { hasText: '已失效' }).waitFor()
  await guest.page.getByText('邀请时间已过').waitFor()
  assert.equal(await guest.page.getByRole('button', { name: '接受邀请' }).count(), 0)
  await guest.audit()
  await host.audit()
})

test('a link that nobody was given is an invalid invitation', async (t) => {
  const { page, audit } = await openBrowser(t)
  await page.goto(`${BASE_URL}/i/AAAAAAAAAAAAAAAAAAAAAA`)
  await page.getByText('邀请无效').waitFor()
  await audit()
})

test('the invitation’s pages fit a screen of 320 px in the dark, and a keyboard reaches everything', async (t) => {
  const small = { width: 320, height: 640, dark: true }
  const host = await member(t, INITIATOR, small)
  const { page } = host
  const { link } = await invite(host, 5)
  await host.audit()
  await host.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: '邀请微信好友' }).click()
  await page.getByText('链接已复制').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${BASE_URL}${link}`)
  await page.locator('.van-toast').waitFor({ state: 'hidden' })
  // Where the browser copies nothing, the link is there to be copied by hand.
  await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))))
  await page.getByRole('button', { name: '邀请微信好友' }).click()
  await page.getByText(`${BASE_URL}${link}`).waitFor()
  await host.audit()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '分享二维码' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('img', { name: '邀请二维码' }).waitFor()
  await host.audit()
  await host.see('invitation-qr')
  await page.keyboard.press('Escape')
  await page.getByRole('img', { name: '邀请二维码' }).waitFor({ state: 'detached' })
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim())
  assert.equal(await focused(), '分享二维码', 'the focus comes back to where it was')
  const reached = []
  for (let step = 0; step < 4; step++) {
    await page.keyboard.press('Tab')
    reached.push(await focused())
  }
  assert.deepEqual(reached, ['关闭一个名额', '延长', '撤销', '提前提交'])
  await host.see('invitation-small')

  const guest = await visitor(t, small)
  await guest.page.goto(`${BASE_URL}${link}`)
  await guest.page.getByRole('button', { name: '接受邀请' }).waitFor()
  await guest.audit()
})
