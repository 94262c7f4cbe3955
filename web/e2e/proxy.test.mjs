// 访客代约 and 团体通行 on the phone of a member of staff.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL } from './browser.mjs'
import { applyForGroup, approverOf, decide, fillPerson, member, passLink, pick, someNumber } from './campus.mjs'

/** The host of the seed. */
const HOST = 'liuming'

test('a member of staff fills in everything for two, and each gets a pass', async (t) => {
  const host = await member(t, HOST)
  const { page, audit, see } = host
  const phones = [someNumber(), someNumber()]
  await page.goto(`${BASE_URL}/h5/staff/invitations`)
  await page.getByRole('link', { name: /^代约/ }).click()
  await page.getByRole('heading', { name: '访客代约' }).waitFor()
  await pick(page, '到访区域')
  await pick(page, '来访事由')
  await fillPerson(page.getByRole('region', { name: '访客 1' }), { phone: phones[0], name: '张三丰' })
  await page.getByRole('button', { name: '添加一条访客信息' }).click()
  const second = page.getByRole('region', { name: '访客 2' })
  await page.getByRole('button', { name: '提交预约' }).click()
  await second.getByText('请输入姓名', { exact: true }).waitFor()
  assert.equal(await page.getByRole('region', { name: '访客 1' }).getByRole('alert').count(), 0, 'the first is complete')
  await audit()
  // The same document twice, which only the server sees.
  await fillPerson(second, { phone: phones[1], name: '李四光' })
  await page.getByRole('button', { name: '提交预约' }).click()
  await second.getByText('该证件号重复填写，请检查').waitFor()
  await see('proxy')
  await second.getByRole('textbox', { name: /^证件号/ }).fill('E12345678')
  await page.getByRole('button', { name: '提交预约' }).click()
  await page.waitForURL(/\/h5\/staff\/invitations\/\d+$/)
  const id = page.url().split('/').pop()
  for (const name of ['张三丰', '李四光']) await page.getByRole('region', { name }).waitFor()
  await audit()
  await decide(await approverOf(t, id), id, '同意')
  const links = [await passLink(phones[0]), await passLink(phones[1])]
  assert.notEqual(links[0], links[1])
})

test('somebody is taken off the list again, and the form survives a way out and back', async (t) => {
  const { page, audit } = await member(t, HOST, { width: 320, height: 640 })
  await page.goto(`${BASE_URL}/h5/staff/proxies`)
  await page.getByRole('button', { name: '添加一条访客信息' }).click()
  const name = (number) => page.getByRole('region', { name: `访客 ${number}` }).getByRole('textbox', { name: /^姓名/ })
  await name(1).fill('张三丰')
  await name(2).fill('李四光')
  await page.goto(`${BASE_URL}/h5/staff`)
  await page.goBack()
  assert.equal(await name(2).inputValue(), '李四光')
  await page.getByRole('button', { name: '删除访客 1' }).click()
  assert.equal(await name(1).inputValue(), '李四光')
  assert.equal(await page.getByRole('button', { name: /^删除访客/ }).count(), 0, 'the last stays')
  await audit()
})

test('who applied for a group sees it and, once it is approved, the pass that everybody shares', async (t) => {
  const { page, audit, see } = await member(t, HOST)
  await page.goto(`${BASE_URL}/h5/staff/invitations?tab=records`)
  await page.getByRole('tab', { name: '邀约记录' }).waitFor()
  await page.waitForLoadState('networkidle')
  const id = await applyForGroup(page)
  await page.goto(`${BASE_URL}/h5/staff/invitations/${id}`)
  await page.getByRole('heading', { name: '团体通行' }).waitFor()
  await page.getByText('14人').waitFor()
  for (const term of ['负责人', '负责人部门']) await page.getByRole('term').getByText(term, { exact: true }).waitFor()
  await page.getByText('渝A12345、渝AD12345').waitFor()
  assert.equal(await page.getByRole('img', { name: '团体通行二维码' }).count(), 0, 'not before it is approved')
  await audit()
  const approver = await approverOf(t, id)
  await approver.page.goto(`${BASE_URL}/h5/staff/approvals/${id}`)
  for (const term of ['负责人', '负责人部门', '负责人手机号']) await approver.page.getByRole('term').getByText(term, { exact: true }).waitFor()
  assert.equal(await approver.page.getByText(/^被访人/).count(), 0, 'a group visits nobody')
  await decide(approver, id, '同意')
  await page.reload()
  const qr = page.getByRole('img', { name: '团体通行二维码' })
  await qr.waitFor()
  assert.ok(await qr.evaluate((image) => image.naturalWidth > 0))
  await page.getByText('最多可进入 14 人次').waitFor()
  const saved = await page.request.get(`${BASE_URL}${await page.getByRole('link', { name: '保存图片' }).getAttribute('href')}`)
  assert.equal(saved.headers()['content-type'], 'image/png')
  await audit()
  await see('group')
})
