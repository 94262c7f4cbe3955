// What whoever began a visit does with it afterwards, and what only an administrator is shown.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { BASE_URL, photo } from './browser.mjs'
import { accept, codeOf, passLink, readCode, someNumber, until, visitor } from './campus.mjs'
import { ADMINISTRATOR, AT_HOME, DECIDES, ask, choose, desk, someIdNumber } from './desk.mjs'

/** Tomorrow on campus, whatever the hour is here. */
const day = () => new Date(Date.now() + 32 * 3_600_000).toISOString().slice(0, 10)

async function plan(page) {
  const [[area], [reason]] = await Promise.all(['areas', 'reasons'].map(async (noun) => (await ask(page, 'GET', `/api/${noun}`)).body))
  return { area: area.id, reason: reason.id, starts_at: `${day()}T09:00:00+08:00`, ends_at: `${day()}T18:00:00+08:00` }
}

/** A group of the one at the desk. */
async function apply(page, headcount) {
  const contact = { name: '李四', phone: someNumber() }
  const form = { ...(await plan(page)), headcount, contact, plates: ['渝A12345'], note: '技能大赛' }
  const { status, body } = await ask(page, 'POST', '/api/staff/groups', form)
  assert.equal(status, 201, JSON.stringify(body))
  return body.id
}

async function decide(page, id, how, comment = '') {
  const { status, body } = await ask(page, 'POST', `/api/staff/approvals/${id}/${how}`, { comment })
  assert.equal(status, 200, JSON.stringify(body))
}

const record = (page) => page.getByRole('dialog', { name: '访客申请单' })

test('a returned group is mended by who began it, from the console, and waits again with what it says now', async (t) => {
  const [{ page, audit, see }, approver] = [await desk(t, AT_HOME, '/admin/groups'), await desk(t, DECIDES)]
  const id = await apply(page, 500)
  await decide(approver.page, id, 'return', '人数过多，请分批来访')
  // Whoever decides about it did not begin it.
  await approver.page.goto(`${BASE_URL}/admin/groups?open=${id}`)
  await record(approver.page).getByText('已退回').first().waitFor()
  assert.equal(await record(approver.page).getByRole('button', { name: '修改并重新提交' }).count(), 0)

  await page.goto(`${BASE_URL}/admin/groups?open=${id}`)
  await record(page).getByRole('button', { name: '修改并重新提交' }).click()
  await page.getByRole('heading', { name: '修改申请' }).waitFor()
  await page.getByText('退回意见：人数过多，请分批来访').waitFor()
  const field = (name) => page.getByRole('textbox', { name })
  await until('the form as it was', async () => (await field('总人数').inputValue()) === '500')
  assert.equal(await field(/联系人$/).inputValue(), '李四')
  assert.equal(await field('来访描述').inputValue(), '技能大赛')
  await page.getByText('来访车辆（1）').waitFor()
  await field('总人数').fill('200')
  await page.getByRole('button', { name: '重新提交' }).click()
  await page.locator('.el-form-item__error').waitFor()
  await audit()
  await see('console-correct')
  await field('联系人手机号').fill(someNumber())
  await page.getByRole('button', { name: '重新提交' }).click()
  await page.waitForURL(`${BASE_URL}/admin/groups?open=${id}`)
  await record(page).getByText('审批中').first().waitFor()
  const { body } = await ask(page, 'GET', `/api/staff/groups/${id}`)
  assert.deepEqual([body.stage, body.group.headcount, body.group.plates, body.note], ['pending', 200, ['渝A12345'], '技能大赛'])
  // What waits has nothing to mend: its form leads to the record.
  await page.goto(`${BASE_URL}/admin/groups/${id}/correct`)
  await page.waitForURL(`${BASE_URL}/admin/groups?open=${id}`)
})

/** A picture of a document, given by the one at the desk. */
const givePicture = (page) =>
  page.evaluate(async (picture) => {
    const form = new FormData()
    form.append('kind', 'id_card')
    form.append('file', new Blob([Uint8Array.from(atob(picture), (c) => c.charCodeAt(0))], { type: 'image/png' }), 'photo.png')
    return (await (await fetch('/api/staff/photos', { method: 'POST', body: form })).json()).id
  }, photo.buffer.toString('base64'))

test('a returned application for others is mended from the console, and taken back when it was approved', async (t) => {
  const [{ page, audit }, approver] = [await desk(t, AT_HOME, '/admin/visits'), await desk(t, DECIDES)]
  const visitor = { name: '唐僧', phone: someNumber(), id_number: someIdNumber(), id_photo: await givePicture(page) }
  const { body } = await ask(page, 'POST', '/api/staff/proxies', { ...(await plan(page)), visitors: [visitor] })
  const id = body.id
  await decide(approver.page, id, 'return', '事由有误')
  await page.goto(`${BASE_URL}/admin/visits?open=${id}`)
  await record(page).getByRole('button', { name: '修改并重新提交' }).click()
  await page.getByText('退回意见：事由有误').waitFor()
  await choose(page, '来访事由', '讲座会议')
  await page.getByRole('textbox', { name: '来访描述' }).fill('取经')
  await audit()
  await page.getByRole('button', { name: '重新提交' }).click()
  await page.waitForURL(`${BASE_URL}/admin/visits?open=${id}`)
  await record(page).getByText('审批中').first().waitFor()
  await record(page).getByText('取经').waitFor()
  await record(page).getByText('讲座会议').waitFor()
  await decide(approver.page, id, 'approve')
  const link = await passLink(visitor.phone)
  await page.reload()
  await record(page).getByRole('button', { name: '撤销申请' }).click()
  await audit()
  await page.getByRole('dialog', { name: '撤销申请' }).getByRole('button', { name: '确定' }).click()
  await record(page).getByText('已撤销').first().waitFor()
  assert.equal(await record(page).getByRole('button', { name: '撤销申请' }).count(), 0)
  assert.equal(await codeOf(link), null, 'its pass opens nothing')
})

test('a returned invitation is mended by who invited, keeps who accepted, and is approved with what it says now', async (t) => {
  const [{ page, audit }, approver] = [await desk(t, AT_HOME, '/admin/visits'), await desk(t, DECIDES)]
  const guest = await visitor(t)
  const { status, body } = await ask(page, 'POST', '/api/staff/invitations', { ...(await plan(page)), capacity: 2 })
  assert.equal(status, 201, JSON.stringify(body))
  const { id, invitation } = body
  await page.goto(`${BASE_URL}/admin/visits?open=${id}`)
  await record(page).getByText('受邀人员 (0/2)').waitFor()
  assert.equal(await record(page).getByRole('button', { name: '修改并重新提交' }).count(), 0, 'nothing came back yet')
  await accept(guest, invitation.link, { name: '白骨精', idNumber: someIdNumber() })
  await page.reload()
  await record(page).getByText('受邀人员 (1/2)').waitFor()
  await record(page).getByRole('button', { name: '提前提交' }).click()
  await page.getByRole('dialog', { name: '提前提交' }).getByRole('button', { name: '确定' }).click()
  await record(page).getByText('审批中').first().waitFor()
  await decide(approver.page, id, 'return', '请改到次日下午')

  await page.reload()
  await record(page).getByText('请改到次日下午', { exact: true }).waitFor()
  assert.equal(await record(page).getByRole('img', { name: '邀请二维码' }).count(), 0, 'its link invites nobody any more')
  await audit()
  await record(page).getByRole('button', { name: '修改并重新提交' }).click()
  await page.getByRole('heading', { name: '修改申请' }).waitFor()
  await page.getByText('退回意见：请改到次日下午').waitFor()
  await page.getByText('访客信息保持不变。').waitFor()
  const times = page.getByRole('combobox', { name: '到访时间' })
  assert.deepEqual(await times.evaluateAll((both) => both.map(({ value }) => value)), [`${day()} 09:00:00`, `${day()} 18:00:00`])
  await times.first().fill(`${day()} 14:00:00`)
  await times.first().press('Enter')
  await page.getByRole('textbox', { name: '来访描述' }).fill('改到下午')
  await audit()
  await page.getByRole('button', { name: '重新提交' }).click()
  await page.waitForURL(`${BASE_URL}/admin/visits?open=${id}`)
  await record(page).getByText('审批中').first().waitFor()
  await record(page).getByText('改到下午').waitFor()
  await record(page).getByText(`${day()} 14:00:00`).waitFor()
  await record(page).getByText('访客信息（1人）').waitFor()
  await record(page).getByText('白骨精').waitFor()
  await decide(approver.page, id, 'approve')
  assert.notEqual(await codeOf(await passLink(guest.phone)), undefined, 'who had accepted gets a pass')
})

test('an administrator is shown the pass of any group and takes its QR, and stands in the audit with both', async (t) => {
  const [host, approver] = [await desk(t, AT_HOME, '/admin/groups'), await desk(t, DECIDES)]
  const id = await apply(host.page, 14)
  await decide(approver.page, id, 'approve')
  await approver.page.goto(`${BASE_URL}/admin/groups?open=${id}`)
  await record(approver.page).getByText('通行凭证仅发起人和访客管理员可以查看。').waitFor()
  assert.equal((await ask(approver.page, 'GET', `/api/admin/groups/${id}/pass`)).status, 403)

  const { page, audit, see } = await desk(t, ADMINISTRATOR, `/admin/groups?open=${id}`)
  const picture = record(page).getByRole('img', { name: '团体通行二维码' })
  await record(page).getByText('查看和下载都会记入审计。').waitFor()
  assert.equal(await picture.count(), 0, 'not before it is asked for')
  await record(page).getByRole('button', { name: '查看通行凭证' }).click()
  await until('the picture', () => picture.evaluate((image) => image.naturalWidth > 100))
  const { code } = (await ask(host.page, 'GET', `/api/staff/groups/${id}/pass`)).body.pass
  assert.equal(await readCode(picture), code)
  await audit()
  await see('console-group-pass-admin')
  const coming = page.waitForEvent('download')
  await record(page).getByRole('link', { name: /PNG/ }).click()
  const png = await readFile(await (await coming).path())
  assert.equal(png.subarray(1, 4).toString(), 'PNG')
  await page.goto(`${BASE_URL}/admin/audit?subject=visit:${id}`)
  for (const what of ['查看团体通行凭证', '下载团体通行凭证']) await page.getByRole('row').filter({ hasText: what }).getByText('周*').waitFor()
})
