import assert from 'node:assert/strict'
import test from 'node:test'
import { control } from './browser.mjs'
import { approverOf, codeOf, countdown, decide, passLink, until } from './campus.mjs'
import { agree, bookByMini, choosePhoto, fillPerson, holder, inviteByMini, keptByMini } from './mini.mjs'

/** A resident of the seed, and the device at the gate of their quarter. */
const RESIDENT = { name: '王建国', phone: '13900000101', house: '３栋2单元 501室' }
const QUARTER_GATE = 'G02'

test('a booking with companions is shared to a friend, who accepts, and the code brings the next one too late', async (t) => {
  const first = await holder(t)
  const { page } = first
  const { id, path, title } = await inviteByMini(first, 2)
  await page.getByText('已生成邀请链接').first().waitFor()
  await page.getByRole('timer').filter({ hasText: countdown(120) }).waitFor()
  await page.getByRole('heading', { name: '受邀人员 (1/2)' }).waitFor()
  await page.getByText('邀请时间失效或随行人员已满则自动提交，待审批后生效').waitFor()
  assert.equal(title, '张三丰邀请您来访，请填写信息')
  assert.match(path, /^\/pages\/invitation\/invitation\?token=[\w-]{22}$/)
  assert.equal(await page.evaluate(() => globalThis.canShare), true)
  await page.locator('.toast').waitFor({ state: 'detached' })
  await first.audit()
  await first.see('mini-invitation')
  await page.getByRole('button', { name: '分享二维码' }).click()
  const picture = page.getByRole('img', { name: '邀请二维码' })
  await until('the picture', () => picture.evaluate((image) => image.naturalWidth > 100))
  await first.audit()
  await page.getByRole('button', { name: '保存图片' }).click()
  await page.getByText('已保存到相册').waitFor()
  await page.getByRole('button', { name: '关闭', exact: true }).click()

  await page.getByRole('button', { name: '延长' }).click()
  await page.getByRole('textbox', { name: '延长时长' }).fill('99999')
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByRole('textbox', { name: '延长时长' }).fill('60')
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('timer').filter({ hasText: countdown(180) }).waitFor()

  const friend = await holder(t)
  await friend.open(path)
  await friend.page.getByRole('heading', { name: '邀请信息' }).waitFor()
  await friend.page.getByText('张**', { exact: true }).waitFor()
  await friend.audit()
  await fillPerson(friend, { name: '李小红', idNumber: 'E12345678' })
  await friend.page.getByRole('button', { name: '接受邀请' }).click()
  await friend.page.getByText('已接受邀请').waitFor()
  await friend.page.locator('.stage:visible', { hasText: '审批中' }).waitFor()
  assert.equal(await friend.page.getByRole('button', { name: '再填一位' }).count(), 0)
  await friend.audit()
  // The initiator's page looks again by itself.
  await page.locator('.stage:visible', { hasText: '审批中' }).waitFor({ timeout: 15_000 })
  assert.equal(await page.evaluate(() => globalThis.canShare), false)

  const late = await holder(t)
  await late.open(path.replace('token=', 'scene='))
  await late.page.getByText('名额已满').waitFor()
  assert.equal(await late.page.getByRole('button', { name: '接受邀请' }).count(), 0)
  await late.audit()

  await agree(id)
  for (const { phone } of [first, friend]) assert.ok(await passLink(phone))
})

test('an empty place is closed and an invitation withdrawn, after a question', async (t) => {
  const guest = await holder(t)
  const { page } = guest
  await inviteByMini(guest, 4)
  await page.getByRole('button', { name: '关闭一个名额' }).click()
  await page.getByRole('button', { name: '取消' }).click()
  await page.getByRole('heading', { name: '受邀人员 (1/4)' }).waitFor()
  await page.getByRole('button', { name: '关闭一个名额' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByRole('heading', { name: '受邀人员 (1/3)' }).waitFor()
  await page.getByRole('button', { name: '撤销' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.stage:visible', { hasText: '已撤销' }).waitFor()
})

test('a visitor registers with a resident and stands in the records; the SMS brings the pass', async (t) => {
  const guest = await holder(t)
  const { page, phone } = guest
  await guest.open('/pages/register/register')
  await page.getByRole('button', { name: '提交' }).click()
  await page.getByText('请输入住户姓名', { exact: true }).waitFor()
  await page.locator('.toast').waitFor({ state: 'detached' })
  await guest.audit()
  await page.getByRole('textbox', { name: '住户姓名', exact: true }).fill(RESIDENT.name)
  await page.getByRole('textbox', { name: '住户姓名 手机号码' }).fill(RESIDENT.phone)
  await page.getByRole('textbox', { name: '门牌号' }).fill(RESIDENT.house)
  await page.getByRole('textbox', { name: '访客姓名' }).fill('张三丰')
  await page.getByRole('textbox', { name: '手机号码', exact: true }).fill(phone)
  await page.getByRole('checkbox', { name: /我同意采集人脸照/ }).click()
  await choosePhoto(page, '人脸照')
  await page.getByText('已上传').waitFor()
  await guest.see('mini-register')
  await page.getByRole('button', { name: '提交' }).click()
  await page.getByRole('heading', { name: '登记详情' }).waitFor()
  await page.getByText('3-2-501', { exact: true }).waitFor()
  await page.locator('.toast').waitFor({ state: 'detached' })
  await guest.audit()
  await page.getByRole('button', { name: '返回' }).click()
  await page.getByRole('link').filter({ hasText: '王建国 3-2-501' }).waitFor()
  const link = await passLink(phone)
  const { body } = await control('POST', `/gate/${QUARTER_GATE}/scan`, { v: await codeOf(link) })
  assert.equal(body.r, 'ok', JSON.stringify(body))

  // The consent is taken back where the pass is shown, and stays among what was agreed to.
  await guest.open(link.replace('/p/', '/pages/pass/pass?token='))
  const withdraw = page.getByRole('button', { name: '撤回同意并删除人脸照' })
  await withdraw.click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByText('已删除').waitFor()
  await withdraw.waitFor({ state: 'detached' })
  await guest.open('/pages/mine/mine')
  await page.getByRole('heading', { name: '同意记录' }).waitFor()
  await page.getByText('撤回时间').waitFor()
  await guest.audit()
})

test('a visit that came back is corrected and sent again', async (t) => {
  const guest = await holder(t)
  const { page } = guest
  const id = await bookByMini(guest)
  await decide(await approverOf(t, id), id, '退回', '请补充携带物品')
  await until('the return', async () => {
    await guest.open(`/pages/visit/visit?id=${id}`)
    return page.getByText('请补充携带物品').waitFor({ timeout: 2000 }).then(() => true, () => false)
  })
  await page.getByRole('button', { name: '修改后重新提交' }).click()
  await page.getByText('退回原因：请补充携带物品').waitFor()
  await page.getByText('证件号和照片不回显').waitFor()
  await until('the draft', async () => (await page.getByRole('textbox', { name: '姓名' }).inputValue()) === '张三丰')
  await guest.audit()
  await fillPerson(guest)
  await page.getByRole('textbox', { name: '携带物品' }).fill('笔记本电脑一台')
  await page.getByRole('button', { name: '重新提交' }).click()
  await page.locator('.stage:visible', { hasText: '审批中' }).waitFor()
  await page.getByText('笔记本电脑一台').waitFor()
})

test('what is kept of me is shown, taken along and given up, and nothing stays on the phone', async (t) => {
  const guest = await holder(t)
  const { page } = guest
  await bookByMini(guest)
  await guest.open('/pages/mine/mine')
  await page.getByText(guest.phone).waitFor()
  await page.getByText('预约和登记 1 条').waitFor()
  await guest.audit()
  await guest.see('mini-mine')
  await page.getByRole('button', { name: '导出我的数据' }).click()
  await page.getByText('数据已复制').waitFor()
  const own = JSON.parse(await page.evaluate(() => globalThis.copied))
  assert.equal(own.account.phone, guest.phone)
  // The server refuses, since the visit rests on it, and says why.
  await page.getByRole('button', { name: '撤回证件照' }).click()
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByText('该证件照已用于申请，不能删除').waitFor()
  await page.getByRole('button', { name: '注销' }).click()
  await page.getByRole('textbox', { name: '请输入“注销”以确认' }).fill('好')
  await page.getByRole('button', { name: '确定' }).click()
  await page.locator('.toast', { hasText: '请输入“注销”以确认' }).waitFor()
  await page.getByRole('button', { name: '注销' }).click()
  await page.getByRole('textbox', { name: '请输入“注销”以确认' }).fill('注销')
  await page.getByRole('button', { name: '确定' }).click()
  await page.getByText('本机上的登录已结束').waitFor()
  assert.deepEqual(await keptByMini(page), {})
  await guest.audit()
  // Who logs in again is somebody new.
  await page.getByRole('button', { name: '重新登录' }).click()
  await page.getByText('预约和登记 0 条').waitFor()
  assert.equal(await page.getByText(guest.phone).count(), 0)
})
