// The people of a story, as the sandbox and the seed know them. Every story brings a visitor of its
// own, since one person may have no more than three applications waiting with one host.
import assert from 'node:assert/strict'
import jsQR from 'jsqr'
import { BASE_URL, control, openBrowser, photo } from './browser.mjs'

/** A member of staff of the seed whose full name is unique. */
export const HOST = process.env.HOST_NAME ?? '刘明'
/** The WeCom userid of the approver of that host's department. */
export const APPROVER = 'chenjing'
/** The device whose key the sandbox's gate holds. */
export const GATE = process.env.GATE ?? 'G01'
/** 公民身份号码 of GB 11643-1999's own example, in lower case as people type it. */
export const ID_NUMBER = '11010519491231002x'

export const someNumber = () => `139${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`

/** `2026-03-02`: the day on campus, which keeps +08:00. */
export const campusDay = (time = Date.now()) => new Date(time + 8 * 3_600_000).toISOString().slice(0, 10)

/** A visitor who follows the account and is logged in: the browser, `openid`, `phone`. */
export async function visitor(t, options) {
  const guest = await stranger(t, options)
  await guest.page.goto(`${BASE_URL}/login/wechat?to=%2Fh5%2Fleft`)
  await guest.page.waitForURL(`${BASE_URL}/h5/left`)
  return guest
}

/** What WeChat's browser on a phone calls itself. Any other is asked for a phone and a code by SMS. */
export const WECHAT =
  'Mozilla/5.0 (Linux; Android 14; V2301A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.188 Mobile Safari/537.36 MicroMessenger/8.0.50.2701(0x2800323E) NetType/WIFI Language/zh_CN'

/** The same, whom the pages do not know yet. */
export async function stranger(t, options) {
  const { openid } = await control('POST', '/people', { nickname: '小张' })
  await control('POST', `/people/${openid}/follow`)
  const browser = await openBrowser(t, { userAgent: WECHAT, ...options })
  await browser.context.addCookies([{ name: 'sandbox_person', value: openid, url: BASE_URL }])
  return { ...browser, openid, phone: someNumber() }
}

/** A member of staff of the seed, in WeCom's browser. */
export async function member(t, userid, options) {
  const browser = await openBrowser(t, options)
  await browser.context.addCookies([{ name: 'sandbox_staff', value: userid, url: BASE_URL }])
  return browser
}

/** The member of staff on whose desk the card of a visit lies, with their browser and the card. */
export async function approverOf(t, visit, options) {
  const { userid, card } = await cardOnDesk(visit)
  return { ...(await member(t, userid, options)), userid, card }
}

/** Waits for the card of a visit, however much else its approver is told: what is too much for one minute comes in the next ones. */
export const cardOnDesk = (visit) => until('a card on a desk', () => cardOf(visit), 150_000)

/** Where the card of a visit lies now: the application names the visit in its link. */
export async function cardOf(visit) {
  for (const { userid } of await control('GET', '/wecom')) {
    const messages = await control('GET', `/wecom/${userid}/messages`)
    const card = messages.findLast((message) => message.kind === 'card' && JSON.stringify(message).includes(visit))
    if (card) return { userid, card }
  }
  return null
}

/** The path of the pass link that an SMS brought to a phone. */
export async function passLink(phone) {
  return until('an SMS with a pass', async () => {
    const inbox = await control('GET', `/sms?phone=${phone}`)
    return inbox.map(({ text }) => /\/p\/[\w-]{22}/.exec(text)?.[0]).findLast(Boolean)
  })
}

/** The code to log in with, of the last SMS to a phone. */
export async function loginCode(phone) {
  return until('an SMS with a code', async () => {
    const inbox = await control('GET', `/sms?phone=${phone}`)
    return inbox.map(({ text }) => /验证码为(\d{6})/.exec(text)?.[1]).findLast(Boolean)
  })
}

/** Invites by the API, where the form has no field for it: to a visit that has begun and ends in some seconds. */
export async function inviteBy({ page }, { seconds = 7200, ...more }) {
  await page.goto(`${BASE_URL}/login/wecom?to=%2Fh5%2Fstaff%2Finvitations`)
  const [[area], [reason]] = await Promise.all(
    ['areas', 'reasons'].map(async (choices) => (await fetch(`${BASE_URL}/api/${choices}`)).json()),
  )
  const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString()
  const answer = await page.request.post(`${BASE_URL}/api/staff/invitations`, {
    headers: { origin: BASE_URL },
    data: { area: area.id, reason: reason.id, starts_at: at(-60), ends_at: at(seconds), ...more },
  })
  assert.equal(answer.status(), 201, await answer.text())
  const { id, invitation } = await answer.json()
  return { id, link: invitation.link }
}

/** What the QR behind a pass link says. */
export async function codeOf(link) {
  return (await (await fetch(`${BASE_URL}/api${link.replace('/p/', '/passes/')}`)).json()).code
}

/** What a reader makes of a QR on the screen, of its pixels alone, by a library that has nothing of ours. */
export async function readCode(code) {
  const picture = (await code.screenshot()).toString('base64')
  // Elsewhere, since the page's own policy is none of the reader's business.
  const blank = await code.page().context().newPage()
  const { bytes, width, height } = await blank.evaluate(async (picture) => {
    const image = new Image()
    image.src = `data:image/png;base64,${picture}`
    await image.decode()
    const { width, height } = image
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    const brush = canvas.getContext('2d')
    brush.drawImage(image, 0, 0)
    let bytes = ''
    for (const byte of brush.getImageData(0, 0, width, height).data) bytes += String.fromCharCode(byte)
    return { bytes: btoa(bytes), width, height }
  }, picture)
  await blank.close()
  const found = jsQR(Uint8ClampedArray.from(Buffer.from(bytes, 'base64')), width, height)
  assert.ok(found, 'the screen shows a QR')
  return found.data
}

/** What the device at a gate is answered to a code. */
export async function scan(code, gate = GATE) {
  return (await control('POST', `/gate/${gate}/scan`, { v: code })).body.r
}

/** Whatever a browser keeps of our pages, besides the HttpOnly cookie of a login. */
export async function keptBy(page) {
  return page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await globalThis.caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    // The sandbox's own stand for the phone's WeChat and are none of ours.
    cookies: document.cookie.split('; ').filter((cookie) => cookie && !cookie.startsWith('sandbox_')),
  }))
}

/** Waits for what the service does in its own time, such as a delivery. */
export async function until(what, look, patience = 10_000) {
  const end = Date.now() + patience
  for (;;) {
    const seen = await look()
    if (seen) return seen
    assert.ok(Date.now() < end, `${what} did not come`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Picks one of a field's sheet: the named one, or the first. */
export async function pick(page, field, option) {
  await page.getByRole('button', { name: new RegExp(`^${field}`) }).click()
  const sheet = page.getByRole('dialog', { name: field })
  const options = sheet.getByRole('listitem').getByRole('button')
  await (option ? options.filter({ hasText: option }) : options.first()).click()
}

/** Fills the form of 发起预约, except for what the phone has filled in. */
export async function fillBooking(page, { phone, name = '张三丰', host = HOST }) {
  await pickHost(page, host)
  await pick(page, '到访区域')
  await pick(page, '来访事由')
  await fillPerson(page, { phone, name })
}

/** Fills in 基本信息. */
export async function fillPerson(page, { phone, name, idNumber = ID_NUMBER }) {
  await page.getByRole('textbox', { name: /^姓名/ }).fill(name)
  await page.getByRole('textbox', { name: /^手机号/ }).fill(phone)
  await page.getByRole('textbox', { name: /^证件号/ }).fill(idNumber)
  await page.getByLabel('证件照 相册').setInputFiles(photo)
  await page.getByText('已上传').waitFor()
}

export async function pickHost(page, host = HOST) {
  await page.getByRole('button', { name: /^被访人员/ }).click()
  await page.getByRole('textbox', { name: '被访人员姓名' }).fill(host)
  await page.getByRole('button', { name: '查询' }).click()
  await page.getByRole('button', { name: new RegExp(`^${host} ·`) }).first().click()
}

/** Picks the same day of next year in a field of a day and a time. */
export async function pickNextYear(page, field) {
  await page.getByRole('button', { name: new RegExp(`^${field}`) }).click()
  await page.getByRole('group', { name: '年' }).getByRole('button').nth(1).click()
  await page.getByRole('tab', { name: '时间' }).click()
  await page.getByRole('button', { name: '确认' }).click()
}

/** A member of staff makes an invitation; gives back its visit's id and the path of its link. */
export async function invite({ page }, capacity) {
  await page.goto(`${BASE_URL}/h5/staff/invitations`)
  await pick(page, '到访区域')
  await pick(page, '来访事由')
  await page.getByRole('textbox', { name: /^邀请随行人数/ }).fill(String(capacity))
  await page.getByRole('button', { name: '发起访客邀约' }).click()
  await page.waitForURL(/\/h5\/staff\/invitations\/\d+$/)
  return { id: page.url().split('/').pop(), link: await linkShown(page) }
}

/** What the countdown of an invitation shows that has so many minutes left, or what is left of the day, with which its visit ends. */
export function countdown(minutes) {
  const untilMidnight = 86_400 - Math.ceil(Date.now() / 1000 + 8 * 3600) % 86_400
  const most = Math.floor(Math.min(minutes * 60, untilMidnight) / 60)
  return new RegExp(`^0?(${most}|${most - 1}):[0-5]\\d$`)
}

/** The path of the link whose QR the page of an open invitation shows. */
export async function linkShown(page) {
  await page.getByRole('button', { name: '分享二维码' }).click()
  const picture = page.getByRole('img', { name: '邀请二维码' })
  const path = await picture.getAttribute('src')
  await until('the picture', () => picture.evaluate((image) => image.naturalWidth > 100))
  await page.keyboard.press('Escape')
  return path.replace('/api/invitations/', '/i/').replace('/qr.png', '')
}

/** Takes a place by the link. */
export async function accept({ page, phone }, link, { name, idNumber }) {
  await page.goto(`${BASE_URL}${link}`)
  await page.getByRole('button', { name: '接受邀请' }).waitFor()
  await page.waitForLoadState('networkidle')
  await fillPerson(page, { phone, name, idNumber })
  await page.getByRole('button', { name: '接受邀请' }).click()
  await page.getByText('已接受邀请').waitFor()
}

/** 验证手机号 of the form's own number, in a sheet over the form. */
export async function prove(page, phone) {
  await page.getByRole('button', { name: '验证手机号' }).click()
  const sheet = page.getByRole('dialog', { name: '验证手机号' })
  assert.equal(await sheet.getByRole('textbox', { name: /^手机号/ }).inputValue(), phone)
  await sheet.getByRole('button', { name: '获取验证码' }).click()
  await sheet.getByRole('button', { name: /秒后可重发$/ }).waitFor()
  await sheet.getByRole('textbox', { name: /^验证码/ }).fill(await loginCode(phone))
  return sheet
}

/** Books and gives back the visit's id, from the address of its page; `alter` comes before the end. */
export async function book({ page, phone }, alter = async () => {}, host = HOST) {
  await page.goto(`${BASE_URL}/h5/book`)
  await fillBooking(page, { phone, host })
  await alter(page)
  await page.getByRole('button', { name: '发起单人预约' }).click()
  await page.waitForURL(/\/h5\/visits\/\d+$/)
  return page.url().split('/').pop()
}

/** Applies for a group as the console does, today; gives the visit's id. */
export const applyForGroup = (page) =>
  page.evaluate(async () => {
    const json = async (path) => (await fetch(path)).json()
    const [areas, reasons, hosts] = await Promise.all([json('/api/areas'), json('/api/reasons'), json(`/api/staff/hosts?q=${encodeURIComponent('刘明')}`)])
    const today = new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10)
    const form = {
      host: hosts[0].id,
      area: areas[0].id,
      reason: reasons[0].id,
      starts_at: `${today}T00:00:00+08:00`,
      ends_at: `${today}T23:59:59+08:00`,
      headcount: 14,
      contact: { name: '李四', phone: '13800000777' },
      plates: ['渝A12345', '渝AD12345'],
    }
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch('/api/staff/groups', { method: 'POST', headers, body: JSON.stringify(form) })
    const said = await answer.json()
    if (!answer.ok) throw new Error(JSON.stringify(said))
    return said.id
  })

const PATHS = { 同意: 'approve', 拒绝: 'reject', 退回: 'return' }

/** Decides on the approver's page; it is decided then. */
export async function decide({ page }, visit, decision, comment) {
  await page.goto(`${BASE_URL}/h5/staff/approvals/${visit}`)
  await page.getByRole('button', { name: decision, exact: true }).click()
  if (comment) await page.getByRole('textbox', { name: /^审批意见/ }).fill(comment)
  const decided = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith(`/${PATHS[decision]}`))
  await page.getByRole('button', { name: `确定${decision}` }).click()
  await decided
}
