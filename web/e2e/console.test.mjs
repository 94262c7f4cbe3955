import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { BASE_URL } from './browser.mjs'
import { book, visitor, until } from './campus.mjs'
import { ADMINISTRATOR, AT_HOME, DECIDES, ask, choose, desk, links } from './desk.mjs'

const theOnly = async (rows) => {
  // The rows of the question before stand until the answer is there.
  await until('one row', async () => (await rows.count()) === 1)
}

test('everybody finds who they are and their own menu, and may leave', async (t) => {
  const host = await desk(t, AT_HOME)
  await host.page.getByRole('heading', { name: '申请管理' }).waitFor()
  assert.deepEqual(await links(host.page), ['申请管理', '团体通行'])
  await host.page.getByText('信息中心 · 刘明').waitFor()
  await host.page.goto(`${BASE_URL}/admin/people`)
  await host.page.getByRole('alert').filter({ hasText: '您没有此权限' }).waitFor()
  const approver = await desk(t, DECIDES)
  await approver.page.getByRole('heading', { name: '申请管理' }).waitFor()
  assert.deepEqual(await links(approver.page), ['申请管理', '团体通行', '住户预约'])
  const admin = await desk(t, ADMINISTRATOR, '/admin/visits')
  await admin.page.getByRole('heading', { name: '申请管理' }).waitFor()
  const handbook = ['首页', '访客管理', '访客车辆', '申请管理', '团体通行', '住户预约', '访客黑名单', '到访区域', '来访事由', '访客设置']
  const more = ['部门', '人员', '住户', '设备', '通行记录', '消息记录', '审计']
  assert.deepEqual(await links(admin.page), [...handbook, ...more])
  await admin.page.getByRole('button', { name: '退出登录' }).click()
  await admin.page.getByRole('heading', { name: '已退出登录' }).waitFor()
  await admin.audit()
  assert.equal((await ask(admin.page, 'GET', '/api/staff/me')).status, 401)
  await admin.page.goto(`${BASE_URL}/admin/nowhere`)
  await admin.page.getByText('没有找到这个页面').waitFor()
})

test('a form lights the list of the menu that it belongs to', async (t) => {
  const { page } = await desk(t, AT_HOME)
  const lit = page.getByRole('navigation', { name: '菜单' }).locator('[aria-current]')
  for (const [path, list] of [['visits', '申请管理'], ['invite', '申请管理'], ['proxy', '申请管理'], ['groups', '团体通行'], ['groups/new', '团体通行']]) {
    await page.goto(`${BASE_URL}/admin/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    assert.deepEqual(await lit.allTextContents(), [list], path)
  }
  await page.goto(`${BASE_URL}/admin/nowhere`)
  await page.getByText('没有找到这个页面').waitFor()
  assert.equal(await lit.count(), 0)
})

test('who may not see a list finds nothing to look for in it, to add or to take away', async (t) => {
  const { page, audit } = await desk(t, AT_HOME, '/admin/staff')
  await page.getByRole('alert').filter({ hasText: '您没有此权限' }).waitFor()
  assert.deepEqual(await page.getByRole('main').getByRole('button').allTextContents(), [])
  await audit()
  for (const path of ['/admin/settings', '/admin/devices', '/admin/home']) {
    await page.goto(`${BASE_URL}${path}`)
    await page.getByRole('alert').filter({ hasText: '您没有此权限' }).first().waitFor()
    assert.equal(await page.getByRole('button', { name: '重试' }).count(), 0, path)
  }
})

test('filters stand in the address: they survive a reload, a link and the way back', async (t) => {
  const guest = await visitor(t)
  const name = `钱${String.fromCharCode(0x4e00 + Math.floor(Math.random() * 2000))}`
  const id = await book(guest, (page) => page.getByRole('textbox', { name: /^姓名/ }).fill(name))
  const { page } = await desk(t, ADMINISTRATOR, '/admin/visits')
  await page.getByRole('textbox', { name: '发起人' }).fill(name)
  await choose(page, '状态', '审批中')
  await page.getByRole('button', { name: '查询' }).click()
  const rows = page.getByRole('row').filter({ hasText: '审批中' })
  await theOnly(rows)
  assert.equal(new URL(page.url()).searchParams.get('initiator'), name)
  assert.equal(new URL(page.url()).searchParams.get('stage'), 'pending')
  await page.reload()
  await theOnly(rows)
  assert.equal(await page.getByRole('textbox', { name: '发起人' }).inputValue(), name)
  await rows.getByRole('button', { name: '详情' }).click()
  await page.getByRole('dialog', { name: '访客申请单' }).getByText(id).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('open'), id)
  await page.goBack()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await choose(page, '状态', '已拒绝')
  await page.getByRole('button', { name: '查询' }).click()
  await page.getByText('没有符合条件的记录').waitFor()
  await page.goBack()
  await theOnly(rows)
  await page.getByRole('button', { name: '重置' }).click()
  await page.waitForURL(`${BASE_URL}/admin/visits`)
  assert.equal(await page.getByRole('textbox', { name: '发起人' }).inputValue(), '')
  await page.goto(`${BASE_URL}/admin/people?phone=123`)
  await page.getByRole('alert').first().waitFor()
})

test('a list is turned page by page, there and back, and a reload stays on its page', async (t) => {
  const { page } = await desk(t, 'wangqiang', '/admin/visits')
  await page.getByRole('heading', { name: '申请管理' }).waitFor()
  const [area] = (await ask(page, 'GET', '/api/areas')).body
  const [reason] = (await ask(page, 'GET', '/api/reasons')).body
  // Tomorrow on campus, whatever the hour is here.
  const day = new Date(Date.now() + 32 * 3_600_000).toISOString().slice(0, 10)
  for (let made = 0; made < 45; made++) {
    const form = { area: area.id, reason: reason.id, starts_at: `${day}T00:00:00+08:00`, ends_at: `${day}T23:59:59+08:00`, capacity: 1 }
    const { status, body } = await ask(page, 'POST', '/api/staff/invitations', form)
    assert.equal(status, 201, JSON.stringify(body))
  }
  await page.getByRole('button', { name: '查询' }).click()
  const opens = page.getByRole('button', { name: '详情' })
  const turn = async (name) => {
    const answered = page.waitForResponse((answer) => answer.url().includes('/api/admin/visits?'))
    await page.getByRole('button', { name }).click()
    return (await (await answered).json()).items.map(({ id }) => id)
  }
  const at = async (number) => {
    await page.getByText(`第 ${number} 页`).waitFor()
    await page.locator('section[aria-busy="false"]').waitFor()
  }
  const [before, after] = ['上一页', '下一页'].map((name) => page.getByRole('button', { name }))
  await at(1)
  assert.ok(await before.isDisabled())
  const pages = []
  while (await after.isEnabled()) {
    pages.push(await turn('下一页'))
    await at(pages.length + 1)
  }
  const rows = pages.flat()
  assert.ok(rows.length >= 25, 'those behind the first page')
  assert.equal(new Set(rows).size, rows.length, 'no row stands on two pages')
  await page.reload()
  await at(pages.length + 1)
  await opens.first().waitFor()
  assert.equal(await opens.count(), pages.at(-1).length)
  assert.ok(await after.isDisabled(), 'the last page')
  assert.deepEqual(await turn('上一页'), pages.at(-2))
  await at(pages.length)
  await page.goBack()
  await at(pages.length + 1)
})

test('what the list shows is exported as a sheet, masked, or in full for an administrator', async (t) => {
  const guest = await visitor(t)
  const name = '欧阳锋锋'
  await book(guest, (page) => page.getByRole('textbox', { name: /^姓名/ }).fill(name))
  const { page, audit } = await desk(t, ADMINISTRATOR, `/admin/visits?initiator=${encodeURIComponent(name)}`)
  await page.getByRole('button', { name: '导出' }).click()
  const dialog = page.getByRole('dialog', { name: '导出申请管理' })
  await dialog.waitFor()
  await audit()
  const take = async () => {
    const coming = page.waitForEvent('download')
    await dialog.getByRole('button', { name: '导出' }).click()
    const download = await coming
    assert.match(download.suggestedFilename(), /^申请管理-\d{4}-\d\d-\d\d\.xlsx$/)
    return textOf(await readFile(await download.path()))
  }
  const masked = await take()
  assert.match(masked, /被访人部门/)
  assert.match(masked, /欧\*+/)
  assert.doesNotMatch(masked, new RegExp(name))
  await page.getByRole('button', { name: '导出' }).click()
  await dialog.getByRole('checkbox').check()
  const plain = await take()
  assert.match(plain, new RegExp(name))
  assert.match(plain, new RegExp(guest.phone))
  const host = await desk(t, AT_HOME, '/admin/visits')
  await host.page.getByRole('button', { name: '导出' }).click()
  await host.page.getByRole('dialog').waitFor()
  assert.equal(await host.page.getByRole('dialog').getByRole('checkbox').count(), 0)
})

test('every other list is taken away as a sheet too', async (t) => {
  const { page } = await desk(t, ADMINISTRATOR)
  for (const [path, title, column] of [
    ['people', '访客管理', '手机号'],
    ['vehicles', '访客车辆', '车牌号'],
    ['blacklist', '访客黑名单', '类型'],
    ['passages', '通行记录', '门禁'],
    ['messages', '消息记录', '渠道'],
    ['audit', '审计', '对象'],
    ['staff', '人员', '部门'],
    ['residents', '住户', '门牌号'],
  ]) {
    await page.goto(`${BASE_URL}/admin/${path}`)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    await page.getByRole('button', { name: '导出', exact: true }).click()
    const coming = page.waitForEvent('download')
    await page.getByRole('dialog').getByRole('button', { name: '导出', exact: true }).click()
    const text = textOf(await readFile(await (await coming).path()))
    assert.ok(text.includes(column), `${path} has a column ${column}: ${text.slice(0, 600)}`)
  }
})

/** Every text of a sheet, out of the zip that it is (APPNOTE 4.3: local headers, and the directory's sizes). */
function textOf(zip) {
  assert.equal(zip.readUInt32LE(0), 0x04034b50, 'a zip')
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  let at = zip.readUInt32LE(end + 16)
  let text = ''
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size, name, extra, note, from] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)]
    const start = from + 30 + zip.readUInt16LE(from + 26) + zip.readUInt16LE(from + 28)
    const bytes = zip.subarray(start, start + size)
    text += (method === 8 ? inflateRawSync(bytes) : bytes).toString('utf8')
    at += 46 + name + extra + note
  }
  return text
}

test('a file is answered in the language of the page, whatever the browser speaks', async (t) => {
  const { page, context } = await desk(t, AT_HOME, '/admin/groups/new')
  const browser = await context.newCDPSession(page)
  const userAgent = await page.evaluate(() => navigator.userAgent)
  await browser.send('Emulation.setUserAgentOverride', { userAgent, acceptLanguage: 'en-US' })
  const give = (text) => page.getByLabel('开始导入').setInputFiles({ name: 'plates.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
  await give('')
  await page.getByRole('alert').filter({ hasText: '文件中没有内容' }).waitFor()
  await give('车牌号\n不是车牌\n')
  await page.getByText('车牌号格式不正确').waitFor()
  await page.goto(`${BASE_URL}/admin/groups`)
  await page.getByRole('button', { name: '导出' }).click()
  const asked = page.waitForRequest(/\/export\?/)
  await page.getByRole('dialog').getByRole('button', { name: '导出' }).click()
  assert.equal((await asked).headers()['accept-language'], 'zh-CN')
})

test('a list that could not be had says so, and is had again', async (t) => {
  const { page, forgive, audit } = await desk(t, ADMINISTRATOR, '/admin/vehicles')
  await page.getByRole('heading', { name: '访客车辆' }).waitFor()
  forgive(/ERR_FAILED/)
  await page.route('**/api/admin/vehicles**', (route) => route.abort())
  await page.getByRole('button', { name: '查询' }).click()
  await page.getByText('网络不可用').waitFor()
  await audit()
  await page.unroute('**/api/admin/vehicles**')
  await page.getByRole('button', { name: '重试' }).click()
  await page.getByRole('columnheader', { name: '车牌号' }).waitFor()
})

test('the keyboard alone logs in, filters a list, opens a visit, approves it, comes back and logs out', async (t) => {
  const guest = await visitor(t)
  const name = `张${String.fromCharCode(0x4e00 + Math.floor(Math.random() * 2000))}`
  await book(guest, (page) => page.getByRole('textbox', { name: /^姓名/ }).fill(name))
  // Nobody is known here yet: the way leads through the single sign-on, which asks for no key.
  const { page, see } = await desk(t, DECIDES, '/admin/groups')
  await page.getByRole('heading', { name: '团体通行' }).waitFor()
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute('aria-label'))
  const tabTo = async (name) => {
    for (let steps = 0; steps < 80; steps++) {
      await page.keyboard.press('Tab')
      if ((await focused()) === name) return
    }
    assert.fail(`no way to ${name}`)
  }
  await tabTo('跳到正文')
  await tabTo('申请管理')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '申请管理' }).waitFor()
  await page.getByRole('button', { name: '详情' }).first().waitFor()
  await see('console-visits')
  await tabTo('发起人')
  await page.keyboard.type(name)
  await page.keyboard.press('Enter')
  await page.waitForURL(/initiator=/)
  await theOnly(page.getByRole('button', { name: '详情' }))
  await tabTo('详情')
  await page.keyboard.press('Enter')
  const record = page.getByRole('dialog', { name: '访客申请单' })
  await record.getByRole('tab', { name: '审批流程' }).waitFor()
  await tabTo('审批信息')
  await page.keyboard.press('ArrowRight')
  await page.getByRole('tab', { name: '审批流程', selected: true }).waitFor()
  await tabTo('同意')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: '同意' }).waitFor()
  await tabTo('确定同意')
  await page.keyboard.press('Enter')
  await record.getByText('已通过').first().waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await focused(), '详情', 'the focus is back where it came from')
  await page.getByRole('row').filter({ hasText: '已通过' }).waitFor()
  await tabTo('退出登录')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '已退出登录' }).waitFor()
})

for (const [width, dark] of [[1440, false], [1024, false], [1440, true], [720, false], [390, false], [390, true]]) {
  test(`every page of the console is fit for everybody at ${width} pixels${dark ? ' in the dark' : ''}`, async (t) => {
    const { page, audit } = await desk(t, ADMINISTRATOR, '/admin/visits', { width, dark })
    await page.getByRole('heading', { name: '申请管理' }).waitFor()
    const pages = ['people', 'vehicles', 'visits', 'groups', 'registrations', 'blacklist', 'passages', 'messages', 'audit', 'invite', 'proxy', 'groups/new']
    for (const name of pages) {
      await page.goto(`${BASE_URL}/admin/${name}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.locator('.el-skeleton').waitFor({ state: 'detached' })
      await audit()
    }
  })
}

/** Words that their own box cuts off or that stand out of it, but for what is meant to be moved sideways. */
const cutOff = (page) =>
  page.evaluate(() => {
    const boxes = [...document.querySelectorAll('main button, main label, main .el-tag, main .el-select__wrapper, main dt, main h2, nav a')]
    const cut = boxes.filter((box) => box.offsetParent && (box.scrollHeight > box.clientHeight + 3 || box.scrollWidth > box.clientWidth + 3) && box.clientHeight)
    return cut.map((box) => box.textContent.trim())
  })

test('whoever has set a larger type has the console in it, and nothing of it is cut off', async (t) => {
  const { page, audit } = await desk(t, ADMINISTRATOR, '/admin/visits')
  const size = (element) => element.evaluate((found) => parseFloat(getComputedStyle(found).fontSize))
  for (const name of ['visits', 'home', 'blacklist', 'areas', 'settings', 'staff', 'proxy']) {
    await page.goto(`${BASE_URL}/admin/${name}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.locator('.el-skeleton').waitFor({ state: 'detached' })
    // As the browser's own setting does.
    await page.evaluate(() => (document.documentElement.style.fontSize = '20px'))
    assert.equal(await size(page.getByRole('heading', { level: 1 })), 25, name)
    assert.deepEqual(await cutOff(page), [], name)
    await audit()
  }
  await page.goto(`${BASE_URL}/admin/visits`)
  await page.evaluate(() => (document.documentElement.style.fontSize = '20px'))
  assert.equal(await size(page.locator('.el-select__wrapper').first()), 17.5)
  assert.equal(await size(page.getByRole('button', { name: '查询' })), 17.5)
})
