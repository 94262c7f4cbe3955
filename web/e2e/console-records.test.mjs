import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control } from './browser.mjs'
import { GATE, book, codeOf, passLink, someNumber, until, visitor } from './campus.mjs'
import { ADMINISTRATOR, DECIDES, ask, choose, desk } from './desk.mjs'

test('an application is read and approved from the console', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)
  const { page, audit, see } = await desk(t, DECIDES, `/admin/visits?open=${id}`)
  const record = page.getByRole('dialog', { name: '访客申请单' })
  await record.getByText('审批中').first().waitFor()
  await record.getByRole('img', { name: '证件照' }).waitFor()
  await audit()
  await see('console-visits-record')
  assert.equal(await record.getByRole('button', { name: '查看手机号' }).count(), 0, 'only an administrator may look')
  await record.getByRole('tab', { name: '审批流程' }).click()
  await record.getByText('待审批').waitFor()
  await record.getByRole('button', { name: '拒绝' }).click()
  const dialog = page.getByRole('dialog', { name: '拒绝' })
  await dialog.getByRole('button', { name: '确定拒绝' }).click()
  await dialog.getByText(/审批意见|说明/).last().waitFor()
  await dialog.getByRole('button', { name: '取消' }).click()
  await record.getByRole('button', { name: '同意' }).click()
  await page.getByRole('dialog', { name: '同意' }).getByRole('button', { name: '确定同意' }).click()
  await record.getByText('已通过').first().waitFor()
  assert.equal(await record.getByRole('button', { name: '同意' }).count(), 0)
  await record.getByRole('tab', { name: '审批历史' }).click()
  await record.getByRole('tabpanel', { name: '审批历史' }).getByText(/陈静/).waitFor()
  await passLink(guest.phone)
  await audit()
})

test('whoever looks at a masked value stands in the audit', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)
  const { page, audit } = await desk(t, ADMINISTRATOR, `/admin/visits?open=${id}`)
  const record = page.getByRole('dialog', { name: '访客申请单' })
  await record.getByRole('button', { name: '查看手机号' }).waitFor()
  assert.equal(await record.getByText(guest.phone).count(), 0)
  await record.getByRole('button', { name: '查看手机号' }).click()
  await record.getByText(guest.phone).waitFor()
  await page.reload()
  await record.getByRole('button', { name: '查看手机号' }).waitFor()
  assert.equal(await record.getByText(guest.phone).count(), 0, 'it was shown once')
  await page.goto(`${BASE_URL}/admin/audit?what=reveal.visitor_phone`)
  const line = page.getByRole('row').filter({ hasText: '查看访客手机号' }).first()
  await line.getByText('周*').waitFor()
  await line.getByRole('button', { name: '详情' }).click()
  await page.getByRole('dialog', { name: '查看访客手机号' }).waitFor()
  await audit()
  assert.equal(await page.getByText(guest.phone).count(), 0, 'the audit does not repeat it')
})

test('the audit shows what was there before and after', async (t) => {
  const { page, audit } = await desk(t, ADMINISTRATOR, '/admin/audit')
  await page.getByRole('heading', { name: '审计' }).waitFor()
  const changed = await page.evaluate(async () => {
    const { items } = await (await fetch('/api/admin/reasons')).json()
    const reason = items.at(-1)
    const form = { name: reason.name, open: true, revision: reason.revision }
    const put = (body) => fetch(`/api/admin/reasons/${reason.id}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const once = await (await put({ ...form, open: false })).json()
    return (await put({ ...form, revision: once.revision })).status
  })
  assert.equal(changed, 200)
  await page.goto(`${BASE_URL}/admin/audit?what=reason.set`)
  await page.getByRole('button', { name: '详情' }).first().click()
  const record = page.getByRole('dialog', { name: '修改来访事由' })
  await record.getByRole('row', { name: '启用 否 是' }).waitFor()
  await audit()
})

test('the audit says in the words of the pages what was done, and of an export what left unmasked', async (t) => {
  const { page, audit } = await desk(t, ADMINISTRATOR, '/admin/blacklist')
  const phone = someNumber()
  const entry = { kind: 'phone', value: phone, effect: 'review', cause: '核查' }
  assert.equal((await ask(page, 'POST', '/api/admin/blacklist', entry)).status, 201)
  await page.getByRole('button', { name: '导出' }).click()
  const dialog = page.getByRole('dialog', { name: '导出访客黑名单' })
  await dialog.getByRole('checkbox').check()
  const coming = page.waitForEvent('download')
  await dialog.getByRole('button', { name: '导出' }).click()
  await coming
  const line = async (what) => {
    await page.goto(`${BASE_URL}/admin/audit?what=${what}`)
    const row = page.getByRole('row').filter({ has: page.getByRole('button', { name: '详情' }) }).first()
    const said = await row.innerText()
    await row.getByRole('button', { name: '详情' }).click()
    await page.getByRole('dialog').waitFor()
    await audit()
    return said
  }
  const masked = `${phone.slice(0, 3)}****${phone.slice(-4)}`
  assert.match(await line('blacklist.export'), /导出黑名单\s+黑名单\s+行数：\d+；未脱敏内容：姓名\s/)
  const added = await line('blacklist.add')
  assert.ok(added.includes(`类型：手机号；号码或姓名：${masked}；处置方式：重点核查；撤销凭证数：0`), added)
  await page.getByRole('dialog', { name: '加入黑名单' }).getByText(masked).waitFor()
})

test('who is put on the blacklist loses their passes, and comes off it again', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)
  const approver = await desk(t, DECIDES, `/admin/visits?open=${id}`)
  await approver.page.getByRole('button', { name: '同意' }).click()
  await approver.page.getByRole('button', { name: '确定同意' }).click()
  const link = await passLink(guest.phone)
  // While it is good: a revoked pass shows no code.
  const code = await codeOf(link)
  const { page, audit } = await desk(t, ADMINISTRATOR, '/admin/blacklist')
  await page.getByRole('button', { name: '加入黑名单' }).click()
  const dialog = page.getByRole('dialog', { name: '加入黑名单' })
  await dialog.getByRole('button', { name: '加入黑名单' }).click()
  await dialog.locator('.is-error').first().waitFor()
  await audit()
  await choose(dialog, '类型', '手机号')
  await dialog.getByRole('textbox', { name: '号码或姓名' }).fill(guest.phone)
  await dialog.getByRole('textbox', { name: '列入原因' }).fill('扰乱秩序')
  await dialog.getByRole('button', { name: '加入黑名单' }).click()
  await page.getByText('撤销了 1 张通行凭证').waitFor()
  const state = async () => (await (await fetch(`${BASE_URL}/api${link.replace('/p/', '/passes/')}`)).json()).state
  assert.equal(await state(), 'revoked')
  await page.getByRole('textbox', { name: '号码或姓名' }).fill(guest.phone)
  await page.getByRole('button', { name: '查询' }).click()
  const line = page.getByRole('row').filter({ hasText: '扰乱秩序' })
  await line.getByText('生效中').waitFor()
  assert.equal(await page.getByText(guest.phone).count(), 0, 'what was typed is not shown again')
  await line.getByRole('button', { name: '移出' }).click()
  await page.getByRole('dialog', { name: '移出' }).getByRole('button', { name: '确定' }).click()
  await line.getByText('已移出').waitFor()
  // The gate was asked with the revoked pass, and 通行记录 says what it answered.
  await control('POST', `/gate/${GATE}/scan`, { v: code })
  await until('the passage', async () => {
    await page.goto(`${BASE_URL}/admin/passages?device=${GATE}&reason=revoked`)
    await page.getByRole('columnheader', { name: '通行时间' }).waitFor()
    return page.getByRole('row').filter({ hasText: '未开' }).first().isVisible()
  })
  await page.getByRole('row').filter({ hasText: '凭证已撤销' }).first().waitFor()
  await audit()
})

test('a visit leads to what was told about it, with its receipts', async (t) => {
  const guest = await visitor(t)
  // Whose approver is told of no other story's visits: a member is told only so much in a minute.
  const id = await book(guest, undefined, '王强')
  const { page, audit } = await desk(t, ADMINISTRATOR, `/admin/messages?visit=${id}`)
  const line = page.getByRole('row').filter({ hasText: '待审批' })
  await until('the message', async () => {
    await page.getByRole('button', { name: '查询' }).click()
    return line.first().getByText('已发送').isVisible()
  })
  await line.first().getByRole('button', { name: '详情' }).click()
  const record = page.getByRole('dialog', { name: '待审批' })
  await record.getByText(/已受理|已送达/).first().waitFor()
  await audit()
  await record.getByRole('link', { name: id }).click()
  await page.getByRole('dialog', { name: '访客申请单' }).getByText(id).waitFor()
})

test('what could not be delivered is sent again, as far as the server takes it', async (t) => {
  const guest = await visitor(t)
  const id = await book(guest)
  const { page, audit } = await desk(t, ADMINISTRATOR, '/admin/visits')
  // Every story's messages arrive, so this one is told to have failed by the list alone.
  await page.route(/\/api\/admin\/messages\?/, async (route) => {
    const answer = await route.fetch()
    const { items, next } = await answer.json()
    await route.fulfill({ response: answer, json: { items: items.map((item) => ({ ...item, state: 'dead', error: 'refused' })), next } })
  })
  await page.goto(`${BASE_URL}/admin/messages?visit=${id}`)
  await page.getByRole('row').filter({ hasText: '未送达' }).first().getByRole('button', { name: '详情' }).click()
  await page.getByRole('button', { name: '重新发送' }).waitFor()
  await audit()
  const asked = page.waitForResponse(/\/api\/admin\/messages\/\d+\/resend$/)
  await page.getByRole('button', { name: '重新发送' }).click()
  const answer = await asked
  assert.equal(answer.status(), 409)
  await page.getByText((await answer.json()).detail).waitFor()
})
