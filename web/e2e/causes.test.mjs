// What a person can cause: tapping twice, going back, staying too long, losing the network in the middle.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, photo } from './browser.mjs'
import {
  accept, approverOf, book, fillBooking, fillPerson, HOST, ID_NUMBER, invite, keptBy, member, passLink, pick, scan, codeOf,
  stranger, visitor, decide,
} from './campus.mjs'

/** Taps twice before the page can draw, and gives back how many requests left for `path`. */
async function tapTwice(page, name, path, done, button = page.getByRole('button', { name, exact: true })) {
  let sent = 0
  const count = (request) => (sent += request.method() !== 'GET' && path.test(new URL(request.url()).pathname))
  page.on('request', count)
  await button.evaluate((button) => {
    button.click()
    button.click()
  })
  await done()
  page.off('request', count)
  return sent
}

const stage = (page, words) => page.locator('.stage', { hasText: words }).first().waitFor()

test('two taps on a visitor’s buttons are one', async (t) => {
  const guest = await visitor(t)
  const { page, phone } = guest
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone })
  const shown = () => page.waitForURL(/\/h5\/visits\/\d+$/)
  assert.equal(await tapTwice(page, '发起单人预约', /^\/api\/visits$/, shown), 1)
  await page.goBack()
  await page.getByRole('article').first().waitFor()
  assert.equal(await page.getByRole('article').count(), 1)
  await page.getByRole('article').click()
  await page.getByRole('button', { name: '撤销' }).click()
  const withdrawn = () => stage(page, '已撤销')
  assert.equal(await tapTwice(page, '确定', /\/withdraw$/, withdrawn), 1)

  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone })
  await page.getByRole('button', { name: '邀请多人随行' }).click()
  await page.getByRole('textbox', { name: /^邀请随行人数/ }).fill('3')
  assert.equal(await tapTwice(page, '生成邀请链接', /^\/api\/visits$/, shown), 1)
  const { count } = await page.request.get(`${BASE_URL}/api/visits`).then(async (answer) => ({ count: (await answer.json()).items.length }))
  assert.equal(count, 2)

  await page.goto(`${BASE_URL}/h5/register`)
  await page.getByRole('textbox', { name: /^住户姓名/ }).fill('王建国')
  await page.getByRole('textbox', { name: /^手机号码/ }).first().fill('13900000101')
  await page.getByRole('textbox', { name: /^门牌号/ }).fill('9-9-998')
  await page.getByRole('textbox', { name: /^访客姓名/ }).fill('张三丰')
  await page.getByRole('textbox', { name: /^手机号码/ }).last().fill(phone)
  assert.equal(await tapTwice(page, '提交', /^\/api\/registrations$/, shown), 1)
})

test('two taps on the buttons of an invitation and of an approver are one', async (t) => {
  const host = await member(t, 'liuming')
  const { page } = host
  await page.goto(`${BASE_URL}/h5/staff/invitations`)
  await pick(page, '到访区域')
  await pick(page, '来访事由')
  const shown = () => page.waitForURL(/\/h5\/staff\/invitations\/\d+$/)
  assert.equal(await tapTwice(page, '发起访客邀约', /^\/api\/staff\/invitations$/, shown), 1)
  const id = page.url().split('/').pop()
  const link = await page.evaluate(async (id) => (await (await fetch(`/api/staff/invitations/${id}`)).json()).invitation.link, id)

  const guest = await stranger(t)
  await guest.page.goto(`${BASE_URL}${link}`)
  await guest.page.waitForLoadState('networkidle')
  await fillPerson(guest.page, { phone: guest.phone, name: '李小红' })
  const accepted = () => guest.page.getByText('已接受邀请').waitFor()
  assert.equal(await tapTwice(guest.page, '接受邀请', /\/accept$/, accepted), 1)

  const approver = await approverOf(t, id)
  await approver.page.goto(`${BASE_URL}/h5/staff/approvals/${id}`)
  await approver.page.getByRole('button', { name: '退回', exact: true }).click()
  await approver.page.getByRole('textbox', { name: /^审批意见/ }).fill('请改期')
  assert.equal(await tapTwice(approver.page, '确定退回', /\/return$/, () => stage(approver.page, '已退回')), 1)
})

test('two taps on 重新提交 are one', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  const id = await book(guest)
  await decide(await approverOf(t, id), id, '退回', '请补充携带物品')
  await page.goto(`${BASE_URL}/h5/visits/${id}`)
  await page.getByText('无需另行预约').waitFor()
  await page.getByRole('button', { name: '修改后重新提交' }).click()
  await page.getByText('退回原因').waitFor()
  await fillPerson(page, { phone: guest.phone, name: '张三丰' })
  const shown = () => page.waitForURL(new RegExp(`/h5/visits/${id}$`))
  assert.equal(await tapTwice(page, '重新提交', /^\/api\/visits\/\d+$/, shown), 1)
  await stage(page, '审批中')
})

test('a returned invitation is corrected by its host on the phone and sent again', async (t) => {
  const host = await member(t, 'liuming')
  const { page, audit, see } = host
  const { id, link } = await invite(host, 1)
  await accept(await stranger(t), link, { name: '李小红' })
  const approver = await approverOf(t, id)
  await decide(approver, id, '退回', '请说明来访内容')
  await stage(approver.page, '已退回')
  await page.goto(`${BASE_URL}/h5/staff/invitations/${id}`)
  await page.getByRole('button', { name: '修改后重新提交' }).click()
  await page.getByText('退回原因：请说明来访内容').waitFor()
  await page.getByRole('textbox', { name: /^来访描述/ }).fill('参加技术交流会')
  await audit()
  await see('invitation-edit')
  const shown = () => page.waitForURL(new RegExp(`/h5/staff/invitations/${id}$`))
  assert.equal(await tapTwice(page, '重新提交', /^\/api\/staff\/invitations\/\d+$/, shown), 1)
  await stage(page, '审批中')
  await page.getByText('参加技术交流会').waitFor()
})

test('after the end the page says what to do, and 再次预约 leads to a new form', async (t) => {
  const guest = await visitor(t)
  const { page, audit, see } = guest
  const id = await book(guest)
  await decide(await approverOf(t, id), id, '拒绝', '当日校园封闭')
  await page.goto(`${BASE_URL}/h5/visits/${id}`)
  await page.getByText('请先与被访人沟通').waitFor()
  await page.getByText('当日校园封闭').waitFor()
  await audit()
  await see('rejected')
  await page.getByRole('button', { name: '再次预约' }).click()
  await page.getByRole('button', { name: '发起单人预约' }).waitFor()
})

test('back and forth, the form is as it was left', async (t) => {
  const guest = await visitor(t)
  const { page, phone } = guest
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone, name: '李四' })
  await page.getByRole('link', { name: '我的信息' }).click()
  await page.getByRole('heading', { name: '我的信息' }).waitFor()
  await page.goBack()
  assert.equal(await page.getByRole('textbox', { name: /^姓名/ }).inputValue(), '李四')
  await page.getByRole('button', { name: new RegExp(`^被访人员 必填 ${HOST}`) }).waitFor()
  await page.getByText('已上传').waitFor()
  await page.goForward()
  await page.goBack()
  await page.getByRole('button', { name: '发起单人预约' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  // Back from what was sent leads to the records and not to the same form again.
  await page.goBack()
  await page.getByRole('tab', { name: '预约记录', selected: true }).waitFor()
})

test('whoever types for so long that the login ends is logged in again, and the form is still filled', async (t) => {
  const guest = await visitor(t)
  const { page, context, phone } = guest
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone, name: '李四' })
  await context.clearCookies({ name: 'campus_guest' })
  const returned = page.waitForEvent('load')
  await page.getByRole('button', { name: '发起单人预约' }).click()
  await returned
  await page.waitForURL(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: new RegExp(`^被访人员 必填 ${HOST}`) }).waitFor()
  assert.equal(await page.getByRole('textbox', { name: /^姓名/ }).inputValue(), '李四')
  assert.equal(await page.getByRole('textbox', { name: /^证件号/ }).inputValue(), ID_NUMBER)
  await page.getByText('已上传').waitFor()
  await page.waitForLoadState('networkidle')
  await page.getByRole('button', { name: '发起单人预约' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
})

test('an invitation that runs out while somebody types says so, and takes nobody', async (t) => {
  const host = await member(t, 'liuming')
  await host.page.goto(`${BASE_URL}/login/wecom?to=%2Fh5%2Fstaff%2Finvitations`)
  const [[area], [reason]] = await Promise.all(
    ['areas', 'reasons'].map(async (choices) => (await fetch(`${BASE_URL}/api/${choices}`)).json()),
  )
  const guest = await stranger(t)
  await guest.page.goto(`${BASE_URL}/login/wechat?to=%2Fh5%2Fleft`)
  const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString()
  const answer = await host.page.request.post(`${BASE_URL}/api/staff/invitations`, {
    headers: { origin: BASE_URL },
    data: { area: area.id, reason: reason.id, starts_at: at(-60), ends_at: at(12), capacity: 2 },
  })
  const { id, invitation } = await answer.json()
  const { page } = guest
  await page.goto(`${BASE_URL}${invitation.link}`)
  await page.getByRole('textbox', { name: /^姓名/ }).fill('李小红')
  await page.getByText('邀请时间已过').waitFor({ timeout: 20_000 })
  assert.equal(await page.getByRole('button', { name: '接受邀请' }).count(), 0)
  await guest.audit()
  await host.page.goto(`${BASE_URL}/h5/staff/invitations/${id}`)
  await stage(host.page, '已失效')
  await host.page.getByRole('button', { name: '再次邀约' }).waitFor()
  await host.page.getByRole('heading', { name: '访客信息' }).waitFor({ state: 'detached' })
})

test('of two approvers at once one decides, and the other is shown how it stands', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)
  const first = await approverOf(t, id)
  const second = await member(t, first.userid)
  for (const [{ page }, decision] of [[first, '同意'], [second, '拒绝']]) {
    await page.goto(`${BASE_URL}/h5/staff/approvals/${id}`)
    await page.getByRole('button', { name: decision, exact: true }).click()
  }
  await second.page.getByRole('textbox', { name: /^审批意见/ }).fill('当日校园封闭')
  await first.page.getByRole('button', { name: '确定同意' }).click()
  await stage(first.page, '已通过')
  await second.page.getByRole('button', { name: '确定拒绝' }).click()
  await second.page.locator('.van-toast').filter({ hasText: '不能再审批' }).waitFor()
  await stage(second.page, '已通过')
  assert.equal(await second.page.getByRole('button', { name: '拒绝', exact: true }).count(), 0)
  await second.page.locator('.van-toast').waitFor({ state: 'hidden' })
  await second.audit()
})

test('what was sent without a network is sent once, when there is one again', async (t) => {
  const guest = await visitor(t)
  const { page, context, phone, forgive } = guest
  forgive(/ERR_INTERNET_DISCONNECTED/)
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone, name: '李四' })
  await context.setOffline(true)
  const submit = page.getByRole('button', { name: '发起单人预约' })
  for (const tap of [1, 2]) {
    await submit.click()
    await page.getByRole('alert').filter({ hasText: '网络不可用' }).waitFor()
    assert.equal(await page.getByRole('textbox', { name: /^姓名/ }).inputValue(), '李四', `tap ${tap}`)
  }
  await guest.audit()
  await context.setOffline(false)
  await submit.click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  await page.goBack()
  await page.getByRole('article').first().waitFor()
  assert.equal(await page.getByRole('article').count(), 1)
})

test('a photo whose sending fails is sent again with one tap', async (t) => {
  const guest = await visitor(t)
  const { page, forgive } = guest
  forgive(/ERR_FAILED/)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: /^到访区域/ }).waitFor()
  await page.route('**/api/photos', (route) => route.abort(), { times: 1 })
  const row = page.locator('[data-field="id_photo"]')
  await page.getByLabel('证件照 相册').setInputFiles(photo)
  await row.getByRole('alert').filter({ hasText: '网络不可用' }).waitFor()
  await guest.audit()
  await row.getByRole('button', { name: '重试' }).click()
  await row.getByText('已上传').waitFor()
  assert.equal(await row.getByRole('alert').count(), 0)
})

test('the whole form is filled and sent by the keyboard alone', async (t) => {
  const guest = await visitor(t)
  const { page, phone } = guest
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: /^到访区域/ }).waitFor()
  await page.waitForLoadState('networkidle')
  const { keyboard } = page
  /** Walks on until the focus is on what is named so. */
  const reach = async (name) => {
    for (let steps = 0; steps < 40; steps += 1) {
      await keyboard.press('Tab')
      const label = await page.evaluate(() => {
        const one = document.activeElement
        const labels = one?.labels ? [...one.labels].map(({ textContent }) => textContent).join(' ') : ''
        const named = (one?.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
        return `${one?.getAttribute('aria-label') ?? ''} ${labels} ${named} ${one?.matches('button, a') ? one.textContent : ''}`.trim()
      })
      if (label.includes(name)) return
    }
    assert.fail(`the focus never came to ${name}`)
  }
  await reach('被访人员')
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await keyboard.type(HOST)
  await keyboard.press('Enter')
  await page.getByRole('button', { name: new RegExp(`^${HOST} ·`) }).first().waitFor()
  await reach(`${HOST} ·`)
  await keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  for (const field of ['到访区域', '来访事由']) {
    await reach(field)
    await keyboard.press('Enter')
    const option = await page.getByRole('dialog').getByRole('listitem').first().innerText()
    await reach(option.trim())
    await keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  for (const [field, words] of [['姓名', '李四'], ['手机号', phone], ['证件号', ID_NUMBER]]) {
    await reach(field)
    await keyboard.press('Control+A')
    await keyboard.type(words)
  }
  await reach('证件照 相册')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), keyboard.press('Space')])
  await chooser.setFiles(photo)
  await page.getByText('已上传').waitFor()
  await reach('发起单人预约')
  await keyboard.press('Enter')
  await page.waitForURL(/\/h5\/visits\/\d+$/)
})

test('after logging out nothing of the person is left in the browser', async (t) => {
  const guest = await visitor(t)
  const { page, context, phone } = guest
  const id = await book(guest)
  await decide(await approverOf(t, id), id, '同意')
  await page.goto(`${BASE_URL}${await passLink(phone)}`)
  await page.getByRole('img', { name: '通行二维码' }).waitFor()
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone, name: '李四' })
  await page.goto(`${BASE_URL}/h5/register`)
  await page.getByRole('textbox', { name: /^住户姓名/ }).fill('王建国')
  await page.getByRole('button', { name: '关怀模式' }).click()
  assert.notDeepEqual((await keptBy(page)).session, [], 'the drafts are kept until then')
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('heading', { name: '已退出登录' }).waitFor()
  // How one likes to read is no secret, and stays.
  const left = { local: ['large-type'], session: [], databases: [], caches: [], workers: 0, cookies: [] }
  assert.deepEqual(await keptBy(page), left)
  const cookies = (await context.cookies()).map(({ name }) => name).filter((name) => !name.startsWith('sandbox_'))
  assert.deepEqual(cookies, [])
  // What the browser kept of the answers would come back with the network gone.
  await context.setOffline(true)
  guest.forgive(/ERR_INTERNET_DISCONNECTED/)
  for (const path of ['/api/visits', '/api/me', '/api/me/export', `/api/visits/${id}`]) {
    assert.equal(await page.evaluate((path) => fetch(path).then(() => 'kept', () => 'gone'), path), 'gone', path)
  }
})

test('代约: a host fills in their guest by their own invitation, and the guest gets the pass', async (t) => {
  const host = await member(t, 'liuming')
  const { id, link } = await invite(host, 1)
  const guest = await visitor(t)
  // The host scans the QR with their own WeChat, which knows another phone number.
  const phone = await stranger(t)
  await accept({ page: phone.page, phone: guest.phone }, link, { name: '李小红' })
  await decide(await approverOf(t, id), id, '同意')
  const pass = await passLink(guest.phone)
  await guest.page.goto(`${BASE_URL}${pass}`)
  await guest.page.getByText('可通行').waitFor()
  assert.equal(await scan(await codeOf(pass)), 'ok')
  const told = await control('GET', `/sms?phone=${guest.phone}`)
  assert.ok(told.length > 0)
})
