import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, openBrowser } from './browser.mjs'
import { approverOf, codeOf, decide, passLink, until, visitor } from './campus.mjs'

/** The device at the gate of the quarter, and a resident of the seed. */
const QUARTER_GATE = 'G02'
const RESIDENT = { name: '王建国', phone: '13900000101', house: '３栋2单元 501室' }

const scan = async (code) => (await control('POST', `/gate/${QUARTER_GATE}/scan`, { v: code })).body.r

/** A toast that fades has for a moment a contrast that nobody reads. */
const toastGone = (page) => page.locator('.van-toast').waitFor({ state: 'hidden' })

/** Fills in 访客登记. */
async function fill(page, { name, phone, house }, guest) {
  await page.getByRole('textbox', { name: /^住户姓名/ }).fill(name)
  await page.getByRole('textbox', { name: /^手机号码/ }).first().fill(phone)
  await page.getByRole('textbox', { name: /^门牌号/ }).fill(house)
  await page.getByRole('textbox', { name: /^访客姓名/ }).fill('张三丰')
  await page.getByRole('textbox', { name: /^手机号码/ }).last().fill(guest.phone)
}

/** The path of the newest link that an SMS brought to the resident. */
async function residentLink(before) {
  return until('an SMS to the resident', async () => {
    const inbox = await control('GET', `/sms?phone=${RESIDENT.phone}`)
    return inbox.slice(before).map(({ text }) => /\/r\/[\w-]{22}/.exec(text)?.[0]).findLast(Boolean)
  })
}

test('a visitor registers with a resident, who does not know them: the gate refuses', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  const before = (await control('GET', `/sms?phone=${RESIDENT.phone}`)).length
  await page.goto(`${BASE_URL}/h5/register`)
  await page.getByRole('button', { name: '提交' }).click()
  await page.getByText('请输入住户姓名').first().waitFor()
  await toastGone(page)
  await guest.audit()
  await fill(page, RESIDENT, guest)
  await page.getByText('若未上传人脸照，可通过出示短信链接中的二维码通行。').waitFor()
  // Days are picked, and no times of day.
  await page.getByRole('button', { name: /^结束时间/ }).click()
  await page.getByRole('group', { name: '年' }).waitFor()
  await guest.audit()
  await page.getByRole('button', { name: '确认' }).click()
  assert.match(await page.getByRole('button', { name: /^结束时间/ }).innerText(), /^\d{4}-\d\d-\d\d$/)
  await guest.see('register')
  await page.getByRole('button', { name: '提交' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  await page.getByText('通过后，通行凭证将以短信发送至访客手机。').waitFor()
  await toastGone(page)
  assert.equal(await page.getByText('已提交').first().isVisible(), true)
  assert.equal(await page.getByText('查看通行凭证').count(), 0)
  await guest.audit()
  await guest.see('registered')
  await page.goto(`${BASE_URL}/h5/register?tab=records`)
  await page.getByRole('article').getByText('王建国 3-2-501').waitFor()
  await guest.audit()

  const link = await passLink(guest.phone)
  await page.goto(`${BASE_URL}${link}`)
  await page.getByText('可通行').waitFor()
  const code = await codeOf(link)
  assert.equal(await scan(code), 'ok')

  const resident = await openBrowser(t)
  await resident.page.goto(`${BASE_URL}${await residentLink(before)}`)
  await resident.page.getByText('张**').waitFor()
  await resident.page.getByText('该访客已经入园').waitFor()
  await resident.audit()
  await resident.see('coming')
  await resident.page.getByRole('button', { name: '我不认识此人' }).click()
  await resident.audit()
  await resident.page.getByRole('button', { name: '确定' }).click()
  await resident.page.getByText('已拒绝来访，通行凭证已失效。').waitFor()
  assert.equal(await resident.page.getByRole('button', { name: '我不认识此人' }).count(), 0)
  await resident.audit()
  await resident.see('disowned')

  await page.reload()
  await page.getByText('已失效').first().waitFor()
  assert.equal(await scan(code), 'revoked')
})

test('whom the register does not know waits for the desk, which may return it to be mended', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  await page.goto(`${BASE_URL}/h5/register`)
  await fill(page, { ...RESIDENT, house: '9-9-999' }, guest)
  await page.getByRole('button', { name: '提交' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  const id = page.url().split('/').pop()
  await page.getByText('通过后，通行凭证将以短信发送至访客手机。').waitFor()
  const desk = await approverOf(t, id)
  assert.equal(desk.userid, 'wufang')
  await desk.page.goto(`${BASE_URL}/h5/staff/approvals/${id}`)
  await desk.page.getByText('未找到一致的住户').waitFor()
  await desk.audit()
  await decide(desk, id, '退回', '请核对门牌号')
  await desk.page.getByText('已退回').first().waitFor()

  await page.reload()
  await page.getByRole('link', { name: '修改' }).or(page.getByRole('button', { name: '修改' })).click()
  await page.getByText('退回原因：请核对门牌号').waitFor()
  await page.waitForLoadState('networkidle')
  await guest.audit()
  await fill(page, RESIDENT, guest)
  await page.getByRole('button', { name: '重新提交' }).click()
  await page.waitForURL(`${BASE_URL}/h5/visits/${id}`)
  assert.equal(await scan(await codeOf(await passLink(guest.phone))), 'ok')
})

test('a resident’s link that nobody was given is an invalid link', async (t) => {
  const { page, audit } = await openBrowser(t)
  await page.goto(`${BASE_URL}/r/AAAAAAAAAAAAAAAAAAAAAA`)
  await page.getByText('链接无效').waitFor()
  await audit()
})
