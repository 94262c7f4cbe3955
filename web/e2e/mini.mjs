// People with the mini-program in their hands: its pages as they are, in Chromium by glass-easel (mp-harness), before
// the real binary, whose sandbox shows them and gives the codes of `wx.login` and of the phone button.
import { BASE_URL, control, openBrowser, photo } from './browser.mjs'
import { cardOnDesk, HOST, ID_NUMBER, someNumber, until } from './campus.mjs'

/**
 * Somebody new who holds the mini-program: the browser, `openid`, `phone`, and `open(path)`, which opens one of its
 * pages as a link, a code or the list of mini-programs would; `type` is the size of the words that they chose in WeChat,
 * and `language` its language.
 */
export async function holder(t, options) {
  const { openid } = await control('POST', '/people', { nickname: '小程' })
  const browser = await openBrowser(t, options)
  const phone = someNumber()
  const open = (path = '/pages/book/book', { type = 16, language = 'zh_CN' } = {}) =>
    browser.page.goto(`${BASE_URL}/sandbox/mini?${new URLSearchParams({ person: openid, phone, open: path, type, language })}`)
  return { ...browser, openid, phone, open }
}

/** Everything that the mini-program keeps on this phone, by its own names. */
export const keptByMini = (page) =>
  page.evaluate(() =>
    Object.fromEntries(
      Object.entries(localStorage)
        .filter(([name]) => name.startsWith('mini '))
        .map(([name, value]) => [name.split(' ').slice(2).join(' '), JSON.parse(value)]),
    ),
  )

/** Picks one of a wheel: the named one, or the first. */
export async function turn(page, field, option) {
  await page.getByRole('button', { name: new RegExp(`^${field}`) }).click()
  const wheel = page.getByRole('dialog', { name: new RegExp(`^${field}`) })
  await (option ? wheel.getByRole('button', { name: option }) : wheel.getByRole('button').first()).click()
}

/** Takes a photo from the album and waits until it has been sent. */
export async function choosePhoto(page, label, file = photo, album = '相册') {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: `${label} ${album}` }).click()
  await (await chooser).setFiles(file)
}

/** Fills in 基本信息; the phone by the button of WeChat. */
export async function fillPerson({ page, phone }, { name = '张三丰', idNumber = ID_NUMBER } = {}) {
  await page.getByRole('textbox', { name: '姓名' }).fill(name)
  await page.getByRole('button', { name: '使用微信手机号' }).click()
  await until('the phone', async () => (await page.getByRole('textbox', { name: '手机号' }).inputValue()) === phone)
  await page.getByRole('textbox', { name: '证件号' }).fill(idNumber)
  await choosePhoto(page, '证件照')
  await page.getByText('已上传').waitFor()
}

/** Fills in 到访信息. */
export async function fillPlan({ page }, host = HOST) {
  await page.getByRole('button', { name: /^被访人员/ }).click()
  await page.getByRole('textbox', { name: '被访人员姓名' }).fill(host)
  await page.getByRole('button', { name: '查询' }).click()
  await page.getByRole('button', { name: new RegExp(`^${host} ·`) }).first().click()
  await turn(page, '到访区域')
  await turn(page, '来访事由')
}

/** Books alone; gives back the visit's number. */
export async function bookByMini(person) {
  const { page } = person
  await person.open()
  await fillPlan(person)
  await fillPerson(person)
  await page.getByRole('button', { name: '发起单人预约' }).click()
  return numberShown(page)
}

/** Somebody books with companions: gives back the visit's number and what is sent to a friend. */
export async function inviteByMini(person, capacity) {
  const { page } = person
  await person.open()
  await fillPlan(person)
  await fillPerson(person)
  await page.getByRole('button', { name: '邀请多人随行' }).click()
  await page.getByRole('textbox', { name: '邀请随行人数' }).fill(String(capacity))
  await page.getByRole('button', { name: '生成邀请链接' }).click()
  const id = await numberShown(page)
  await page.getByRole('button', { name: '邀请微信好友' }).click()
  return { id, ...(await page.evaluate(() => globalThis.shared)) }
}

/** The 单据号 that the page of a visit shows. */
export async function numberShown(page) {
  await page.getByText('单据号', { exact: true }).waitFor()
  return page.locator('.fact:visible', { hasText: '单据号' }).locator('.fact-value').innerText()
}

/** The approver says 同意 on the card of a visit. */
export async function agree(visit) {
  const { userid, card } = await cardOnDesk(visit)
  const { key } = card.buttons.find(({ text }) => text === '同意')
  await control('POST', `/wecom/${userid}/tap`, { task_id: card.task_id, key })
}

/** Opens the visit's page, as soon as it is approved and says so, and its pass. */
export async function openPass({ page, open }, visit) {
  await open(`/pages/visit/visit?id=${visit}`)
  await page.locator('.stage:visible', { hasText: '已通过' }).waitFor()
  await page.getByRole('link', { name: '查看通行凭证' }).click()
  await page.getByText('可通行').waitFor()
}
