// The campus's registers, as administrators keep them at their desks.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import test from 'node:test'
import { BASE_URL } from './browser.mjs'
import { visitor } from './campus.mjs'
import { choose, confirm, desk, form, gone, number, open, row, save, saved, setNumber, unused } from './registers.mjs'

/** Makes somebody an administrator, or an administrator no more. */
async function tickAdministrator({ page }, name) {
  await open(page, '人员')
  const dialog = await form(page, row(page, name).getByRole('button', { name: '编辑' }), `编辑人员：${name}`)
  await dialog.getByText('访客管理员').click()
  return dialog
}

test('of two administrators who change one area the second is told what the first changed, and the last one stays', async (t) => {
  const first = await desk(t, '/admin/areas')
  const { page } = first
  const name = unused('实训楼')
  const fresh = await form(page, page.getByRole('button', { name: '新增到访区域' }), '新增到访区域')
  await save(fresh)
  await fresh.getByText(/请填写|名称/).nth(1).waitFor()
  await first.audit()
  await fresh.getByRole('textbox', { name: '名称' }).fill(name)
  await save(fresh)
  const title = `编辑到访区域：${name}`
  await page.getByRole('dialog', { name: title }).waitFor()
  await page.keyboard.press('Escape')
  await row(page, name).getByText('随时开放').waitFor()
  await first.audit()
  await first.see('console-areas')
  await saved(page, await tickAdministrator(first, '赵敏'))

  const second = await desk(t, '/admin/areas', 'zhaomin')
  const theirs = await form(second.page, row(second.page, name).getByRole('button', { name: '编辑' }), title)
  await setNumber(theirs, '单次最长', 2)
  await setNumber(theirs, '可提前预约', 30)
  await second.audit()

  await open(page, '到访区域')
  const mine = await form(page, row(page, name).getByRole('button', { name: '编辑' }), title)
  await setNumber(mine, '可提前预约', 400)
  await mine.getByText('按星期和时段开放').click()
  await save(mine)
  await mine.getByText('可提前预约天数应为0到366').waitFor()
  await setNumber(mine, '可提前预约', 7)
  await mine.getByRole('textbox', { name: '结束时刻' }).fill('25:00')
  await save(mine)
  await mine.getByText('请填写24小时制的时刻').waitFor()
  await mine.getByRole('textbox', { name: '结束时刻' }).fill('23:00')
  await first.audit()
  await saved(page, mine)
  await row(page, name).getByText('每天 06:00–23:00').waitFor()

  await save(theirs)
  const told = theirs.getByRole('alert').filter({ hasText: '该记录已被其他管理员修改' })
  await told.getByText('可提前预约：对方改为“7天”，您填写的是“30天”').waitFor()
  await told.getByText('开放时间：已更新为“每天 06:00–23:00”').waitFor()
  assert.equal(await number(theirs, '单次最长').inputValue(), '2', 'what nobody else touched stays')
  await second.audit()
  await second.see('console-overtaken')
  await saved(second.page, theirs)
  await row(second.page, name).getByText('提前30天内 · 最长2天').waitFor()
  await row(second.page, name).getByText('每天 06:00–23:00').waitFor()

  await saved(page, await tickAdministrator(first, '赵敏'))
  const last = await tickAdministrator(first, '周岚')
  await save(last)
  await last.getByText('至少保留一名访客管理员').waitFor()
  await first.audit()
})

test('a reason that is closed is gone from the phone’s choices', async (t) => {
  const guest = await visitor(t)
  const offered = async () => {
    await guest.page.goto(`${BASE_URL}/h5/book`)
    await guest.page.getByRole('button', { name: /^来访事由/ }).click()
    const sheet = guest.page.getByRole('dialog', { name: '来访事由' })
    await sheet.getByRole('button', { name: '业务洽谈' }).waitFor()
    return (await sheet.getByRole('button', { name }).count()) === 1
  }
  const { page, audit } = await desk(t, '/admin/reasons')
  const name = unused('校友返校')
  const fresh = await form(page, page.getByRole('button', { name: '新增来访事由' }), '新增来访事由')
  await fresh.getByRole('textbox', { name: '名称' }).fill('业务洽谈')
  await save(fresh)
  await fresh.getByText('已有相同的记录').waitFor()
  await fresh.getByRole('textbox', { name: '名称' }).fill(name)
  await saved(page, fresh)
  assert.ok(await offered())
  const dialog = await form(page, row(page, name).getByRole('button', { name: '编辑' }), `编辑来访事由：${name}`)
  await dialog.getByRole('switch').press('Space')
  await audit()
  await saved(page, dialog)
  await row(page, name).getByText('已停用').waitFor()
  await audit()
  assert.ok(!(await offered()))
})

test('a department is added, renamed, and chosen for somebody new, by keyboard alone', async (t) => {
  const { page, audit } = await desk(t, '/admin/departments')
  const [name, renamed, userid] = [unused('后勤处'), unused('资产处'), unused('sunli')]
  const focused = (role, label) => page.getByRole(role, { name: label }).evaluateAll((found) => found.includes(document.activeElement))
  const reach = async (role, label) => {
    for (let step = 0; step < 80; step += 1) {
      if (await focused(role, label)) return
      await page.keyboard.press('Tab')
    }
    assert.fail(`${label} is out of reach`)
  }
  await page.getByRole('heading', { name: '部门' }).waitFor()
  await reach('button', '新增部门')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: '新增部门' })
  await dialog.waitFor()
  await reach('textbox', '名称')
  await page.keyboard.type(name)
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  await row(page, name).waitFor()
  await gone(page)

  await row(page, name).getByRole('button', { name: '编辑' }).focus()
  await page.keyboard.press('Enter')
  const edit = page.getByRole('dialog', { name: `编辑部门：${name}` })
  await edit.waitFor()
  await reach('textbox', '名称')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(renamed)
  await reach('button', '保存')
  await page.keyboard.press('Enter')
  await edit.waitFor({ state: 'hidden' })
  await row(page, renamed).waitFor()
  await gone(page)
  await audit()

  await open(page, '人员')
  await reach('button', '新增人员')
  await page.keyboard.press('Enter')
  const member = page.getByRole('dialog', { name: '新增人员' })
  await member.waitFor()
  await reach('textbox', '姓名')
  await page.keyboard.type('孙立')
  await reach('combobox', '部门')
  await page.keyboard.type(renamed)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await reach('textbox', '企业微信账号')
  await page.keyboard.type(userid)
  await reach('textbox', '手机号')
  await page.keyboard.type('12345')
  await page.keyboard.press('Enter')
  await member.getByText('手机号应为11位大陆手机号码').waitFor()
  await audit()
  await reach('textbox', '手机号')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('13911112222')
  await page.keyboard.press('Enter')
  await member.waitFor({ state: 'hidden' })
  await row(page, userid).getByText(renamed).waitFor()
  await row(page, userid).getByText('139****2222').waitFor()
  await page.keyboard.press('Escape')

  await row(page, userid).getByRole('button', { name: '离职' }).click()
  await confirm(page, '孙立离职？', '离职')
  await row(page, userid).getByText('已离职').waitFor()
  await gone(page)
  await audit()
})

/** What the gate says to a signed question of a device: the status, and why. */
async function ask(dev, key) {
  const body = JSON.stringify({ dev, rd: 1, k: 'qr', v: 'TEST', n: unused('n'), t: Math.floor(Date.now() / 1000), dir: null })
  const { n, t } = JSON.parse(body)
  const path = '/gate/v1/verify'
  const digest = createHash('sha256').update(body).digest('hex')
  const sig = createHmac('sha256', Buffer.from(key, 'hex')).update(['POST', path, t, n, digest].join('\n')).digest('hex')
  const headers = { 'content-type': 'application/json', authorization: `CP1-HMAC-SHA256 dev=${dev}, t=${t}, n=${n}, sig=${sig}` }
  const answer = await fetch(`${BASE_URL}${path}`, { method: 'POST', body, headers })
  return `${answer.status} ${(await answer.json()).r ?? ''}`.trim()
}

test('a device’s key is shown once, is good until it is changed, and nothing is after the device is revoked', async (t) => {
  const { page, context, audit, see } = await desk(t, '/admin/devices')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: BASE_URL })
  const [gate, id] = [unused('北门'), unused('G')]
  const place = await form(page, page.getByRole('button', { name: '新增门禁' }), '新增门禁')
  await place.getByRole('textbox', { name: '名称' }).fill(gate)
  await choose(page, place, '通向区域', '图书馆')
  await audit()
  await saved(page, place)
  const panel = page.getByRole('region', { name: gate })
  await panel.getByText('该门禁还没有设备。').waitFor()

  const fresh = await form(page, panel.getByRole('button', { name: `在${gate}新增设备` }), '新增设备')
  await fresh.getByRole('textbox', { name: '设备编号' }).fill('门 一')
  await save(fresh)
  await fresh.getByText('设备编号应为1到32个字母、数字、_或-').waitFor()
  await audit()
  await fresh.getByRole('textbox', { name: '设备编号' }).fill(id)
  await save(fresh)
  const told = page.getByRole('dialog', { name: `设备 ${id} 的密钥` })
  const key = await told.getByRole('code').textContent()
  assert.match(key, /^[\da-f]{64}$/)
  await audit()
  await told.getByRole('button', { name: '复制密钥' }).click()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key)
  await gone(page)
  await page.keyboard.press('Escape')
  await told.getByRole('button', { name: '我已保存，关闭' }).click()
  await told.waitFor({ state: 'hidden' })
  assert.ok(!(await page.content()).includes(key), 'it leaves the page')
  assert.equal(await ask(id, key), '200 bad_code', 'the device is known by it')
  await page.reload()
  const line = panel.getByRole('row').filter({ hasText: id })
  assert.doesNotMatch(await line.textContent(), /从未/, 'it was heard of')

  const rotation = await form(page, line.getByRole('button', { name: '更换密钥' }), `更换设备 ${id} 的密钥`)
  await setNumber(rotation, '旧密钥保留', 721)
  await save(rotation)
  await rotation.getByText('旧密钥的保留时间应为0到720小时').waitFor()
  await setNumber(rotation, '旧密钥保留', 0)
  await save(rotation)
  const other = await told.getByRole('code').textContent()
  await told.getByRole('button', { name: '我已保存，关闭' }).click()
  assert.equal(await ask(id, other), '200 bad_code')
  assert.match(await ask(id, key), /^401/, 'the one before is good no longer')

  await line.getByRole('button', { name: '停用' }).click()
  await confirm(page, `停用设备 ${id}？`, '停用')
  await line.getByText(/^已停用/).waitFor()
  await gone(page)
  assert.match(await ask(id, other), /^401/)
  await audit()

  const closing = await form(page, panel.getByRole('button', { name: `编辑${gate}` }), `编辑门禁：${gate}`)
  await closing.getByRole('switch').press('Space')
  await saved(page, closing)
  await panel.getByText('已停用', { exact: true }).waitFor()
  await see('console-devices')
})
