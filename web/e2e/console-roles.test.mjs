// Who has one office alone: to read what is copied to them, or to stand at a gate.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL } from './browser.mjs'
import { book, pick, visitor } from './campus.mjs'
import { ADMINISTRATOR, ask, desk, links } from './desk.mjs'

const READER = 'fengjing'
const GUARD = 'gaofeng'

/** What the pages are called that only administrators find anything on. */
const REFUSED = ['home', 'people', 'vehicles', 'blacklist', 'areas', 'reasons', 'settings', 'departments', 'staff', 'residents', 'devices', 'passages', 'messages', 'audit']

const offered = (page) => page.getByRole('main').getByRole('button').allTextContents()

/** A visitor's booking to an area, by its id. */
const booked = async (t, area) => book(await visitor(t), (phone) => pick(phone, '到访区域', area))

async function findsNothingElse({ page, audit }) {
  for (const name of REFUSED) {
    await page.goto(`${BASE_URL}/admin/${name}`)
    await page.getByRole('alert').filter({ hasText: '您没有此权限' }).first().waitFor()
    assert.deepEqual(await offered(page), [], name)
  }
  await audit()
}

/** What the record of a visit says that is none of theirs. */
async function findsNot({ page }, id) {
  await page.goto(`${BASE_URL}/admin/visits?open=${id}`)
  const record = page.getByRole('dialog', { name: '访客申请单' })
  await record.getByRole('alert').filter({ hasText: '没有找到' }).waitFor()
  assert.equal(await record.getByRole('button', { name: '重试' }).count(), 0, 'it is not there a second time either')
}

test('whoever only reads what is copied to them is shown that, and offered nothing to begin or decide', async (t) => {
  const admin = await desk(t, ADMINISTRATOR, '/admin/settings')
  const of = async (register, name) => (await ask(admin.page, 'GET', `/api/admin/${register}`)).body.items.find((one) => one.name === name).id
  const rule = { staff: await of('staff', '冯静'), area: await of('areas', '图书馆') }
  const made = await ask(admin.page, 'POST', '/api/admin/readers', rule)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const [copied, other] = [await booked(t, '图书馆'), await booked(t, '校园区域')]

  const reader = await desk(t, READER, '/admin/visits')
  const { page, audit } = reader
  assert.deepEqual(await links(page), ['申请管理', '团体通行'])
  await page.getByText('信息中心 · 冯静').waitFor()
  await page.getByRole('button', { name: '详情' }).first().waitFor()
  const main = page.getByRole('main')
  for (const name of ['邀约', '新增预约', '+团体通行']) assert.equal(await main.getByRole('button', { name }).count(), 0, name)
  await page.goto(`${BASE_URL}/admin/visits?open=${copied}`)
  const record = page.getByRole('dialog', { name: '访客申请单' })
  await record.getByText('审批中').first().waitFor()
  await record.getByRole('tab', { name: '审批流程' }).waitFor()
  for (const name of ['同意', '拒绝', '退回', '撤销申请', /^查看/]) assert.equal(await record.getByRole('button', { name }).count(), 0, String(name))
  await audit()
  await findsNot(reader, other)
  await page.goto(`${BASE_URL}/admin/groups`)
  await page.getByRole('button', { name: '导出' }).waitFor()
  assert.equal(await main.getByRole('button', { name: '+团体通行' }).count(), 0)
  await findsNothingElse(reader)

  // The form has an address. Who may not be visited is asked whom they mean.
  await page.goto(`${BASE_URL}/admin/invite`)
  assert.equal(await page.getByText('本人（冯静）').count(), 0)
  await page.getByRole('button', { name: '发起访客邀约' }).click()
  await page.getByText('请选择被访人').waitFor()
  assert.equal((await ask(admin.page, 'DELETE', `/api/admin/readers/${made.body.id}`)).status, 204)
})

test('a guard alone finds no visit and no register at a desk', async (t) => {
  const id = await booked(t, '校园区域')
  const guard = await desk(t, GUARD, '/admin/visits')
  const { page, audit } = guard
  assert.deepEqual(await links(page), ['申请管理', '团体通行'])
  await page.getByText('保卫处 · 高峰').waitFor()
  await page.getByText('暂无数据').waitFor()
  assert.deepEqual(await offered(page), ['导出', '查询', '重置'])
  await audit()
  await findsNot(guard, id)
  await page.goto(`${BASE_URL}/admin/visits/${id}/correct`)
  await page.getByRole('alert').filter({ hasText: '没有找到' }).waitFor()
  assert.deepEqual(await offered(page), [])
  await findsNothingElse(guard)
})
