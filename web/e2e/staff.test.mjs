import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL } from './browser.mjs'
import { approverOf, book, member, until, visitor } from './campus.mjs'

test('the four lists are counted and searched, and the search survives the way back', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)
  const approver = await approverOf(t, id)
  const { page } = approver
  await page.goto(`${BASE_URL}/h5/staff`)
  await page.getByRole('tab', { name: /^待处理 \d/ }).waitFor()
  for (const name of ['已处理', '抄送我', '我发起']) await page.getByRole('tab', { name }).waitFor()
  await approver.see('staff')
  const box = page.getByRole('searchbox', { name: /姓名、手机号/ })
  await box.fill(guest.phone)
  await page.getByRole('button', { name: '搜索' }).click()
  await page.getByRole('link', { name: new RegExp(id) }).waitFor()
  assert.equal(await page.getByRole('link', { name: /单据号/ }).count(), 1, 'the phone is one visitor’s')
  await approver.audit()
  await page.getByRole('link', { name: new RegExp(id) }).click()
  await page.getByRole('tab', { name: '审批信息' }).waitFor()
  await page.goBack()
  await page.getByRole('link', { name: new RegExp(id) }).waitFor()
  assert.equal(await box.inputValue(), guest.phone)
  await box.fill('13800009999')
  await page.keyboard.press('Enter')
  await page.getByText('没有符合条件的申请').waitFor()
  await approver.audit()
})

test('an approver who is away puts a colleague in their place, who decides, and takes it back', async (t) => {
  // The department of no other story, whose cards would go astray.
  const away = await member(t, 'zhaomin')
  const { page } = away
  await page.goto(`${BASE_URL}/h5/staff`)
  await page.getByRole('link', { name: '审批委托' }).click()
  await page.getByRole('heading', { name: '审批委托' }).waitFor()
  await page.getByRole('button', { name: '确定委托' }).click()
  await page.getByText('请选择受托人').waitFor()
  await away.audit()
  await page.getByRole('button', { name: /^受托人/ }).click()
  await page.getByRole('textbox').fill('刘明')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^刘明 ·/ }).click()
  await page.getByRole('button', { name: '确定委托' }).click()
  await page.getByText('委托已生效').waitFor()
  // It fades as it goes, which no contrast survives.
  await page.getByText('委托已生效').waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: '结束委托' }).waitFor()
  await away.audit()
  await away.see('delegation')

  const guest = await visitor(t)
  const id = await book(guest, async () => {}, '王强')
  const deputy = await member(t, 'liuming')
  const list = `${BASE_URL}/h5/staff?q=${id}`
  await until('the deputy has it', async () => {
    await deputy.page.goto(list)
    return deputy.page.getByRole('link', { name: new RegExp(id) }).waitFor({ timeout: 3000 }).then(() => true, () => false)
  })
  await deputy.page.getByRole('link', { name: new RegExp(id) }).click()
  await deputy.page.getByRole('button', { name: '同意', exact: true }).click()
  await deputy.page.getByRole('button', { name: '确定同意' }).click()
  await deputy.page.locator('.stage', { hasText: '已通过' }).waitFor()
  await deputy.page.getByRole('tab', { name: '审批历史' }).click()
  await deputy.page.getByText('刘明（代赵敏）').waitFor()
  await deputy.audit()

  await page.getByRole('button', { name: '结束委托' }).click()
  await page.getByText('暂无委托').first().waitFor()
})
