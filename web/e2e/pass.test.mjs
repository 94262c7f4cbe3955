import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, openBrowser } from './browser.mjs'
import { approverOf, book, codeOf, decide, keptBy, passLink, pickNextYear, readCode, scan, visitor } from './campus.mjs'

const SECOND = 1000
const ROTATING = 26
const SIGNED = 148

/** A visitor with an approved visit, and the path of their pass. */
async function holder(t, options) {
  const guest = await visitor(t, options)
  const id = await book(guest)
  await decide(await approverOf(t, id), id, '同意')
  return { ...guest, link: await passLink(guest.phone) }
}

const codeOn = (page) => page.getByRole('img', { name: '通行二维码' })

/** Waits for another picture than the one that was seen. */
async function nextCode(page, seen) {
  await page.waitForFunction((seen) => document.querySelector('svg.qr path')?.getAttribute('d') !== seen, seen)
  return drawn(page)
}
const drawn = (page) => page.locator('svg.qr path').getAttribute('d')

test('a link that nobody was given is an invalid pass', async (t) => {
  const { page, audit } = await openBrowser(t)
  await page.goto(`${BASE_URL}/p/AAAAAAAAAAAAAAAAAAAAAA`)
  await page.getByText('凭证无效').waitFor()
  await audit()
})

test('what the screen shows opens the gate in one step and in the next, on a phone whose clock is wrong', async (t) => {
  const { page, link, audit, see } = await holder(t)
  await page.clock.install({ time: Date.now() - 5 * 3600 * SECOND })
  await page.goto(`${BASE_URL}${link}`)
  await page.getByText('可通行').waitFor()
  await page.getByRole('timer').filter({ hasText: /^([1-9]|[12]\d|30) 秒后自动刷新$/ }).waitFor()
  const first = await readCode(codeOn(page))
  assert.equal(first.length, ROTATING)
  assert.equal(await scan(first), 'ok')
  await audit()
  await see('pass')

  const seen = await drawn(page)
  await page.clock.fastForward(30 * SECOND)
  await nextCode(page, seen)
  const second = await readCode(codeOn(page))
  assert.notEqual(second, first)
  assert.equal(await scan(second), 'ok')
  // The gate reads what was shown, and not just anything.
  const forged = `${first.slice(0, -1)}${first.endsWith('A') ? 'B' : 'A'}`
  assert.equal(await scan(forged), 'bad_code')
})

test('without a network the codes go on for ten minutes, then the signed one wants a document', async (t) => {
  const { page, context, link, forgive, audit, see } = await holder(t, { dark: true })
  await page.clock.install()
  await page.goto(`${BASE_URL}${link}`)
  await codeOn(page).waitFor()
  assert.equal(await codeOn(page).evaluate((code) => getComputedStyle(code).backgroundColor), 'rgb(255, 255, 255)')
  let seen = await drawn(page)

  forgive(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByText('网络不可用，以下为').waitFor()
  for (const step of [1, 2]) {
    await page.clock.fastForward(30 * SECOND)
    seen = await nextCode(page, seen)
    if (step === 1) assert.equal(await scan(await readCode(codeOn(page))), 'ok')
  }
  await audit()
  await see('pass-dark')

  await page.clock.fastForward(10 * 60 * SECOND)
  await page.getByText('核验证件').waitFor()
  await page.getByText('请备好证件').waitFor()
  assert.equal(await page.getByRole('timer').count(), 0)
  const signed = await readCode(codeOn(page))
  assert.equal(signed.length, SIGNED)
  assert.equal(signed, await codeOf(link))
  assert.equal(await scan(signed), 'ok')
  await audit()
  await see('pass-signed')

  await context.setOffline(false)
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByText('核验证件').waitFor({ state: 'detached' })
  await page.getByText('网络不可用').waitFor({ state: 'detached' })
  assert.equal((await readCode(codeOn(page))).length, ROTATING)
  assert.deepEqual(await keptBy(page), { local: [], session: [], databases: [], caches: [], workers: 0, cookies: [] })
})

test('the page asks again before the codes run out, and hears of a withdrawal', async (t) => {
  const { page, link } = await holder(t)
  await page.clock.install()
  let asked = 0
  page.on('request', (request) => (asked += request.url().includes('/api/passes/')))
  await page.goto(`${BASE_URL}${link}`)
  await codeOn(page).waitFor()
  const before = asked
  const answer = page.waitForResponse('**/api/passes/*')
  await page.clock.fastForward(61 * SECOND)
  await answer
  assert.ok(asked > before)
  const phone = await page.context().newPage()
  await phone.goto(`${BASE_URL}/h5/book?tab=records`)
  await phone.getByRole('article').first().click()
  await phone.getByRole('button', { name: '撤销' }).click()
  await phone.getByRole('button', { name: '确定' }).click()
  await phone.locator('.stage', { hasText: '已撤销' }).waitFor()
  await page.clock.fastForward(61 * SECOND)
  await page.getByText('该预约已撤销，凭证随之失效').waitFor()
  assert.equal(await page.getByRole('img').count(), 0)
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
  assert.equal(await scan(await readCode(codeOn(page))), 'not_yet')
})

// No visit begins, ends, is used up or is stopped by the security office in a test's time, so the answers are given here.
const answer = {
  state: 'valid',
  stage: 'approved',
  holder: '张*',
  host: '刘明',
  area: '校园区域',
  starts_at: '2026-03-02T14:00:00+08:00',
  ends_at: '2026-03-02T18:00:00+08:00',
  now: '2026-03-02T15:00:00+08:00',
  code: 'TEST',
  qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>',
}
const closed = { code: null, qr_svg: null }

test('every pass that opens nothing says why and what to do', async (t) => {
  const { page, audit, see } = await openBrowser(t)
  let given = answer
  await page.route('**/api/passes/*', (route) => route.fulfill({ json: given }))
  for (const [change, title, advice, button] of [
    [{ now: '2026-03-02T13:00:00+08:00' }, '未到预约时间', '2026-03-02 14:00:00 起可入', null],
    [{ now: '2026-03-02T18:00:01+08:00', state: 'expired', stage: 'lapsed', ...closed }, '已过期', '预约时间已过', '再次预约'],
    [{ state: 'revoked', stage: 'withdrawn', ...closed }, '已失效', '该预约已撤销', '再次预约'],
    [{ state: 'revoked', stage: 'rejected', ...closed }, '已失效', '请先与被访人确认', '再次预约'],
    [{ state: 'revoked', ...closed }, '已失效', '请联系被访人或保卫处', null],
    [{ entries_left: 0, holder: '团体通行 14人' }, '次数已用完', '请联系负责人', null],
  ]) {
    given = { ...answer, ...change }
    await page.goto(`${BASE_URL}/p/AAAAAAAAAAAAAAAAAAAAAA`)
    await page.getByRole('status').filter({ hasText: title }).waitFor()
    await page.getByText(advice).waitFor()
    assert.equal(await page.getByRole('img').count(), given.state === 'valid' && given.entries_left !== 0 ? 1 : 0, advice)
    assert.equal(await page.getByRole('button', { name: '再次预约' }).count(), button ? 1 : 0, advice)
    await audit()
  }
  await see('pass-used-up')
})

test('a pass opens and runs out by the server’s clock, without a new answer', async (t) => {
  const { page } = await openBrowser(t)
  let given = { ...answer, now: '2026-03-02T13:59:58+08:00' }
  await page.route('**/api/passes/*', (route) => route.fulfill({ json: given }))
  await page.goto(`${BASE_URL}/p/AAAAAAAAAAAAAAAAAAAAAA`)
  await page.getByText('未到预约时间').waitFor()
  await page.getByText('可通行').waitFor()
  given = { ...answer, now: '2026-03-02T17:59:59+08:00' }
  await page.reload()
  await page.getByText('可通行').waitFor()
  await page.getByText('已过期').waitFor()
  assert.equal(await page.getByRole('img').count(), 0)
})
