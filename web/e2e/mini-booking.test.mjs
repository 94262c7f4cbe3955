import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, speck } from './browser.mjs'
import { codeOf, GATE, HOST, passLink, until } from './campus.mjs'
import { agree, bookByMini, choosePhoto, fillPerson, fillPlan, holder, keptByMini, numberShown, openPass } from './mini.mjs'

test('a holder of the mini-program books, the approver agrees, and the pass opens the gate', async (t) => {
  const guest = await holder(t)
  const { page, audit, see } = guest
  await guest.open()
  for (const section of ['到访信息', '基本信息', '备案信息']) await page.getByRole('heading', { name: section }).waitFor()
  await audit()
  const id = await bookByMini(guest)
  await page.locator('.stage:visible', { hasText: '审批中' }).waitFor()
  await audit()

  await agree(id)
  await openPass(guest, id)
  await audit()
  await see('mini-pass')
  assert.equal(await page.evaluate(() => globalThis.keptOn), true, 'the screen stays on')
  const link = await passLink(guest.phone)
  const { body } = await control('POST', `/gate/${GATE}/scan`, { v: await codeOf(link) })
  assert.equal(body.r, 'ok', JSON.stringify(body))

  // WeChat's message leads to the visit's page, and the pass's own to the pass.
  const notices = await until('both messages', async () => {
    const found = await control('GET', `/people/${guest.openid}/notices`)
    return found.length > 1 && found.map(({ page }) => page).sort()
  })
  assert.deepEqual(notices, [link.replace('/p/', 'pages/pass/pass?token='), `pages/visit/visit?id=${id}`])
  await page.getByRole('button', { name: '返回' }).click()
  await page.getByRole('heading', { name: '预约详情' }).waitFor()
  assert.equal(await page.evaluate(() => globalThis.keptOn), false)
  await guest.open(`/${notices[0]}`)
  await page.getByText('可通行').waitFor()
})

test('the code on the canvas is the one that the service gave for this half minute', async (t) => {
  const guest = await holder(t, { dark: true })
  const { page } = guest
  const id = await bookByMini(guest)
  await agree(id)
  await openPass(guest, id)
  await page.getByRole('img', { name: '通行二维码' }).waitFor()
  await page.getByText(/^\d+ 秒后自动刷新$/).waitFor()
  const read = () =>
    page.getByRole('img', { name: '通行二维码' }).evaluate((canvas) => {
      const [, kept] = Object.entries(localStorage).find(([name]) => name.includes(' pass:'))
      const { pass, heardAt } = JSON.parse(kept)
      const now = Date.parse(pass.now) + Date.now() - heardAt
      const { codes, size, step_seconds } = pass.rotating
      const { rows } = codes.find(({ from }) => Date.parse(from) <= now && now < Date.parse(from) + step_seconds * 1000)
      const brush = canvas.getContext('2d')
      const pixels = Math.floor(canvas.width / (size + 8))
      const at = (module) => Math.floor((canvas.width - size * pixels) / 2 + (module + 0.5) * pixels)
      const dark = (x, y) => brush.getImageData(at(x), at(y), 1, 1).data[0] < 128
      const drawn = rows.map((_, y) => Array.from({ length: size }, (_, x) => (dark(x, y) ? '1' : '0')).join(''))
      return {
        same: drawn.join() === rows.map((row) => row.toString(2).padStart(size, '0')).join(),
        sharp: canvas.width === canvas.clientWidth * devicePixelRatio,
        corner: [...brush.getImageData(0, 0, 1, 1).data],
      }
    })
  // The half minute may turn between the drawing and the look.
  await until('the code of this half minute', async () => (await read()).same)
  const { sharp, corner } = await read()
  assert.ok(sharp, 'the screen shows the pixels as they are drawn')
  assert.deepEqual(corner, [255, 255, 255, 255], 'white in the dark too')
  await guest.audit()
  await guest.see('mini-pass-dark')
})

test('a pass is shown from the last answer when the network is gone', async (t) => {
  const guest = await holder(t)
  const { page, context, forgive } = guest
  const id = await bookByMini(guest)
  await agree(id)
  await openPass(guest, id)
  const code = page.getByRole('img', { name: '通行二维码' })
  await code.waitFor()
  forgive(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await page.getByText(/^网络不可用，以下为 .* 的结果，仍可出示。$/).waitFor()
  await code.waitFor()
  await guest.audit()
  // Closed and opened again, still without a network.
  await page.getByRole('button', { name: '返回' }).click()
  await page.getByRole('link', { name: '查看通行凭证' }).click()
  await page.getByText('可通行').waitFor()
  await code.waitFor()
  await page.getByText('仍可出示').waitFor()
  await context.setOffline(false)
  await page.getByText('仍可出示').waitFor({ state: 'detached' })
})

// No visit begins and ends in a test's time, so the answers are given here.
test('a pass opens and runs out by the server’s clock, and without rotating codes shows the one it has', async (t) => {
  const guest = await holder(t)
  const { page } = guest
  const answer = {
    state: 'valid', holder: '张*', host: '刘明', area: '校园区域',
    starts_at: '2026-03-02T14:00:00+08:00', ends_at: '2026-03-02T18:00:00+08:00', now: '2026-03-02T13:59:58+08:00',
    code: 'TEST', code_mark: '核验证件', rotating: null,
    qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>',
  }
  await page.route('**/api/passes/*', (route) => route.fulfill({ json: answer }))
  await guest.open('/pages/pass/pass?token=AAAAAAAAAAAAAAAAAAAAAA')
  await page.getByText('未到预约时间').waitFor()
  await page.getByText('2026-03-02 14:00:00 起可入').waitFor()
  await page.getByText('可通行').waitFor()
  await page.getByText('核验证件').waitFor()
  await guest.audit()
  answer.now = '2026-03-02T18:00:01+08:00'
  await guest.open('/pages/pass/pass?token=AAAAAAAAAAAAAAAAAAAAAA')
  await page.getByText('已过期').waitFor()
  assert.equal(await page.getByRole('img').count(), 0)
  await page.getByRole('button', { name: '再次预约' }).click()
  await page.getByRole('button', { name: '发起单人预约' }).waitFor()
})

test('a pass and an invitation that nobody was given say so', async (t) => {
  const { page, open, audit } = await holder(t)
  await open('/pages/pass/pass?token=AAAAAAAAAAAAAAAAAAAAAA')
  await page.getByText('凭证无效').waitFor()
  await audit()
  await open('/pages/invitation/invitation?scene=AAAAAAAAAAAAAAAAAAAAAA')
  await page.getByText('邀请无效').waitFor()
  await audit()
})

test('what the form lacks is said beside each field, and a picture that shows nothing too', async (t) => {
  const guest = await holder(t, { width: 320, height: 640, dark: true })
  const { page, audit } = guest
  await guest.open()
  await page.getByRole('button', { name: '发起单人预约' }).click()
  await page.getByRole('alert').first().waitFor()
  assert.deepEqual(await page.getByRole('alert').allTextContents(), [
    '请选择被访人员', '请选择到访区域', '请选择来访事由', '请输入姓名', '请输入正确的11位手机号', '请输入证件号', '请上传证件照',
  ])
  await page.locator('.toast').waitFor({ state: 'detached' })
  await audit()
  await choosePhoto(page, '证件照', speck)
  await page.getByRole('alert').filter({ hasText: '照片太小' }).waitFor()
  await page.getByRole('button', { name: /^车牌号/ }).click()
  for (const key of '渝AD12346') await page.getByRole('button', { name: key, exact: true }).click()
  await audit()
  await page.getByRole('button', { name: '完成' }).click()
  await page.getByRole('button', { name: '车牌号 渝AD12346' }).waitFor()
  assert.equal(await page.getByRole('button', { name: '人脸照 相册' }).isDisabled(), true)
  await page.getByRole('checkbox', { name: /我同意采集人脸照/ }).click()
  assert.equal(await page.getByRole('button', { name: '人脸照 相册' }).isDisabled(), false)
})

test('the form survives leaving its page, and a lost answer and a second tap make one visit', async (t) => {
  const guest = await holder(t)
  const { page, forgive, see } = guest
  forgive(/ERR_FAILED/)
  await guest.open()
  await fillPlan(guest)
  await fillPerson(guest)
  await page.getByRole('textbox', { name: '携带物品' }).fill('相机一台')
  await page.getByRole('button', { name: '我的', exact: true }).click()
  await page.getByRole('heading', { name: '我的信息' }).waitFor()
  await page.getByRole('button', { name: '智慧访客' }).click()
  await page.getByRole('button', { name: new RegExp(`^被访人员 ${HOST}`) }).waitFor()
  assert.equal(await page.getByRole('textbox', { name: '携带物品' }).inputValue(), '相机一台')
  await see('mini-book')
  await page.route('**/api/visits', async (route) => {
    await route.fetch()
    await route.abort()
  }, { times: 1 })
  const submit = page.getByRole('button', { name: '发起单人预约' })
  await submit.click()
  await page.getByText('网络不可用').waitFor()
  await submit.click()
  const id = await numberShown(page)
  await page.getByRole('button', { name: '返回' }).click()
  await page.getByRole('link').filter({ hasText: '审批中' }).waitFor()
  assert.equal(await page.getByRole('link').count(), 1)
  await guest.audit()
  await page.getByRole('tab', { name: '发起预约' }).click()
  assert.equal(await page.getByRole('textbox', { name: '证件号' }).inputValue(), '', 'what was sent is not shown again')
  assert.equal(await page.getByRole('img').count(), 0)
  await page.getByRole('tab', { name: '预约记录' }).click()
  await page.getByRole('link').click()
  await page.getByText(id).waitFor()
  await page.getByRole('button', { name: '撤销' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.stage:visible', { hasText: '已撤销' }).waitFor()
  assert.equal(await page.getByRole('button', { name: '撤销' }).count(), 0)
  await page.getByText('该申请已撤销，通行凭证不再有效。如仍需来访，请再次预约。').waitFor()
  await page.locator('.toast').waitFor({ state: 'detached' })
  await guest.audit()
  await page.getByRole('button', { name: '再次预约' }).click()
  await submit.waitFor()
})

// No pass is used up or taken back in a test's time, so the answers are given here.
test('a pass that opens nothing says why, and what to do', async (t) => {
  const guest = await holder(t)
  const { page } = guest
  const answer = {
    state: 'revoked', stage: 'withdrawn', holder: '张*', host: '刘明', area: '校园区域',
    starts_at: '2026-03-02T14:00:00+08:00', ends_at: '2026-03-02T18:00:00+08:00', now: '2026-03-02T15:00:00+08:00',
    code: null, code_mark: null, rotating: null, qr_svg: null,
  }
  await page.route('**/api/passes/*', (route) => route.fulfill({ json: answer }))
  const look = () => guest.open('/pages/pass/pass?token=AAAAAAAAAAAAAAAAAAAAAA')
  await look()
  await page.getByText('该预约已撤销，凭证随之失效。如仍需来访，请再次预约。').waitFor()
  await page.getByRole('button', { name: '再次预约' }).waitFor()
  Object.assign(answer, { state: 'valid', stage: 'approved', entries_left: 0 })
  await look()
  await page.getByText('次数已用完', { exact: true }).waitFor()
  await page.getByText('还可进入 0 人次').waitFor()
  assert.equal(await page.getByRole('button', { name: '再次预约' }).count(), 0)
  await guest.audit()
})

test('the words are as large as was chosen in WeChat, on every page', async (t) => {
  const guest = await holder(t, { width: 320, height: 640 })
  const { page } = guest
  const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize))
  for (const [path, ready] of [
    ['/pages/book/book', page.getByRole('button', { name: '发起单人预约' })],
    ['/pages/register/register', page.getByRole('button', { name: '提交' })],
    ['/pages/mine/mine', page.getByRole('button', { name: '导出我的数据' })],
  ]) {
    await guest.open(path)
    await ready.waitFor()
    const usual = await size()
    await guest.open(path, { type: 24 })
    await ready.waitFor()
    assert.equal(await size(), usual * 1.5, path)
    const cut = await page.locator('.card').evaluateAll((cards) => cards.filter((card) => card.scrollWidth > card.clientWidth).map((card) => card.textContent))
    assert.deepEqual(cut, [], `nothing is cut on ${path}`)
    await guest.audit()
    await guest.see(`mini-large-${path.split('/').pop()}`)
  }
})

test('a session that has ended is begun anew without a word', async (t) => {
  const guest = await holder(t)
  const { page } = guest
  await guest.open()
  await page.getByRole('button', { name: /^到访区域/ }).waitFor()
  const token = await until('a session', async () => (await keptByMini(page)).token)
  const authorization = `Bearer ${token}`
  const out = await fetch(`${BASE_URL}/api/logout/everywhere`, { method: 'POST', headers: { authorization } })
  assert.equal(out.status, 204)
  await page.getByRole('tab', { name: '预约记录' }).click()
  await page.getByText('暂无预约记录').waitFor()
})
