import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL, control, openBrowser } from './browser.mjs'
import { cardOnDesk, fillBooking, fillPerson, passLink, pick, someNumber, until } from './campus.mjs'

/** The sandbox's page with its three devices; the visitor's is a new person's, by the name of `nickname`. */
async function table(t, nickname, { width = 1440, height = 1120 } = {}) {
  const browser = await openBrowser(t, { width, height })
  const { page } = browser
  const region = (name) => page.getByRole('region', { name, exact: true })
  await page.goto(`${BASE_URL}/sandbox`)
  const phone = region('访客的手机')
  const number = someNumber()
  if (nickname) {
    await phone.getByLabel('微信昵称').fill(nickname)
    await phone.getByRole('button', { name: '添加人物' }).click()
    // Until then the one before holds the phone.
    await until('the new one', async () => (await phone.getByLabel('微信昵称').inputValue()) === '')
    await phone.getByRole('button', { name: '便捷CIPC' }).waitFor()
    await phone.getByLabel('本机号码').fill(number)
  }
  const web = phone.frameLocator('iframe')
  return { ...browser, phone, web, number, desk: region('教职工的企业微信'), gate: region('门禁'), log: region('往来记录') }
}

/** Presses 同意 on the card of a visit, wherever it lies. */
async function agreeOn(desk, visit) {
  const { userid } = await cardOnDesk(visit)
  await desk.getByLabel('成员').selectOption(userid)
  const card = desk.getByRole('article').filter({ hasText: visit })
  await card.getByRole('button', { name: '同意' }).click()
  await card.getByRole('button', { name: '同意' }).waitFor({ state: 'detached' })
}

async function openPass({ phone, web }, link) {
  await phone.getByRole('tab', { name: '短信' }).click()
  await phone.getByRole('link', { name: new RegExp(link) }).click()
  await web.getByText('可通行').waitFor()
  await web.getByRole('img', { name: '通行二维码' }).waitFor()
}

async function scanScreen(gate, device, lamp) {
  await gate.getByLabel('设备').selectOption(device)
  // A reader that gets no verdict from a busy machine reads again.
  await until('a verdict', async () => {
    await gate.getByRole('button', { name: '扫屏幕上的码' }).click()
    const shown = gate.getByText(/^(开门|拒绝|未能判断)$/)
    await shown.waitFor()
    return (await shown.textContent()) !== '未能判断'
  })
  await gate.getByText(lamp, { exact: true }).waitFor()
  await gate.getByText('应答签名正确').waitFor()
}

/** The 单据号 of the visit that a page shows. */
const numberOn = (web) => web.locator('dd', { hasText: /^\d{15,}$/ }).textContent()

test('the whole story is told on the sandbox page: menu, booking, card, SMS, in by the gate and out', async (t) => {
  const place = await table(t, '张小雨')
  const { page, audit, see, phone, web, desk, gate, number } = place
  await phone.getByRole('button', { name: '便捷CIPC' }).click()
  await phone.getByRole('button', { name: '重工校园通' }).click()
  // The first stands in the welcome, the second answers the tap.
  const booking = phone.getByRole('link', { name: '访客预约' }).nth(1)
  await booking.waitFor()
  await audit()
  await booking.click()

  // Of another department than the other stories, whose cards would lie on the same desk.
  await fillBooking(web, { phone: number, name: '张小雨', host: '王强' })
  await web.getByRole('button', { name: '发起单人预约' }).click()
  await web.getByText('审批中').waitFor()
  await agreeOn(desk, await numberOn(web))
  await audit()

  const link = await passLink(number)
  await openPass(place, link)
  await scanScreen(gate, 'G01', '开门')
  await desk.getByRole('article').last().scrollIntoViewIfNeeded()
  await see('sandbox')
  await scanScreen(gate, 'G03', '开门')
  await scanScreen(gate, 'G02', '拒绝')
  await gate.getByText('不在允许的区域或时段').waitFor()

  // On paper, as in the SMS's link: the code that does not change.
  await gate.getByLabel('设备').selectOption('G01')
  await gate.getByLabel('或从短信中选取').selectOption(link.slice('/p/'.length))
  await until('the code', () => gate.getByLabel('码的内容').inputValue())
  await gate.getByRole('button', { name: '识读' }).click()
  await gate.getByText('开门', { exact: true }).waitFor()
  await gate.getByLabel('码的内容').fill('NOT-A-PASS')
  await gate.getByRole('button', { name: '识读' }).click()
  await gate.getByText('拒绝', { exact: true }).waitFor()
  await gate.getByLabel('识读方式').selectOption('人脸')
  await gate.getByLabel('访客编号').fill('1')
  await gate.getByRole('button', { name: '识读' }).click()
  await gate.getByText('查无此凭证').waitFor()
  await page.getByRole('region', { name: '往来记录' }).first().getByText('POST').first().waitFor()
  await audit()
  assert.ok((await control('GET', '/log')).length > 0)
})

test('a host invites on their WeCom, the guest opens what was sent, and their car’s plate opens the gate', async (t) => {
  const { page, audit, see, phone, web, desk, gate, number } = await table(t, '李小红')
  await desk.getByLabel('成员').selectOption('wangqiang')
  await desk.getByRole('button', { name: '打开教职工页面' }).click()
  const staff = desk.frameLocator('iframe')
  await staff.getByRole('link', { name: '访客邀约' }).click()
  await pick(staff, '到访区域', '校园区域')
  await pick(staff, '来访事由')
  await staff.getByRole('textbox', { name: /^邀请随行人数/ }).fill('1')
  await staff.getByRole('button', { name: '发起访客邀约' }).click()
  await staff.getByRole('button', { name: '分享二维码' }).click()
  const at = page.frames().map((frame) => /\/h5\/staff\/invitations\/(\d+)$/.exec(frame.url())?.[1])
  const visit = at.find(Boolean)
  const picture = await staff.getByRole('img', { name: '邀请二维码' }).getAttribute('src')
  await see('sandbox-invitation')

  await phone.getByRole('tab', { name: '网页' }).click()
  await phone.getByLabel('网址').fill(picture.replace('/api/invitations/', '/i/').replace('/qr.png', ''))
  await phone.getByRole('button', { name: '打开', exact: true }).click()
  await web.getByRole('heading', { name: '邀请信息' }).waitFor()
  await audit()
  await fillPerson(web, { phone: number, name: '李小红' })
  const plate = `渝A${number.slice(-5)}`
  await web.getByRole('button', { name: /^车牌号/ }).click()
  for (const key of plate) await web.getByRole('button', { name: key, exact: true }).click()
  await web.getByRole('button', { name: '完成' }).click()
  await web.getByRole('button', { name: '接受邀请' }).click()
  await web.getByText('已接受邀请').waitFor()
  await agreeOn(desk, visit)
  await passLink(number)
  await gate.getByLabel('识读方式').selectOption('车牌')
  await gate.getByLabel('车牌号').fill(plate)
  await gate.getByRole('button', { name: '识读' }).click()
  await gate.getByText('开门', { exact: true }).waitFor()
  await see('sandbox-plate')
})

test('the console opens from a desk as whoever sits at it', async (t) => {
  const { page, desk } = await table(t)
  await desk.getByLabel('成员').selectOption('zhoulan')
  const opened = page.waitForEvent('popup')
  await desk.getByRole('link', { name: '以此人登录管理后台' }).click()
  const admin = await opened
  await admin.getByRole('link', { name: '访客黑名单' }).waitFor()
  await admin.getByText('周岚').first().waitFor()
})

test('the phone runs the mini-program: a registration, its message, and the pass that opens the quarter’s gate', async (t) => {
  const { audit, see, phone, web, gate, number } = await table(t, '王小明')
  await phone.getByRole('tab', { name: '小程序' }).click()
  await web.getByRole('button', { name: '丁香水榭' }).click()
  await web.getByRole('textbox', { name: '住户姓名', exact: true }).fill('李秀英')
  await web.getByRole('textbox', { name: '住户姓名 手机号码' }).fill('13900000102')
  await web.getByRole('textbox', { name: '门牌号' }).fill('5栋1单元302')
  await web.getByRole('textbox', { name: '访客姓名' }).fill('王小明')
  await web.getByRole('button', { name: '使用微信手机号' }).click()
  const typed = () => web.getByRole('textbox', { name: '手机号码', exact: true }).inputValue()
  await until('the phone', async () => (await typed()) === number)
  await web.getByRole('button', { name: '提交' }).click()
  await web.getByRole('heading', { name: '登记详情' }).waitFor()

  await phone.getByRole('tab', { name: '服务通知' }).click()
  const notice = phone.getByRole('article').filter({ hasText: '通行凭证通知' })
  await notice.waitFor()
  await audit()
  await notice.getByRole('button', { name: '在小程序中打开' }).click()
  await web.getByText('可通行').waitFor()
  await web.getByRole('img', { name: '通行二维码' }).waitFor()
  await scanScreen(gate, 'G02', '开门')
  await see('sandbox-mini')
  await audit()
})

test('what goes wrong outside is switched on by the page, told on it, seen in the log, and lifted', async (t) => {
  const { page, audit, see, log } = await table(t, '', { height: 1640 })
  t.after(() => control('DELETE', '/faults'))
  const faults = page.getByRole('region', { name: '故障开关' })
  await faults.getByText('一切正常').waitFor()
  await faults.getByLabel('接口').selectOption('腾讯云短信')
  await faults.getByLabel('故障', { exact: true }).selectOption('返回错误码')
  await faults.getByLabel('错误码').fill('LimitExceeded.PhoneNumberDailyLimit')
  await faults.getByLabel('次数').fill('1')
  await faults.getByRole('button', { name: '制造故障' }).click()
  await faults.getByText('腾讯云短信 · 返回错误码 LimitExceeded.PhoneNumberDailyLimit · 还有 1 次').waitFor()
  await faults.getByLabel('接口').selectOption('企业微信消息')
  await faults.getByLabel('故障', { exact: true }).selectOption('应答缓慢')
  await faults.getByLabel('毫秒').fill('10')
  await faults.getByLabel('次数').fill('')
  await faults.getByRole('button', { name: '制造故障' }).click()
  await faults.getByText('企业微信消息 · 应答缓慢 · 直到恢复').waitFor()
  assert.deepEqual(await control('GET', '/faults'), [
    { call: 'sms:tencent', kind: 'errcode', errcode: 'LimitExceeded.PhoneNumberDailyLimit', times: 1 },
    { call: 'qy:message/send', kind: 'delay_ms', ms: 10 },
  ])
  await audit()

  // Somebody asks for a code, and the SMS runs into it.
  const answer = await fetch(`${BASE_URL}/api/login/sms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone: someNumber() }),
  })
  assert.ok(answer.status < 500, `${answer.status}`)
  await log.getByLabel('只看异常').check()
  await log.getByRole('row').filter({ hasText: 'LimitExceeded.PhoneNumberDailyLimit' }).filter({ hasText: '返回错误码' }).first().waitFor()
  await faults.getByText('腾讯云短信 ·').waitFor({ state: 'detached' })
  await see('sandbox-faults')

  await faults.getByLabel('暂缓回执').check()
  await faults.getByLabel('重复三次').check()
  assert.deepEqual(await until('both', async () => {
    const now = await control('GET', '/deliveries')
    return now.held && now.repeats && now
  }), { repeats: 2, held: true, reversed: false })
  await faults.getByRole('button', { name: '作废全部令牌' }).click()
  await faults.getByText('令牌已作废').waitFor()
  await faults.getByRole('button', { name: '全部恢复' }).click()
  await faults.getByText('一切正常').waitFor()
  assert.deepEqual(await control('GET', '/faults'), [])
  await until('once and in order', async () => !(await faults.getByLabel('暂缓回执').isChecked()))
})
