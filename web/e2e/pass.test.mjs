import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, openBrowser } from './browser.mjs'
import { approverOf, book, codeOf, decide, GATE, passLink, pickNextYear, visitor } from './campus.mjs'

test('a link that nobody was given is an invalid pass', async (t) => {
  const { page, audit } = await openBrowser(t)
  await page.goto(`${BASE_URL}/p/AAAAAAAAAAAAAAAAAAAAAA`)
  await page.getByText('凭证无效').waitFor()
  await audit()
})

test('the code is white in the dark and stays when the network is gone', async (t) => {
  const guest = await visitor(t, { dark: true })
  const { page, context, forgive } = guest
  const id = await book(guest)
  await decide(await approverOf(t, id), id, '同意')
  const link = await passLink(guest.phone)

  await page.goto(`${BASE_URL}${link}`)
  const code = page.getByRole('img', { name: '通行二维码' })
  await code.waitFor()
  assert.equal(await code.evaluate((image) => getComputedStyle(image).backgroundColor), 'rgb(255, 255, 255)')
  await page.getByText(/^\d+ 秒后自动刷新$/).waitFor()
  await guest.audit()

  forgive(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  // The page asks again as soon as the phone believes that it is online, and finds nobody.
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByText('网络不可用，以下为').waitFor()
  await code.waitFor()
  await guest.audit()
  await guest.see('pass-dark')
  await context.setOffline(false)
  await page.getByText('网络不可用').waitFor({ state: 'detached' })
})

test('a pass for another day says when its time will come, and opens nothing before', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  const id = await book(guest, async () => {
    await pickNextYear(page, '开始时间')
    await pickNextYear(page, '结束时间')
  })
  await decide(await approverOf(t, id), id, '同意')
  const link = await passLink(guest.phone)
  await page.goto(`${BASE_URL}${link}`)
  await page.getByText('未到预约时间').waitFor()
  await page.getByText(/^\d{4}-\d\d-\d\d 00:00:00 起可入/).waitFor()
  await guest.audit()
  const { body } = await control('POST', `/gate/${GATE}/scan`, { v: await codeOf(link) })
  assert.equal(body.r, 'not_yet', JSON.stringify(body))
})

// No visit begins and ends in a test's time, so the answers are given here.
test('a pass opens and runs out by the server’s clock, without a new answer', async (t) => {
  const { page, audit } = await openBrowser(t)
  const answer = {
    state: 'valid',
    holder: '张*',
    host: '刘明',
    area: '校园区域',
    starts_at: '2026-03-02T14:00:00+08:00',
    ends_at: '2026-03-02T18:00:00+08:00',
    now: '2026-03-02T13:59:58+08:00',
    code: 'TEST',
    qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>',
  }
  await page.route('**/api/passes/*', (route) => route.fulfill({ json: answer }))
  await page.goto(`${BASE_URL}/p/AAAAAAAAAAAAAAAAAAAAAA`)
  await page.getByText('未到预约时间').waitFor()
  await page.getByText('2026-03-02 14:00:00 起可入').waitFor()
  await audit()
  // Two seconds later the window opens, with no new answer.
  await page.getByText('可通行').waitFor()
  answer.now = '2026-03-02T18:00:01+08:00'
  await page.reload()
  await page.getByText('已过期').waitFor()
  assert.equal(await page.getByRole('img').count(), 0)
  await audit()
})
