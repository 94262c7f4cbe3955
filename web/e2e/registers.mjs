// The hands that keep the registers at a desk.
import { BASE_URL } from './browser.mjs'
import { ADMINISTRATOR, desk as sitDown } from './desk.mjs'

/** A name that no other story has. */
export const unused = (name) => `${name}${Math.random().toString(36).slice(2, 7)}`

/** A page of the console before whoever keeps it. */
export async function desk(t, path, userid = ADMINISTRATOR) {
  const browser = await sitDown(t, userid, path)
  await browser.page.waitForURL(`${BASE_URL}${path}`)
  return browser
}

/** Opens a page of the menu. */
export async function open(page, entry) {
  await page.getByRole('navigation', { name: '菜单' }).getByRole('link', { name: entry, exact: true }).click()
  await page.getByRole('heading', { name: entry, level: 1 }).waitFor()
}

/** The form that a button opens. */
export async function form(page, button, title) {
  await button.click()
  const dialog = page.getByRole('dialog', { name: title })
  await dialog.waitFor()
  return dialog
}

export async function choose(page, dialog, label, option) {
  // What is chosen lies over the box.
  await dialog.getByRole('combobox', { name: label }).click({ force: true })
  await page.getByRole('option', { name: option }).click()
}

/** Finds somebody by the beginning of their name. */
export async function chooseMember(page, dialog, label, name) {
  const box = dialog.getByRole('combobox', { name: label })
  await box.click({ force: true })
  await box.fill(name)
  await page.getByRole('option', { name: new RegExp(`^${name}`) }).click()
}

export const number = (dialog, label) => dialog.getByRole('spinbutton', { name: label })

/** Sets a number as somebody types it. */
export async function setNumber(dialog, label, value) {
  await number(dialog, label).fill(String(value))
  await number(dialog, label).press('Tab')
}

export async function save(dialog) {
  await dialog.getByRole('button', { name: '保存' }).click()
}

export async function saved(page, dialog) {
  await save(dialog)
  await dialog.waitFor({ state: 'hidden' })
  await gone(page)
}

/** A message has come, and gone. */
export async function gone(page) {
  await page.locator('.el-message').first().waitFor()
  await page.locator('.el-message').first().waitFor({ state: 'detached' })
}

/** Confirms what is asked before it is done. */
export async function confirm(page, title, go) {
  await page.getByRole('dialog', { name: title }).getByRole('button', { name: go }).click()
}

export const row = (page, name) => page.getByRole('row').filter({ hasText: name })
