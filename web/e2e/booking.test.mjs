import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, speck } from './browser.mjs'
import { book, fillBooking, HOST, ID_NUMBER, pickHost, stranger, visitor } from './campus.mjs'

test('who is not known is sent through WeChat’s login and comes back to the page', async (t) => {
  const { page } = await stranger(t)
  await page.goto(`${BASE_URL}/h5/book?tab=records`)
  await page.getByText('暂无预约记录').waitFor()
  assert.equal(page.url(), `${BASE_URL}/h5/book?tab=records`)
})

test('what the form lacks is said beside each field', async (t) => {
  const { page, audit } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('heading', { name: '到访信息' }).waitFor()
  await audit()
  await page.getByRole('textbox', { name: /^手机号/ }).fill('12345')
  await page.getByRole('textbox', { name: /^证件号/ }).fill('110105194912310021')
  await page.getByRole('button', { name: '发起单人预约' }).click()

  const complaints = page.getByRole('alert')
  await complaints.first().waitFor()
  assert.deepEqual(await complaints.allTextContents(), [
    '请选择被访人员',
    '请选择到访区域',
    '请选择来访事由',
    '请输入姓名',
    '请输入正确的11位手机号',
    '证件号有误，请核对',
    '请上传证件照',
  ])
  const described = await page.getByRole('textbox', { name: /^证件号/ }).getAttribute('aria-describedby')
  assert.equal(await page.locator(`[id="${described}"]`).textContent(), '证件号有误，请核对')
  await audit()

  await pickHost(page)
  await page.getByText('请选择被访人员').waitFor({ state: 'detached' })
})

test('the handbook’s words stand on the form, and the visit is for today', async (t) => {
  const { page } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  for (const tab of ['发起预约', '预约记录']) await page.getByRole('tab', { name: tab }).waitFor()
  for (const section of ['到访信息', '基本信息', '备案信息']) await page.getByRole('heading', { name: section }).waitFor()
  for (const hint of ['请上传与证件号对应的证件照', '请上传清晰的个人照片，以便入园通行']) await page.getByText(hint).waitFor()
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date())
  await page.getByRole('button', { name: `开始时间 必填 ${today} 00:00:00` }).waitFor()
  await page.getByRole('button', { name: `结束时间 必填 ${today} 23:59:59` }).waitFor()
  await page.getByText('1天').waitFor()
})

test('the form survives leaving and coming back, and is empty after it was sent', async (t) => {
  const { page, phone } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone, name: '李四' })
  await page.getByRole('textbox', { name: '携带物品' }).fill('相机一台')
  await page.goto(`${BASE_URL}/h5/register`)
  await page.goto(`${BASE_URL}/h5/book`)
  assert.equal(await page.getByRole('textbox', { name: /^姓名/ }).inputValue(), '李四')
  assert.equal(await page.getByRole('textbox', { name: '携带物品' }).inputValue(), '相机一台')
  await page.getByText('已上传').waitFor()
  await page.getByRole('button', { name: '发起单人预约' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('heading', { name: '基本信息' }).waitFor()
  assert.equal(await page.getByRole('textbox', { name: /^证件号/ }).inputValue(), '')
  assert.equal(await page.getByRole('textbox', { name: '携带物品' }).inputValue(), '')
})

test('what one person left unfinished is not shown to the next', async (t) => {
  const { page, context } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  const name = page.getByRole('textbox', { name: /^姓名/ })
  const idNumber = page.getByRole('textbox', { name: /^证件号/ })
  await page.getByRole('button', { name: /^到访区域/ }).waitFor()
  await page.waitForLoadState('networkidle')
  await name.fill('李四')
  await idNumber.fill(ID_NUMBER)
  const { openid } = await control('POST', '/people', { nickname: '小王' })
  await control('POST', `/people/${openid}/follow`)
  await context.addCookies([{ name: 'sandbox_person', value: openid, url: BASE_URL }])
  await page.goto(`${BASE_URL}/login/wechat?to=%2Fh5%2Fbook`)
  await page.waitForURL(`${BASE_URL}/h5/book`)
  await page.waitForLoadState('networkidle')
  assert.equal(await idNumber.inputValue(), '')
  assert.notEqual(await name.inputValue(), '李四')
})

test('a visitor logs out, and what was typed is gone', async (t) => {
  const { page, audit } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: /^到访区域/ }).waitFor()
  await page.waitForLoadState('networkidle')
  await page.getByRole('textbox', { name: /^证件号/ }).fill(ID_NUMBER)
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('heading', { name: '已退出登录' }).waitFor()
  await audit()
  assert.equal((await page.request.get(`${BASE_URL}/api/me`)).status(), 401)
  assert.equal(await page.evaluate(() => sessionStorage.length), 0)
  await page.getByRole('button', { name: '重新登录' }).click()
  await page.getByRole('heading', { name: '基本信息' }).waitFor()
  assert.equal(await page.getByRole('textbox', { name: /^证件号/ }).inputValue(), '')
})

test('a plate is typed on its own keys and a face photo asks for consent first', async (t) => {
  const { page, audit } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: /^车牌号/ }).click()
  for (const key of '渝AD1234') await page.getByRole('button', { name: key, exact: true }).click()
  await audit()
  for (const key of ['8', '9']) await page.getByRole('button', { name: key, exact: true }).click()
  await page.getByRole('button', { name: '删除' }).click()
  await page.getByRole('button', { name: '6', exact: true }).click()
  await page.getByRole('button', { name: '完成' }).click()
  await page.getByRole('button', { name: '车牌号 渝AD12346' }).waitFor()

  assert.equal(await page.getByLabel('人脸照 相册').isDisabled(), true)
  await page.getByRole('checkbox', { name: /我同意采集人脸照/ }).check()
  assert.equal(await page.getByLabel('人脸照 相册').isDisabled(), false)
})

test('a day and a time are picked in a sheet', async (t) => {
  const { page, audit } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('button', { name: /^结束时间/ }).click()
  await page.getByRole('group', { name: '年' }).getByRole('button').nth(1).click()
  await audit()
  await page.getByRole('tab', { name: '时间' }).click()
  await page.getByRole('group', { name: '时' }).getByRole('button', { name: '20时' }).press('Enter')
  await page.getByRole('button', { name: '确认' }).click()
  const year = Number(new Intl.DateTimeFormat('en', { timeZone: 'Asia/Shanghai', year: 'numeric' }).format(new Date()))
  await page.getByRole('button', { name: new RegExp(`^结束时间 必填 ${year + 1}-.* 20:59:59$`) }).waitFor()
})

test('what the server refuses is said beside its field, and the form keeps what was typed', async (t) => {
  const { page, phone } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  // The form lets any name pass; the server knows that no name holds a digit.
  await fillBooking(page, { phone, name: '张三1' })
  await page.getByRole('button', { name: '发起单人预约' }).click()
  const row = page.locator('.row', { has: page.getByRole('textbox', { name: /^姓名/ }) })
  await row.getByRole('alert').waitFor()
  assert.equal(await page.getByRole('textbox', { name: /^手机号/ }).inputValue(), phone)
})

test('a picture that shows nothing is refused beside its field', async (t) => {
  const { page, audit } = await visitor(t)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByLabel('证件照 相册').setInputFiles(speck)
  await page.locator('.row', { hasText: '证件照' }).getByRole('alert').filter({ hasText: '照片太小' }).waitFor()
  await audit()
})

test('a lost answer and a second tap make one visit', async (t) => {
  const { page, phone, forgive } = await visitor(t)
  forgive(/ERR_FAILED/)
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone })
  await page.route('**/api/visits', async (route) => {
    await route.fetch()
    await route.abort()
  }, { times: 1 })
  const submit = page.getByRole('button', { name: '发起单人预约' })
  await submit.click()
  await page.getByText('网络不可用').waitFor()
  await submit.click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  await page.goto(`${BASE_URL}/h5/book?tab=records`)
  await page.getByRole('article').first().waitFor()
  assert.equal(await page.getByRole('article').count(), 1)
})

test('a lost answer, a page loaded again and another tap make one visit', async (t) => {
  const { page, phone, forgive } = await visitor(t)
  forgive(/ERR_FAILED/)
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone })
  await page.route('**/api/visits', async (route) => {
    await route.fetch()
    await route.abort()
  }, { times: 1 })
  const submit = page.getByRole('button', { name: '发起单人预约' })
  await submit.click()
  await page.getByText('网络不可用').waitFor()
  await page.reload()
  await page.getByText('已上传').waitFor()
  await page.waitForLoadState('networkidle')
  await submit.click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  await page.goBack()
  await page.getByRole('article').first().waitFor()
  assert.equal(await page.getByRole('article').count(), 1)
  assert.equal(await page.evaluate(() => sessionStorage.length), 0, 'what was sent is not kept')
})

test('a booked visit stands in the records and can be withdrawn', async (t) => {
  const guest = await visitor(t)
  const { page, audit, see } = guest
  const id = await book(guest, () => see('book'))
  await page.getByText('审批中').waitFor()
  await page.getByText(id).waitFor()
  await audit()
  await see('visit')
  await page.goBack()
  await page.getByRole('link', { name: new RegExp(HOST) }).first().waitFor()
  await audit()
  await page.getByRole('link', { name: new RegExp(HOST) }).first().click()
  await page.getByRole('button', { name: '撤销' }).click()
  await audit()
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.stage', { hasText: '已撤销' }).waitFor()
  assert.equal(await page.getByRole('button', { name: '撤销' }).count(), 0)
})

test('every page fits a screen of 320 px in the dark', async (t) => {
  const guest = await visitor(t, { width: 320, height: 640, dark: true })
  const { page, audit } = guest
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('heading', { name: '备案信息' }).waitFor()
  await audit()
  await page.getByRole('button', { name: /^车牌号/ }).click()
  await audit()
  const id = await book(guest)
  await page.getByText(id).waitFor()
  await audit()
  await page.goto(`${BASE_URL}/h5/register`)
  await page.getByRole('button', { name: '提交' }).waitFor()
  await audit()
  await page.goto(`${BASE_URL}/h5/nowhere`)
  await page.getByText('没有找到这个页面').waitFor()
  await audit()
})
