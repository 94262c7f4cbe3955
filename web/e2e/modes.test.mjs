import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, openBrowser } from './browser.mjs'
import { accept, applyForGroup, approverOf, book, campusDay, decide, invite, member, passLink, visitor } from './campus.mjs'
import { leavesNothing, namesOfCampus } from './english.mjs'

const SMALL = { width: 320, height: 640 }

const size = (page) => page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize))

/** Large type and the other language are preferences of the phone, set before any page is seen. */
const prefer = (context, { large = false, english = false }) =>
  context.addInitScript(
    ([large, english]) => {
      if (large) localStorage.setItem('large-type', 'on')
      if (english) localStorage.setItem('language', 'en')
    },
    [large, english],
  )

test('关怀模式 enlarges the words on every page, and stays until it is switched off', async (t) => {
  const { page, audit, see } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  const before = await size(page)
  const large = page.getByRole('button', { name: '关怀模式' })
  await large.click()
  assert.ok((await size(page)) >= before * 1.25)
  assert.equal(await large.getAttribute('aria-pressed'), 'true')
  await audit()
  await see('large-type')
  await page.goto(`${BASE_URL}/h5/register`)
  await page.getByRole('button', { name: '提交' }).waitFor()
  assert.ok((await size(page)) >= before * 1.25)
  await large.click()
  await page.reload()
  assert.equal(await size(page), before)
})

test('the pages speak English when asked, keep what was typed, and find back', async (t) => {
  const { page, audit, see } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: /^到访区域/ }).waitFor()
  await page.waitForLoadState('networkidle')
  await page.getByRole('textbox', { name: /^姓名/ }).fill('John Smith')
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Campus visits' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  assert.equal(await page.title(), 'Campus visits')
  assert.equal(await page.getByRole('textbox', { name: /^Name/ }).inputValue(), 'John Smith')
  await page.getByRole('button', { name: 'Book for myself' }).click()
  await page.getByText('Please choose your host').first().waitFor()
  await page.locator('.van-toast').waitFor({ state: 'hidden' })
  await audit()
  await see('english')
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { name: '智慧访客' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
})

test('what the server refuses is said in English by its code', async (t) => {
  const { page, context } = await openBrowser(t)
  await prefer(context, { english: true })
  await page.goto(`${BASE_URL}/p`)
  await page.getByRole('textbox', { name: /^Code/ }).fill('AAAAAA')
  await page.getByRole('textbox', { name: /^Last four digits/ }).fill('0000')
  await page.getByRole('button', { name: 'Open the pass' }).click()
  await page.getByText('The code or the last four digits are wrong').waitFor()
})

/** A visitor to a resident: no person decides where the register knows them by that house. */
async function register({ page, phone }, house) {
  const day = campusDay()
  const resident = { name: '王建国', phone: '13900000101', house }
  const answer = await page.request.post(`${BASE_URL}/api/registrations`, {
    headers: { origin: BASE_URL },
    data: { resident, starts_on: day, ends_on: day, visitor: { name: '李小红', phone } },
  })
  assert.equal(answer.status(), 201, await answer.text())
  return (await answer.json()).id
}

/** A booking, an invitation and a registration that an approver returned. */
async function sentBack(t, { guest, approver, host, desk }) {
  const comment = 'Please correct the reason'
  const returned = await book(guest)
  await decide(approver, returned, '退回', comment)
  const { id: corrected, link } = await invite(host, 1)
  await accept(guest, link, { name: '李小红', idNumber: 'E12345678' })
  await decide(approver, corrected, '退回', comment)
  const registration = await register(guest, '9栋9单元901')
  await decide(desk, registration, '退回', comment)
  return { returned, corrected, registration }
}

/** Every page of the phone, with what tells that it is there, whatever its language. */
async function tour(t, { dark, large, english, names }) {
  const small = { ...SMALL, dark }
  const guest = await visitor(t, small)
  const id = await book(guest)
  const approver = await approverOf(t, id, small)
  await decide(approver, id, '同意')
  const pass = await passLink(guest.phone)
  const waiting = await book(guest)
  const host = await member(t, 'liuming', small)
  const { id: inviting, link } = await invite(host, 3)
  const desk = await member(t, 'wufang', small)
  const known = await register(guest, '3栋2单元501')
  const { returned, corrected, registration } = await sentBack(t, { guest, approver, host, desk })
  await host.page.goto(`${BASE_URL}/h5/staff`)
  await host.page.getByRole('tab').first().waitFor()
  const group = await applyForGroup(host.page)
  await decide(approver, group, '同意')
  const guard = await member(t, 'zhoulan', small)
  for (const { context } of [guest, approver, host, desk, guard]) await prefer(context, { large, english })

  await guard.page.goto(`${BASE_URL}/h5/guard`)
  await guard.page.locator('.guard-entry').waitFor()
  const gates = await (await guard.page.request.get(`${BASE_URL}/api/guard/gates`)).json()
  const campus = [...(await namesOfCampus()), ...gates.map(({ name }) => name)]
  const seen = [
    [guest, '/h5/book', '.submit'],
    [guest, '/h5/book?tab=records', 'article'],
    [guest, `/h5/visits/${id}`, '.to-pass'],
    [guest, pass, '.qr'],
    [guest, '/p', 'form'],
    [guest, '/p/AAAAAAAAAAAAAAAAAAAAAA', '.pass-state'],
    [guest, '/h5/register', '.submit'],
    [guest, '/h5/register?tab=records', 'article'],
    [guest, `/h5/visits/${returned}/edit`, '.submit'],
    [guest, `/h5/registrations/${registration}/edit`, '.submit'],
    [guest, '/h5/me', '.me-acts'],
    [guest, '/h5/left', '.notice'],
    [guest, '/h5/nowhere', '.notice'],
    [guest, link, '.submit'],
    [guest, '/r/AAAAAAAAAAAAAAAAAAAAAA', '.outcome'],
    // Theirs alone: other stories bring people of other names.
    [approver, `/h5/staff?q=${waiting}`, 'article'],
    [approver, `/h5/staff/approvals/${waiting}`, '.foot'],
    [approver, `/h5/staff/approvals/${id}`, '.facts'],
    [desk, `/h5/staff/approvals/${known}`, '.facts'],
    [approver, `/h5/staff/approvals/${group}`, '.facts'],
    [approver, '/h5/staff/delegation', '.submit'],
    [host, '/h5/staff/invitations', '.submit'],
    [host, '/h5/staff/invitations?tab=records', 'article'],
    [host, `/h5/staff/invitations/${inviting}`, '.board-places'],
    [host, `/h5/staff/invitations/${corrected}/edit`, '.submit'],
    [host, `/h5/staff/invitations/${group}`, '.group-pass img'],
    [host, '/h5/staff/proxies', '.proxy-visitor'],
    [guard, '/h5/guard', '.guard-entry'],
  ]
  for (const [{ page, audit, see }, path, ready] of seen) {
    await page.goto(`${BASE_URL}${path}`)
    await page.locator(ready).first().waitFor()
    await page.waitForLoadState('networkidle')
    await audit()
    const name = new URL(`${BASE_URL}${path}`).pathname.replace(/\d{15,}|[\w-]{22}/, 'x').replaceAll('/', '-')
    await see(`${names}${name}${path.includes('records') ? '-records' : ''}`)
    if (!english) continue
    await leavesNothing(page, campus)
    // 审批流程 and 审批历史 say who in the campus's own names, and what they are in ours.
    if (!path.includes('/approvals/')) continue
    for (const tab of ['Steps', 'History']) {
      await page.getByRole('tab', { name: tab }).click()
      await page.getByRole('tabpanel', { name: tab }).locator('.steps li').first().waitFor()
      await audit()
      await leavesNothing(page, campus)
    }
  }

  const look = async ({ page, audit, see }, name) => {
    await audit()
    if (english) await leavesNothing(page, campus)
    await see(`${names}-${name}`)
  }

  // 代约 for more than one, with nothing filled in.
  await host.page.goto(`${BASE_URL}/h5/staff/proxies`)
  await host.page.locator('.submit:not(.second)').click()
  await host.page.locator('.proxy-visitor').nth(1).waitFor()
  await host.page.locator('.submit.second').click()
  await host.page.getByRole('alert').first().waitFor()
  await host.page.locator('.van-toast').waitFor({ state: 'hidden' })
  await look(host, 'proxy-two')

  // The guard: nobody, somebody, who is let in, a forged code, and who is inside.
  const entry = guard.page.locator('.guard-entry:visible input')
  await guard.page.goto(`${BASE_URL}/h5/guard`)
  await entry.fill('13800009999')
  await entry.press('Enter')
  await guard.page.locator('.notice').waitFor()
  await look(guard, 'guard-nobody')
  await entry.fill(guest.phone)
  await entry.press('Enter')
  await guard.page.locator('.verdict.opens').waitFor()
  await look(guard, 'guard-found')
  await guard.page.locator('.at-gate-act button').first().click()
  await guard.page.locator('.at-gate-act').waitFor({ state: 'detached' })
  await guard.page.locator('.van-toast').waitFor({ state: 'hidden' })
  await look(guard, 'guard-through')
  await guard.page.goto(`${BASE_URL}/h5/guard?tab=scan`)
  await entry.fill('FORGED')
  await entry.press('Enter')
  await guard.page.locator('.verdict.refuses').waitFor()
  await look(guard, 'guard-refused')
  await guard.page.goto(`${BASE_URL}/h5/guard?tab=inside`)
  await guard.page.locator('.inside-count').waitFor()
  const inside = await (await guard.page.request.get(`${BASE_URL}/api/guard/inside`)).json()
  campus.push(...inside.longest.flatMap(({ name, host, department }) => [name, host, department]))
  await look(guard, 'guard-inside')

  // The sheets that come up from the foot.
  await guest.page.goto(`${BASE_URL}/h5/book`)
  for (const field of ['host', 'area', 'starts_at', 'plate']) {
    await guest.page.locator(`[data-field="${field}"] button.entry`).click()
    await guest.page.getByRole('dialog').waitFor()
    await guest.audit()
    if (english && field !== 'plate') await leavesNothing(guest.page, campus)
    await guest.see(`${names}-sheet-${field}`)
    await guest.page.keyboard.press('Escape')
    await guest.page.getByRole('dialog').waitFor({ state: 'detached' })
  }
}

test('in large type every page fits 320 px', (t) => tour(t, { large: true, names: 'large' }))

test('in English and large type, in the dark, every page fits 320 px and leaves nothing untranslated', (t) =>
  tour(t, { large: true, english: true, dark: true, names: 'english' }))
