// A guard at the gate, with a phone in the hand.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BASE_URL } from './browser.mjs'
import { WECHAT, approverOf, book, codeOf, decide, member, passLink, visitor } from './campus.mjs'

/** A guard of the seed. */
const GUARD = 'zhoulan'

/** Somebody whose visit of today was approved; their phone, and the path of their pass. */
async function expected(t) {
  const guest = await visitor(t)
  const id = await book(guest)
  await decide(await approverOf(t, id), id, '同意')
  return { phone: guest.phone, id, link: await passLink(guest.phone) }
}

const guard = (t, options) => member(t, GUARD, options)

const masked = (phone) => `${phone.slice(0, 3)}****${phone.slice(-4)}`

test('a guard looks a visitor up by phone and lets them in, and sees them on campus', async (t) => {
  const { phone, id } = await expected(t)
  const { page, audit, see } = await guard(t)
  await page.goto(`${BASE_URL}/h5/staff`)
  await page.getByRole('link', { name: '门岗查验' }).click()
  await page.getByRole('combobox', { name: '所在门岗' }).selectOption({ label: '东门 · 校园区域' })
  const box = page.getByRole('searchbox', { name: /手机号、车牌号/ })
  await box.fill(phone.slice(0, 7))
  await page.getByRole('button', { name: '查询' }).click()
  await page.getByText('今日没有符合的访客').waitFor()
  await box.fill(phone)
  await page.keyboard.press('Enter')
  await page.getByText('可以通行').waitFor()
  await page.getByText(id).waitFor()
  await page.getByText(masked(phone)).waitFor()
  assert.equal(await page.getByText(phone).count(), 0, 'a guard sees masks')
  await page.getByText('证件照已上传，人脸照未上传').waitFor()
  await audit()
  await see('guard')
  await page.getByRole('button', { name: '放行进校' }).click()
  await page.getByRole('status').filter({ hasText: '已放行' }).waitFor()
  assert.equal(await page.getByRole('button', { name: '放行进校' }).count(), 0, 'once')
  await audit()
  await page.getByRole('tab', { name: '在校人员' }).click()
  const panel = page.getByRole('tabpanel')
  await panel.getByText(masked(phone)).waitFor()
  await panel.getByText('东门').waitFor()
  await audit()
  await page.getByRole('tab', { name: '查询' }).click()
  await page.getByRole('radio', { name: '出' }).check({ force: true })
  await page.getByRole('button', { name: '放行离校' }).click()
  await page.getByRole('status').filter({ hasText: '已放行' }).waitFor()
  await page.getByRole('tab', { name: '在校人员' }).click()
  await panel.getByText('当前在校').waitFor()
  assert.equal(await panel.getByText(masked(phone)).count(), 0, 'who was let out is gone')
})

test('a guard types a code and is told in large words what the gate would say', async (t) => {
  const { link } = await expected(t)
  const { page, audit, see } = await guard(t, { width: 320, height: 640 })
  await page.goto(`${BASE_URL}/h5/guard?tab=scan`)
  const box = page.getByRole('textbox', { name: '通行码' })
  await box.fill('FORGED')
  await page.getByRole('button', { name: '查验' }).click()
  await page.getByText('禁止通行').waitFor()
  await page.getByText('无效的二维码').waitFor()
  await audit()
  await see('guard-refused')
  await page.getByRole('button', { name: '查验下一位' }).click()
  await box.fill(await codeOf(link))
  await page.getByRole('button', { name: '查验' }).click()
  await page.getByText('可以通行').waitFor()
  await audit()
})

/** A camera that shows one code, which Chromium on this machine cannot read by itself. */
async function withCamera(page, code) {
  await page.addInitScript((code) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement('canvas')
      const stream = canvas.captureStream()
      // A camera that shows nothing new has no picture.
      setInterval(() => canvas.getContext('2d').fillRect(0, 0, Math.random() * 100, 100), 50)
      return stream
    }
    window.BarcodeDetector = class {
      async detect() {
        return [{ rawValue: code }]
      }
    }
  }, code)
}

test('the camera reads a code and the guard lets its holder in', async (t) => {
  const { link, phone } = await expected(t)
  const { page, audit } = await guard(t)
  await withCamera(page, await codeOf(link))
  await page.goto(`${BASE_URL}/h5/guard?tab=scan`)
  await page.getByRole('button', { name: '扫码' }).click()
  await page.getByText('可以通行').waitFor()
  await page.getByText(masked(phone)).waitFor()
  await page.getByRole('button', { name: '放行进校' }).click()
  await page.getByRole('status').filter({ hasText: '已放行' }).waitFor()
  await audit()
})

test('a camera that may not be used leaves the typing', async (t) => {
  const { page, audit } = await guard(t)
  await withCamera(page, '')
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'))
  })
  await page.goto(`${BASE_URL}/h5/guard?tab=scan`)
  await page.getByRole('button', { name: '扫码' }).click()
  await page.getByText('无法打开相机').waitFor()
  await page.getByRole('textbox', { name: '通行码' }).waitFor()
  await audit()
})

test('inside WeChat its own scanner is asked, with a page that is signed', async (t) => {
  const { link } = await expected(t)
  const { page } = await guard(t, { userAgent: WECHAT })
  await page.addInitScript((code) => {
    delete window.BarcodeDetector
    window.asked = []
    window.WeixinJSBridge = {
      invoke(name, asked, heard) {
        window.asked.push({ name, ...asked })
        const scan_code = { scan_result: code }
        setTimeout(() => heard({ err_msg: `${name}:ok`, resultStr: JSON.stringify({ scan_code }) }))
      },
    }
  }, await codeOf(link))
  await page.goto(`${BASE_URL}/h5/guard?tab=scan`)
  await page.getByRole('button', { name: '扫码' }).click()
  await page.getByText('可以通行').waitFor()
  const asked = await page.evaluate(() => window.asked)
  assert.deepEqual(asked.map(({ name }) => name), ['preVerifyJSAPI', 'scanQRCode'])
  assert.match(asked[1].verifySignature, /^[0-9a-f]{40}$/)
})

test('who is no guard is told so', async (t) => {
  const { page, audit } = await member(t, 'liuming')
  await page.goto(`${BASE_URL}/h5/guard`)
  await page.getByText('您没有此权限').waitFor()
  await audit()
  await page.goto(`${BASE_URL}/h5/staff`)
  await page.getByRole('tab', { name: /^待处理/ }).waitFor()
  assert.equal(await page.getByRole('link', { name: '门岗查验' }).count(), 0)
})
