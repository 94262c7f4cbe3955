import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, openBrowser, photo } from './browser.mjs'
import { APPROVER, approverOf, book, cardOf, codeOf, decide, GATE, HOST, ID_NUMBER, passLink, until, visitor } from './campus.mjs'

test('a visitor books, the approver agrees, and the pass opens the gate', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)

  const approver = await approverOf(t, id)
  const desk = approver.page
  await desk.goto(`${BASE_URL}/h5/staff`)
  await desk.getByRole('link', { name: new RegExp(id) }).waitFor()
  await approver.audit()
  await desk.getByRole('link', { name: new RegExp(id) }).click()
  await desk.getByRole('tab', { name: '审批信息' }).waitFor()
  for (const fact of ['单据编号', '提交人', '提交时间', '发起人', '被访人', '被访人部门', '被访人手机号', '申请时间', '访问开始时间']) {
    await desk.getByText(fact, { exact: true }).waitFor()
  }
  assert.equal(await desk.getByText(ID_NUMBER.toUpperCase()).count(), 0, 'an ID number is shown masked')
  await approver.audit()
  await approver.see('approval')
  await desk.getByRole('button', { name: '同意', exact: true }).click()
  await approver.audit()
  await desk.getByRole('button', { name: '确定同意' }).click()
  await desk.locator('.stage', { hasText: '已通过' }).waitFor()
  await desk.getByRole('tab', { name: '审批流程' }).click()
  await desk.getByText('信息中心 审批负责人').waitFor()
  await desk.getByText('已同意').first().waitFor()
  await desk.getByRole('tab', { name: '审批历史' }).click()
  await desk.getByText('提交', { exact: true }).waitFor()
  await desk.getByText('同意', { exact: true }).waitFor()
  assert.equal(await desk.getByRole('button', { name: '同意', exact: true }).count(), 0)
  await desk.goto(`${BASE_URL}/h5/staff?box=done`)
  await desk.getByRole('link', { name: new RegExp(id) }).waitFor()
  await approver.audit()

  const link = await passLink(guest.phone)
  const { page } = guest
  await page.goto(`${BASE_URL}/h5/visits/${id}`)
  await page.getByRole('link', { name: '查看通行凭证' }).click()
  // The page and the SMS lead to the same pass.
  await page.waitForURL(`${BASE_URL}${link}`)
  await page.getByText('可通行').waitFor()
  await page.getByRole('img', { name: '通行二维码' }).waitFor()
  await guest.audit()
  await guest.see('pass')

  const { body, signature_ok } = await control('POST', `/gate/${GATE}/scan`, { v: await codeOf(link) })
  assert.equal(body.r, 'ok', JSON.stringify(body))
  assert.equal(signature_ok, true)
})

test('退回 and 拒绝 want a comment, and what came back is corrected and sent again', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)
  const approver = await approverOf(t, id)
  await approver.page.goto(approver.card.buttons.find(({ text }) => text === '退回').url)
  await approver.page.getByRole('button', { name: '确定退回' }).click()
  await approver.page.getByRole('alert').filter({ hasText: '请填写审批意见' }).waitFor()
  await approver.audit()
  await approver.page.getByRole('textbox', { name: /^审批意见/ }).fill('请补充携带物品')
  await approver.page.getByRole('button', { name: '确定退回' }).click()
  await approver.page.locator('.stage', { hasText: '已退回' }).waitFor()

  const { page } = guest
  await page.goto(`${BASE_URL}/h5/visits/${id}`)
  await page.getByText('请补充携带物品').waitFor()
  await guest.audit()
  await page.getByRole('button', { name: '修改' }).click()
  await page.getByText('退回原因：请补充携带物品').waitFor()
  await page.getByRole('button', { name: new RegExp(`^被访人员 必填 ${HOST}`) }).waitFor()
  await guest.audit()
  await page.getByRole('textbox', { name: /^手机号/ }).fill(guest.phone)
  await page.getByRole('textbox', { name: /^证件号/ }).fill(ID_NUMBER)
  await page.getByRole('textbox', { name: '携带物品' }).fill('笔记本电脑一台')
  await page.getByLabel('证件照 相册').setInputFiles(photo)
  await page.getByText('已上传').waitFor()
  await page.getByRole('button', { name: '重新提交' }).click()
  await page.waitForURL(new RegExp(`/h5/visits/${id}$`))
  await page.getByText('审批中').waitFor()
  await page.getByText('笔记本电脑一台').waitFor()

  const again = await until('a new card', async () => {
    const found = await cardOf(id)
    return found?.card.task_id !== approver.card.task_id && found
  }, 150_000)
  await approver.page.goto(again.card.buttons.find(({ text }) => text === '拒绝').url)
  await approver.page.getByRole('textbox', { name: /^审批意见/ }).fill('当日校园封闭')
  await approver.page.getByRole('button', { name: '确定拒绝' }).click()
  await approver.page.locator('.stage', { hasText: '已拒绝' }).waitFor()
  await page.reload()
  await page.getByText('当日校园封闭').waitFor()
  assert.equal(await page.getByRole('button', { name: '撤销' }).count(), 0)
})

test('a pass of a withdrawn visit says so and what to do', async (t) => {
  const guest = await visitor(t)
  const { page } = guest
  const id = await book(guest)
  const approver = await approverOf(t, id)
  await decide(approver, id, '同意')
  const link = await passLink(guest.phone)
  await page.goto(`${BASE_URL}/h5/visits/${id}`)
  await page.getByRole('button', { name: '撤销' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.stage', { hasText: '已撤销' }).waitFor()
  await page.goto(`${BASE_URL}${link}`)
  await page.getByText('已失效').waitFor()
  await page.getByText('该预约已撤销，凭证随之失效').waitFor()
  await page.getByRole('button', { name: '再次预约' }).waitFor()
  assert.equal(await page.getByRole('img').count(), 0, 'no code is shown')
  await guest.audit()
})

test('a member of staff logs out, and the way back goes through WeCom', async (t) => {
  const { page, context, audit } = await openBrowser(t)
  await context.addCookies([{ name: 'sandbox_staff', value: APPROVER, url: BASE_URL }])
  await page.goto(`${BASE_URL}/h5/staff`)
  await page.getByRole('tab', { name: '已处理' }).waitFor()
  await page.getByRole('button', { name: '退出登录' }).click()
  await page.getByRole('heading', { name: '已退出登录' }).waitFor()
  await audit()
  const answer = await page.request.get(`${BASE_URL}/api/staff/approvals?box=todo`)
  assert.equal(answer.status(), 401)
  await page.getByRole('button', { name: '重新登录' }).click()
  await page.getByRole('tab', { name: '已处理' }).waitFor()
})

test('who is asked about nothing has an empty desk, and finds no application of others', async (t) => {
  const { page, context, audit } = await openBrowser(t)
  await context.addCookies([{ name: 'sandbox_staff', value: 'wangqiang', url: BASE_URL }])
  await page.goto(`${BASE_URL}/h5/staff`)
  await page.getByText('暂无待处理的申请').waitFor()
  await audit()
  await page.goto(`${BASE_URL}/h5/staff/approvals/1628957678243860481`)
  await page.getByText('没有找到该申请').waitFor()
  await audit()
})
