// 访客设置 as it is set, and followed; and what 首页 counts of it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL } from './browser.mjs'
import { APPROVER, book, decide, member, pick, until, visitor } from './campus.mjs'
import { choose, chooseMember, confirm, desk, form, gone, open, row, save, saved, setNumber, unused } from './registers.mjs'

/** A member of staff at their phone, whom the pages know already: a login on the way interrupts. */
async function known(t, userid) {
  const browser = await member(t, userid)
  await browser.page.goto(`${BASE_URL}/h5/staff`)
  await browser.page.getByRole('tab', { name: /^待处理/ }).waitFor()
  return browser
}

async function addReason(page, name) {
  await open(page, '来访事由')
  const dialog = await form(page, page.getByRole('button', { name: '新增来访事由' }), '新增来访事由')
  await dialog.getByRole('textbox', { name: '名称' }).fill(name)
  await saved(page, dialog)
}

test('a route is drawn as it was set, and a booking goes by it, step after step', async (t) => {
  const admin = await desk(t, '/admin/home')
  const { page } = admin
  const [reason, name, other] = [unused('危化品检查'), unused('危化品'), unused('备用')]
  await addReason(page, reason)
  await open(page, '访客设置')
  await page.getByText('从上到下逐条比对').waitFor()

  const fresh = await form(page, page.getByRole('button', { name: '新增路线' }), '新增路线')
  await save(fresh)
  await fresh.getByText('请填写1至40个字的名称').waitFor()
  await fresh.getByRole('textbox', { name: '名称' }).fill(name)
  await choose(page, fresh, '来访事由', reason)
  await fresh.getByRole('button', { name: '添加环节' }).click()
  const second = fresh.getByRole('group', { name: '环节2' })
  await choose(page, second, '审批人', '指定人员')
  await save(fresh)
  await second.getByText('请选择人员').waitFor()
  await admin.audit()
  await chooseMember(page, second, '指定人员', '周岚')
  await second.getByRole('switch', { name: '超时处理' }).press('Space')
  await setNumber(second, '分钟后自动', 120)
  await saved(page, fresh)

  const route = page.getByRole('article', { name })
  const flow = route.getByRole('list', { name: `“${name}”的审批流程` }).getByRole('listitem')
  const drawn = (await flow.allTextContents()).map((text) => text.replace(/\s+/g, ' ').trim())
  assert.deepEqual(drawn, [`提交申请来访事由 ${reason}`, '被访人部门的审批负责人或签', '周岚（保卫处）2小时后自动拒绝', '通过'])

  const more = await form(page, page.getByRole('button', { name: '新增路线' }), '新增路线')
  await more.getByRole('textbox', { name: '名称' }).fill(other)
  await choose(page, more, '来访事由', reason)
  await more.getByRole('button', { name: '删除环节1' }).click()
  await saved(page, more)
  await page.getByRole('article', { name: other }).getByText('无需审批').waitFor()
  const titles = async () => (await page.getByRole('article').getByRole('heading').allTextContents()).filter((title) => [name, other].includes(title))
  assert.deepEqual(await titles(), [name, other])
  await page.getByRole('button', { name: `上移“${other}”` }).click()
  await gone(page)
  assert.deepEqual(await titles(), [other, name], 'that one would let everybody in')
  await page.getByRole('button', { name: `下移“${other}”` }).click()
  await gone(page)
  assert.deepEqual(await titles(), [name, other])
  await admin.audit()
  await admin.see('console-settings')

  const guest = await visitor(t)
  const visit = await book(guest, (phone) => pick(phone, '来访事由', reason))
  const approver = await known(t, APPROVER)
  await decide(approver, visit, '同意')
  const guard = await known(t, 'zhoulan')
  await until('the second step', async () => {
    await guard.page.goto(`${BASE_URL}/h5/staff/approvals/${visit}`)
    return guard.page.getByRole('button', { name: '同意', exact: true }).waitFor({ timeout: 3000 }).then(() => true, () => false)
  })
  await guard.page.getByRole('button', { name: '同意', exact: true }).click()
  await guard.page.getByRole('button', { name: '确定同意' }).click()
  await guard.page.locator('.stage', { hasText: '已通过' }).waitFor()

  for (const left of [name, other]) {
    await page.getByRole('button', { name: `删除“${left}”` }).click()
    await confirm(page, `删除审批路线“${left}”？`, '删除')
    await page.getByRole('article', { name: left }).waitFor({ state: 'detached' })
    await gone(page)
  }
})

test('of two who change one route the second is told, and sees the flow that the first made', async (t) => {
  const [name, renamed] = [unused('重复'), unused('改名')]
  const first = await desk(t, '/admin/settings')
  const fresh = await form(first.page, first.page.getByRole('button', { name: '新增路线' }), '新增路线')
  await fresh.getByRole('textbox', { name: '名称' }).fill(name)
  await fresh.getByRole('switch', { name: '状态' }).press('Space')
  await saved(first.page, fresh)
  await first.page.getByRole('article', { name }).getByText('已停用').waitFor()
  const second = await desk(t, '/admin/settings')
  const [mine, theirs] = await Promise.all(
    [first, second].map(({ page }) => form(page, page.getByRole('button', { name: `编辑“${name}”` }), `编辑审批路线：${name}`)),
  )
  await choose(first.page, mine, '审批人', '访客管理员')
  await saved(first.page, mine)
  await theirs.getByRole('textbox', { name: '名称' }).fill(renamed)
  await save(theirs)
  await theirs.getByText('审批环节：已更新为“访客管理员 或签”').waitFor()
  await second.audit()
  await saved(second.page, theirs)
  const route = second.page.getByRole('article', { name: renamed })
  await route.getByRole('listitem').filter({ hasText: '访客管理员' }).waitFor()
  await second.page.getByRole('button', { name: `删除“${renamed}”` }).click()
  await confirm(second.page, `删除审批路线“${renamed}”？`, '删除')
  await route.waitFor({ state: 'detached' })
})

test('whoever is copied in on an area reads its visits until the rule ends', async (t) => {
  const admin = await desk(t, '/admin/settings')
  const { page } = admin
  const dialog = await form(page, page.getByRole('button', { name: '新增抄送规则' }), '新增抄送规则')
  await save(dialog)
  await dialog.getByText('请选择人员').waitFor()
  await dialog.getByText('请选择部门或到访区域之一').waitFor()
  await chooseMember(page, dialog, '抄送人', '吴芳')
  await dialog.getByText('到访区域', { exact: true }).click()
  await choose(page, dialog, '到访区域', '校园区域')
  await admin.audit()
  await saved(page, dialog)
  await page.getByRole('listitem').filter({ hasText: '吴芳' }).getByText('到访校园区域的申请').waitFor()
  await admin.audit()

  const again = await form(page, page.getByRole('button', { name: '新增抄送规则' }), '新增抄送规则')
  await chooseMember(page, again, '抄送人', '吴芳')
  await choose(page, again, '到访区域', '校园区域')
  await save(again)
  await again.getByText('该抄送规则已存在').waitFor()
  await page.keyboard.press('Escape')

  const guest = await visitor(t)
  const visit = await book(guest, (phone) => pick(phone, '到访区域', '校园区域'))
  const reader = await known(t, 'wufang')
  const reads = async () => {
    await reader.page.goto(`${BASE_URL}/h5/staff?box=cc&q=${visit}`)
    await reader.page.getByRole('tab', { name: /抄送我/ }).click()
    return reader.page.getByRole('link', { name: new RegExp(visit) }).waitFor({ timeout: 3000 }).then(() => true, () => false)
  }
  assert.ok(await reads())
  await page.getByRole('button', { name: '取消抄送：吴芳' }).click()
  await confirm(page, /取消对吴芳/, '取消抄送')
  await page.getByRole('listitem').filter({ hasText: '吴芳' }).waitFor({ state: 'detached' })
  assert.ok(!(await reads()))
})

test('the first page counts a booking, and leads to the one that waits longest', async (t) => {
  const admin = await desk(t, '/admin/home')
  const { page } = admin
  const figure = async (name) => Number(await page.getByRole('region', { name, exact: true }).locator('strong').textContent())
  const bar = async (chart, name) =>
    Number(await page.getByRole('table', { name: chart }).getByRole('row', { name: new RegExp(`^${name}`) }).locator('.bar-count').textContent())
  const seen = async () => [await figure('今日到访申请'), await figure('待审批'), await bar('按状态', '审批中'), await bar('按到访区域', '图书馆')]
  await page.getByRole('region', { name: '今日到访申请' }).waitFor()
  const before = await seen()
  const guest = await visitor(t)
  await book(guest, (phone) => pick(phone, '到访区域', '图书馆'))
  await page.getByRole('button', { name: '刷新' }).click()
  await until('the figures', async () => (await figure('今日到访申请')) === before[0] + 1)
  assert.deepEqual(await seen(), before.map((n) => n + 1))
  await page.getByRole('img', { name: /按开始时刻：.*0时\d+份/ }).waitFor()
  await admin.audit()
  await admin.see('console-home')
  await page.getByRole('link', { name: '查看该申请' }).click()
  await page.waitForURL(/\/admin\/visits\?open=\d+$/)
})

test('a member of staff who is no administrator is refused the registers by the server', async (t) => {
  const { page, audit } = await desk(t, '/admin/areas', 'liuming')
  await page.getByText('您没有此权限').waitFor()
  await audit()
  assert.equal(await row(page, '校园区域').count(), 0)
})
