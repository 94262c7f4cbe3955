import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { BASE_URL, photo } from './browser.mjs'
import { approverOf, book, decide, ID_NUMBER, keptBy, passLink, scan, codeOf, stranger, visitor } from './campus.mjs'

/** Gives the form a face photo, for which it asks consent first. */
async function showFace(page) {
  await page.getByRole('checkbox', { name: /我同意采集人脸照/ }).check()
  await page.getByLabel('人脸照 相册').setInputFiles(photo)
  await page.getByText('已上传').nth(1).waitFor()
}

test('a visitor sees what is kept of them, takes it along, and takes the face photo back', async (t) => {
  const guest = await visitor(t)
  const { page, phone, audit, see } = guest
  const id = await book(guest, showFace)
  await page.goto(`${BASE_URL}/h5/book`)
  await page.getByRole('link', { name: '我的信息' }).click()
  await page.getByRole('heading', { name: '我的信息' }).waitFor()
  await page.getByText('人脸照用于门禁核验').waitFor()
  await page.getByText('撤回时间').waitFor({ state: 'detached' })
  for (const kind of ['证件照', '人脸照']) await page.getByRole('img', { name: kind }).waitFor()
  await audit()
  await see('me')

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '导出我的信息' }).click()])
  assert.equal(download.suggestedFilename(), 'my-data.json')
  const taken = JSON.parse(await readFile(await download.path(), 'utf8'))
  const [visit] = taken.visits
  assert.equal(visit.id, id)
  assert.deepEqual([visit.visitors[0].phone, visit.visitors[0].id_number], [phone, ID_NUMBER.toUpperCase()], 'what is one’s own is in full')

  // The ID photo is held by the open application, and the page says so.
  await page.getByRole('button', { name: '删除', exact: true }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.van-toast').filter({ hasText: /\S/ }).waitFor()
  await page.getByRole('img', { name: '证件照' }).waitFor()

  await page.getByRole('button', { name: '撤回同意并删除人脸照' }).click()
  await audit()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('img', { name: '人脸照' }).waitFor({ state: 'detached' })
  await page.getByText('撤回时间').waitFor()
  await page.goto(`${BASE_URL}/h5/visits/${id}`)
  await page.getByText('未上传').waitFor()
})

test('whoever holds a pass takes back their face photo, though somebody else gave it', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest, showFace)
  await decide(await approverOf(t, id), id, '同意')
  const link = await passLink(guest.phone)
  const { page, audit } = await stranger(t)
  await page.goto(`${BASE_URL}${link}`)
  await page.getByRole('button', { name: '撤回同意并删除人脸照' }).click()
  await audit()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('button', { name: '撤回同意并删除人脸照' }).waitFor({ state: 'detached' })
  await page.getByRole('img', { name: '通行二维码' }).waitFor()
  await guest.page.goto(`${BASE_URL}/h5/visits/${id}`)
  await guest.page.getByText('未上传').waitFor()
})

test('logging out everywhere ends the login of the other phone too', async (t) => {
  const first = await visitor(t)
  const second = await stranger(t)
  await second.context.addCookies([{ name: 'sandbox_person', value: first.openid, url: BASE_URL }])
  await second.page.goto(`${BASE_URL}/login/wechat?to=%2Fh5%2Fme`)
  await second.page.getByRole('button', { name: '退出所有设备' }).waitFor()
  assert.equal((await first.page.request.get(`${BASE_URL}/api/me`)).status(), 200)
  await second.page.getByRole('button', { name: '退出所有设备' }).click()
  await second.page.getByRole('button', { name: '确定' }).click()
  await second.page.getByRole('heading', { name: '已退出登录' }).waitFor()
  for (const { page } of [first, second]) assert.equal((await page.request.get(`${BASE_URL}/api/me`)).status(), 401)
})

test('who leaves for good types the word, loses the pass, and comes back as somebody new', async (t) => {
  const guest = await visitor(t)
  const { page, audit, see } = guest
  const id = await book(guest)
  await decide(await approverOf(t, id), id, '同意')
  const link = await passLink(guest.phone)
  const code = await codeOf(link)
  await page.goto(`${BASE_URL}/h5/me`)
  await page.getByRole('button', { name: '注销并删除我的信息' }).click()
  await page.getByText('依法须留存').waitFor()
  await page.getByRole('textbox', { name: /^确定/ }).fill('删除')
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('alert').filter({ hasText: '请输入“注销”以确认' }).waitFor()
  await audit()
  await see('me-delete')
  await page.getByRole('textbox', { name: /^确定/ }).fill('注销')
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('heading', { name: '已退出登录' }).waitFor()
  assert.equal(await scan(code), 'revoked')
  assert.equal((await page.request.get(`${BASE_URL}/api/me`)).status(), 401)
  assert.deepEqual(await keptBy(page), { local: [], session: [], databases: [], caches: [], workers: 0, cookies: [] })

  await page.getByRole('button', { name: '重新登录' }).click()
  await page.getByRole('link', { name: '我的信息' }).click()
  await page.getByText('没有保存您的照片').waitFor()
  await page.getByText('0 条').first().waitFor()
})
