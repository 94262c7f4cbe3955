// Lists of offices, on their way into the registers.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { someNumber } from './campus.mjs'
import { confirm, desk, form, gone, row, saved, unused } from './registers.mjs'

const csv = (name, lines) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) })

const choose = (dialog, file) => dialog.getByLabel(/选择文件/).setInputFiles(file)

/** 新增 3行: what the preview says. */
const counted = (dialog, what) => dialog.locator('.preview-counts > div').filter({ hasText: what }).getByRole('definition').textContent()

test('a list of staff with a wrong row is shown row by row, and only the good rows are taken', async (t) => {
  const { page, audit, see } = await desk(t, '/admin/staff')
  const dialog = await form(page, page.getByRole('button', { name: '导入' }), '导入人员')
  const [one, other] = [unused('li'), unused('wu')]
  const template = page.waitForEvent('download')
  await dialog.getByRole('link', { name: 'CSV 模板' }).click()
  const heading = (await readFile(await (await template).path(), 'utf8')).trim().split('\n')[0].replace('\uFEFF', '').trim()
  assert.equal(heading, '姓名,手机号,部门,企业微信账号,角色')
  await audit()

  await choose(dialog, { name: '名单.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from('PK\x03\x04 not a book') })
  await dialog.getByRole('alert').waitFor()
  assert.match(await dialog.getByRole('alert').textContent(), /[一-鿿]/)
  await choose(dialog, csv('名单.csv', ['姓名,电话', '李雷,13900001111']))
  await dialog.getByRole('alert').filter({ hasText: '部门' }).waitFor()
  await audit()

  await choose(
    dialog,
    csv('名单.csv', [
      `${heading},备注`,
      `李雷,13900001111,信息中心,${one},被访人`,
      `韩梅,1390000,信息中心,${unused('han')},被访人`,
      `吴迪,13900001113,信息中心,${other},被访人 飞行员`,
      `吴迪,13900001113,信息中心,${other},被访人 审批人`,
    ]),
  )
  const faults = dialog.getByRole('region', { name: '问题' })
  await faults.getByRole('row', { name: '3 手机号' }).waitFor()
  await faults.getByRole('row', { name: '4 角色 角色：没有“飞行员”这个角色' }).waitFor()
  await dialog.getByText('已忽略：备注').waitFor()
  assert.equal(await counted(dialog, '新增'), '2行')
  assert.equal(await counted(dialog, '有误'), '2行')
  const go = dialog.getByRole('button', { name: '导入2行' })
  assert.ok(await go.isDisabled(), 'all of it or nothing, until somebody says otherwise')
  await audit()
  await see('console-import')
  const list = page.waitForEvent('download')
  await dialog.getByRole('button', { name: '下载问题清单' }).click()
  assert.match(await readFile(await (await list).path(), 'utf8'), /"3","手机号"/)
  await dialog.getByText('只导入无误的行').click()
  await go.click()
  await dialog.getByText('新增2，更新0，不变0，跳过有误2行').waitFor()
  await audit()
  await dialog.getByRole('contentinfo').or(dialog.locator('footer')).getByRole('button', { name: '关闭' }).click()
  await row(page, one).getByText('李雷').waitFor()
  await row(page, other).getByText('审批人').waitFor()
  assert.equal(await row(page, '韩梅').count(), 0)
})

test('the same list of residents again changes nothing, and whoever moved out comes back by it', async (t) => {
  const { page, audit } = await desk(t, '/admin/residents')
  const [house, phone] = [`${1 + Math.floor(Math.random() * 90)}-1-${100 + Math.floor(Math.random() * 800)}`, someNumber()]
  const list = csv('住户.csv', ['姓名,手机号,门牌号', `周杰,${phone},${house}`])
  const begin = () => form(page, page.getByRole('button', { name: '导入' }), '导入住户')
  const close = (dialog) => dialog.locator('footer').getByRole('button', { name: /关闭|取消/ }).click()

  let dialog = await begin()
  await choose(dialog, list)
  await dialog.getByRole('button', { name: '导入1行' }).click()
  await dialog.getByText('新增1，更新0，不变0').waitFor()
  await close(dialog)
  await row(page, house).getByText('周*').waitFor()

  dialog = await begin()
  await choose(dialog, list)
  await dialog.getByText('没有可导入的内容').waitFor()
  assert.ok(await dialog.getByRole('button', { name: '导入', exact: true }).isDisabled())
  await audit()
  await close(dialog)

  await row(page, house).getByRole('button', { name: '迁出' }).click()
  await confirm(page, '该住户迁出？', '迁出')
  await row(page, house).waitFor({ state: 'detached' })
  await gone(page)
  dialog = await begin()
  await choose(dialog, list)
  await dialog.getByRole('button', { name: '导入1行' }).waitFor()
  assert.equal(await counted(dialog, '迁回'), '1行')
  await dialog.getByRole('button', { name: '导入1行' }).click()
  await dialog.getByText('导入完成').waitFor()
  await close(dialog)
  await row(page, house).waitFor()

  const fresh = await form(page, page.getByRole('button', { name: '登记住户' }), '登记住户')
  await fresh.getByRole('textbox', { name: '姓名' }).fill('吴岚')
  await fresh.getByRole('textbox', { name: '手机号' }).fill(someNumber())
  await fresh.getByRole('textbox', { name: '门牌号' }).fill('91栋2单元501')
  await audit()
  await saved(page, fresh)
  await row(page, '91-2-501').first().waitFor()
  await audit()
})
