import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { BASE_URL, control, openBrowser } from './browser.mjs'
import { cardOf, fillBooking, passLink, until } from './campus.mjs'

/** The operator sets the account's menu, which a fresh account does not have. */
async function applyMenu() {
  const { host } = new URL(BASE_URL)
  const program = process.env.BINARY ?? fileURLToPath(new URL('../../target/debug/campus-pass', import.meta.url))
  const env = { CAMPUS_PASS__SERVER__LISTEN: host, CAMPUS_PASS__SERVER__PUBLIC_URL: BASE_URL }
  await promisify(execFile)(program, ['menu', 'apply'], { env: { ...process.env, ...env } })
}

test('the whole story is told on the sandbox page: menu, booking, card, SMS, gate', async (t) => {
  if (!(await control('GET', '/menu'))) await applyMenu()
  const { page, audit, see } = await openBrowser(t, { width: 1440, height: 880 })
  await page.goto(`${BASE_URL}/sandbox`)
  const phone = page.getByRole('region', { name: '访客的手机' })
  const desk = page.getByRole('region', { name: '教职工的企业微信' })
  const gate = page.getByRole('region', { name: '门禁' })

  await phone.getByLabel('微信昵称').fill('张小雨')
  await phone.getByRole('button', { name: '添加人物' }).click()
  await phone.getByRole('button', { name: '便捷CIPC' }).click()
  await phone.getByRole('button', { name: '重工校园通' }).click()
  // The first stands in the welcome, the second answers the tap.
  const booking = phone.getByRole('link', { name: '访客预约' }).nth(1)
  await booking.waitFor()
  await audit()
  await booking.click()

  const number = `138${String(Date.now() % 1e8).padStart(8, '0')}`
  const web = phone.frameLocator('iframe')
  // Of another department than the other stories, whose cards would lie on the same desk.
  await fillBooking(web, { phone: number, name: '张小雨', host: '王强' })
  await web.getByRole('button', { name: '发起单人预约' }).click()
  await web.getByText('审批中').waitFor()
  const id = await web.locator('dd', { hasText: /^\d{15,}$/ }).textContent()

  const { userid } = await until('a card', () => cardOf(id))
  await desk.getByLabel('成员').selectOption(userid)
  const card = desk.getByRole('article').last()
  await card.getByRole('button', { name: '同意' }).click()
  await card.getByRole('button', { name: '同意' }).waitFor({ state: 'detached' })
  await audit()

  const link = await passLink(number)
  await phone.getByRole('tab', { name: '短信' }).click()
  await phone.getByLabel('收件手机号').fill(number)
  await phone.getByRole('link', { name: new RegExp(link) }).click()
  await web.getByText('可通行').waitFor()

  await gate.getByLabel('从短信中选取').selectOption(link.slice('/p/'.length))
  await until('the code', () => gate.getByLabel('码的内容').inputValue())
  await gate.getByRole('button', { name: '扫码' }).click()
  await gate.getByText('开门').waitFor()
  await gate.getByText('应答签名正确').waitFor()
  await desk.getByRole('article').last().scrollIntoViewIfNeeded()
  await see('sandbox')
  await gate.getByLabel('码的内容').fill('NOT-A-PASS')
  await gate.getByRole('button', { name: '扫码' }).click()
  await gate.getByText('拒绝').waitFor()
  await page.getByRole('region', { name: '往来记录' }).getByText('POST').first().waitFor()
  await audit()
  assert.ok((await control('GET', '/log')).length > 0)
})

test('what goes wrong outside is switched on by the page, told on it, and lifted', async (t) => {
  const { page, audit, see } = await openBrowser(t, { width: 1440, height: 880 })
  t.after(() => control('DELETE', '/faults'))
  await page.goto(`${BASE_URL}/sandbox`)
  const faults = page.getByRole('region', { name: '故障开关' })
  await faults.getByText('一切正常').waitFor()
  await faults.getByLabel('接口').selectOption('腾讯云短信')
  await faults.getByLabel('故障', { exact: true }).selectOption('返回错误码')
  await faults.getByLabel('错误码').fill('LimitExceeded.PhoneNumberDailyLimit')
  await faults.getByLabel('次数').fill('2')
  await faults.getByRole('button', { name: '制造故障' }).click()
  await faults.getByText('腾讯云短信 · 返回错误码 LimitExceeded.PhoneNumberDailyLimit · 还有 2 次').waitFor()
  await faults.getByLabel('接口').selectOption('企业微信消息')
  await faults.getByLabel('故障', { exact: true }).selectOption('应答缓慢')
  await faults.getByLabel('毫秒').fill('10')
  await faults.getByLabel('次数').fill('')
  await faults.getByRole('button', { name: '制造故障' }).click()
  await faults.getByText('企业微信消息 · 应答缓慢 · 直到恢复').waitFor()
  assert.deepEqual(await control('GET', '/faults'), [
    { call: 'sms:tencent', kind: 'errcode', errcode: 'LimitExceeded.PhoneNumberDailyLimit', times: 2 },
    { call: 'qy:message/send', kind: 'delay_ms', ms: 10 },
  ])
  await audit()
  await see('sandbox-faults')
  await faults.getByRole('button', { name: '全部恢复' }).click()
  await faults.getByText('一切正常').waitFor()
  assert.deepEqual(await control('GET', '/faults'), [])
})
