// The mini-program on a phone whose WeChat is in English: whatever a page says of ours is in English too.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL } from './browser.mjs'
import { approverOf, campusDay, decide, HOST, ID_NUMBER, passLink, until } from './campus.mjs'
import { leavesNothing, namesOfCampus } from './english.mjs'
import { agree, bookByMini, choosePhoto, holder, inviteByMini, keptByMini, turn } from './mini.mjs'

/** Somebody whose WeChat is in English, on a small screen, and what each of their screens must hold. */
async function foreigner(t, options) {
  const guest = await holder(t, { width: 320, height: 640, ...options })
  const campus = await namesOfCampus()
  const look = async () => {
    await guest.page.locator('.toast').waitFor({ state: 'detached' })
    await guest.audit()
    await leavesNothing(guest.page, campus)
  }
  return { ...guest, openInEnglish: (path) => guest.open(path, { language: 'en' }), look }
}

const title = (page, name) => page.locator('#title', { hasText: new RegExp(`^${name}$`) }).waitFor()

test('a form is filled in, sent and taken back in English', async (t) => {
  const guest = await foreigner(t)
  const { page, look, see } = guest
  await guest.openInEnglish()
  await title(page, 'Campus visits')
  assert.deepEqual(await page.locator('#tabs button').allTextContents(), ['Visits', 'Residents', 'Me'])
  await page.getByRole('button', { name: 'Book for myself' }).click()
  await page.getByText('Please choose your host').waitFor()
  await page.locator('.toast', { hasText: 'Please check what is marked' }).waitFor()
  await look()

  await page.getByRole('button', { name: /^Host/ }).click()
  const sought = page.getByRole('textbox', { name: 'Name of the host' })
  await sought.fill('Nobody')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByText('Nobody was found').waitFor()
  await look()
  await sought.fill(HOST)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('button', { name: new RegExp(`^${HOST} ·`) }).first().click()
  await page.getByRole('button', { name: /^Area/ }).click()
  await page.getByRole('dialog').waitFor()
  await look()
  await page.keyboard.press('Escape')
  await turn(page, 'Area')
  await turn(page, 'Reason')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('John Smith')
  await page.getByRole('button', { name: 'Use WeChat’s number' }).click()
  await until('the phone', async () => (await page.getByRole('textbox', { name: 'Phone' }).inputValue()) === guest.phone)
  await page.getByRole('textbox', { name: 'ID number' }).fill(ID_NUMBER)
  await choosePhoto(page, 'ID photo', undefined, 'Album')
  await page.getByText('Uploaded').waitFor()
  await look()
  await see('mini-english-book')

  await page.getByRole('button', { name: 'Bring companions' }).click()
  const people = page.getByRole('textbox', { name: 'People' })
  await people.fill('0')
  await page.getByRole('button', { name: 'Make the link' }).click()
  // The server's own refusal.
  await page.getByRole('alert').waitFor()
  await look()
  await people.fill('3')
  await page.getByRole('button', { name: 'Make the link' }).click()
  await page.getByRole('heading', { name: 'Invited (1/3)' }).waitFor()
  await title(page, 'Invitations')
  await look()
  await see('mini-english-invitation')
  await page.getByRole('button', { name: 'Invite WeChat friends' }).click()
  assert.equal((await page.evaluate(() => globalThis.shared)).title, 'John Smith invites you to visit: please fill in your details')
  for (const sheet of ['Share the QR code', 'Extend']) {
    await page.getByRole('button', { name: sheet }).click()
    await page.getByRole('dialog', { name: sheet }).waitFor()
    await look()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
  }
  await page.getByRole('button', { name: 'Close a place' }).click()
  await page.getByRole('dialog').waitFor()
  await look()
  await page.getByRole('button', { name: 'OK' }).click()
  await page.getByRole('heading', { name: 'Invited (1/2)' }).waitFor()
  await page.getByRole('button', { name: 'Withdraw' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'OK' }).click()
  await page.locator('.stage:visible', { hasText: 'Withdrawn' }).waitFor()
  await page.getByRole('button', { name: 'Book again' }).waitFor()
  await look()
})

/** Registers with a resident whom the register knows, by the API; gives back the visit's id. */
async function registered({ page, phone }) {
  const { token } = await keptByMini(page)
  const day = campusDay()
  const resident = { name: '王建国', phone: '13900000101', house: '3栋2单元501' }
  const answer = await fetch(`${BASE_URL}/api/registrations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ resident, starts_on: day, ends_on: day, visitor: { name: '李小红', phone } }),
  })
  return (await answer.json()).id
}

test('every page of a visit is in English, in the dark too', async (t) => {
  const guest = await foreigner(t, { dark: true })
  const { page, look, see } = guest
  const approved = await bookByMini(guest)
  await agree(approved)
  const link = await passLink(guest.phone)
  const returned = await bookByMini(guest)
  await decide(await approverOf(t, returned), returned, '退回', 'Please add your belongings')
  const { path: invitation } = await inviteByMini(guest, 2)
  const registration = await registered(guest)

  const pass = link.replace('/p/', '/pages/pass/pass?token=')
  for (const [path, named, ready] of [
    [`/pages/visit/visit?id=${approved}`, 'Visit', page.getByText('Show the pass')],
    [`/pages/visit/visit?id=${returned}`, 'Visit', page.getByText('Please add your belongings')],
    [`/pages/visit/visit?id=${registration}`, 'Registration', page.getByText('House number')],
    [`/pages/edit/edit?id=${returned}`, 'Correct the visit', page.getByText('Returned because: Please add your belongings')],
    [pass, 'Pass', page.getByText('You may pass')],
    ['/pages/pass/pass?token=AAAAAAAAAAAAAAAAAAAAAA', 'Pass', page.getByText('This pass is not valid')],
    [invitation, 'You are invited', page.getByRole('button', { name: 'Accept' })],
    ['/pages/invitation/invitation?token=AAAAAAAAAAAAAAAAAAAAAA', 'You are invited', page.getByText('This invitation is not valid')],
    ['/pages/register/register', 'Dingxiang Shuixie visitors', page.getByRole('button', { name: 'Submit' })],
    ['/pages/mine/mine', 'My data', page.getByRole('button', { name: 'Take back the ID photo' }).first()],
    ['/pages/visit/visit?id=1', 'Visit', page.getByRole('button', { name: 'Try again' })],
  ]) {
    await guest.openInEnglish(path)
    await ready.waitFor()
    await title(page, named)
    await page.waitForLoadState('networkidle')
    await look()
    await see(`mini-english-${path.split('/').pop().replace(/\d{15,}|[\w-]{22}/, 'x')}`)
  }
  for (const [path, tab, count] of [['/pages/book/book', 'My visits', 3], ['/pages/register/register', 'My registrations', 1]]) {
    await guest.openInEnglish(path)
    await page.getByRole('tab', { name: tab }).click()
    await page.getByText('That is all').waitFor()
    assert.equal(await page.getByRole('link').count(), count)
    await look()
  }
})

test('what ends and what is refused is said in English', async (t) => {
  const guest = await foreigner(t)
  const { page, context, look, forgive } = guest
  await bookByMini(guest)
  await guest.openInEnglish('/pages/mine/mine')
  await page.getByRole('button', { name: 'Take back the ID photo' }).click()
  await page.getByRole('button', { name: 'OK' }).click()
  // The server's: the visit rests on it.
  await page.locator('.toast', { hasText: /^[\x20-\x7e’]+$/ }).waitFor()
  await look()
  await page.getByRole('button', { name: 'Delete my account' }).click()
  const word = page.getByRole('textbox', { name: 'Type DELETE to confirm' })
  await word.fill('no')
  await look()
  await page.getByRole('button', { name: 'OK' }).click()
  await page.locator('.toast', { hasText: 'Please type DELETE to confirm' }).waitFor()
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await word.fill('delete')
  await page.getByRole('button', { name: 'OK' }).click()
  await page.getByText('You are logged out here').waitFor()
  await look()
  forgive(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  await page.getByRole('button', { name: 'Log in again' }).click()
  await page.getByText('There is no network').waitFor()
  await look()
  await context.setOffline(false)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('0 visits, 0 messages').waitFor()
  await look()
})

// No pass runs out in a test's time, so the answers are given here.
test('a pass that opens nothing, and the code that does not rotate, explain themselves in English', async (t) => {
  const guest = await foreigner(t)
  const { page, look } = guest
  const answer = {
    state: 'valid', stage: 'approved', holder: '张*', host: '刘明', area: '校园区域', has_face: true,
    starts_at: '2026-03-02T14:00:00+08:00', ends_at: '2026-03-02T18:00:00+08:00', now: '2026-03-02T15:00:00+08:00',
    code: 'TEST', code_mark: '核验证件', rotating: null,
    qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>',
  }
  await page.route('**/api/passes/*', (route) => route.fulfill({ json: answer }))
  const open = () => guest.openInEnglish('/pages/pass/pass?token=AAAAAAAAAAAAAAAAAAAAAA')
  await open()
  // The mark is for the guard, who reads Chinese.
  await page.getByText('核验证件 · ID check').waitFor()
  await page.getByText('This code does not change').waitFor()
  for (const [change, words] of [
    [{ code_mark: null, now: '2026-03-02T13:00:00+08:00' }, 'From 2026-03-02 14:00:00 on'],
    [{ now: '2026-03-02T19:00:00+08:00' }, 'To come again, book again.'],
    [{ now: '2026-03-02T15:00:00+08:00', entries_left: 0 }, 'All entries of this pass are used.'],
    [{ state: 'revoked', stage: 'withdrawn', qr_svg: null }, 'The visit was withdrawn'],
    [{ stage: 'rejected' }, 'The visit was refused'],
    [{ stage: 'approved' }, 'This pass was stopped.'],
  ]) {
    Object.assign(answer, change)
    await open()
    await page.getByText(words).waitFor()
    await look()
  }
})
