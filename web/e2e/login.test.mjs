// Logging in where there is no WeChat: a phone, the code that comes to it, and back to where one was.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, openBrowser } from './browser.mjs'
import { book, loginCode, someNumber, stranger, until } from './campus.mjs'

const other = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

async function ask(page, phone) {
  await page.getByRole('textbox', { name: /^手机号/ }).fill(phone)
  await page.getByRole('button', { name: '获取验证码' }).click()
  await page.getByRole('button', { name: /^\d+ 秒后可重发$/ }).waitFor()
  return loginCode(phone)
}

test('outside WeChat a phone and its code lead back to the booking, which is then one’s own', async (t) => {
  const browser = await openBrowser(t)
  const { page, audit, see } = browser
  const phone = someNumber()
  await page.goto(`${BASE_URL}/h5/book?tab=records`)
  await page.waitForURL(/\/h5\/login\?to=/)
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByText('请输入正确的11位手机号').waitFor()
  await audit()
  const code = await ask(page, phone)
  assert.ok(await page.getByRole('button', { name: /秒后可重发/ }).isDisabled())
  await see('login')
  const digits = page.getByRole('textbox', { name: /^验证码/ })
  await digits.fill(other(code))
  await page.getByRole('button', { name: '登录' }).click()
  await page.getByText('验证码不正确或已失效').last().waitFor()
  await audit()
  await digits.fill(code)
  await page.getByRole('button', { name: '登录' }).click()
  await page.waitForURL(`${BASE_URL}/h5/book?tab=records`)
  await page.getByText('暂无预约记录').waitFor()
  await page.getByRole('tab', { name: '发起预约' }).click()
  const field = page.getByRole('textbox', { name: /^手机号/ })
  await until('the phone in the form', async () => (await field.inputValue()) === phone)
  const id = await book({ page, phone })
  await page.getByText('审批中').waitFor()
  await page.goto(`${BASE_URL}/h5/book?tab=records`)
  await page.locator(`a[href="/h5/visits/${id}"]`).waitFor()
})

test('the login leads to no other site', async (t) => {
  const { page } = await openBrowser(t)
  const phone = someNumber()
  await page.goto(`${BASE_URL}/h5/login?to=${encodeURIComponent('//evil.example/h5')}`)
  const code = await ask(page, phone)
  await page.getByRole('textbox', { name: /^验证码/ }).fill(code)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${BASE_URL}/h5/book`)
})

test('inside WeChat nobody is asked for a phone or a code', async (t) => {
  const guest = await stranger(t)
  const seen = []
  guest.page.on('framenavigated', (frame) => seen.push(new URL(frame.url()).pathname))
  await guest.page.goto(`${BASE_URL}/h5/book?tab=records`)
  await guest.page.getByText('暂无预约记录').waitFor()
  assert.ok(!seen.includes('/h5/login'), seen.join(' '))
})

test('at 320 pixels the login fits', async (t) => {
  const { page, audit } = await openBrowser(t, { width: 320, height: 640, dark: true })
  await page.goto(`${BASE_URL}/h5/login`)
  await page.getByRole('button', { name: '获取验证码' }).waitFor()
  await audit()
})
