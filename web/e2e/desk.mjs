// A desk with a person in front of it: the console on a wide screen.
import { BASE_URL, control } from './browser.mjs'
import { member, until } from './campus.mjs'

/** The administrator of the seed, and a host and the approver of one department. */
export const ADMINISTRATOR = 'zhoulan'
export const AT_HOME = 'liuming'
export const DECIDES = 'chenjing'

/** A member of staff at a desk, on a page of the console. */
export async function desk(t, userid, path = '/admin', options = {}) {
  const browser = await member(t, userid, { width: 1440, height: 900, ...options })
  await browser.page.goto(`${BASE_URL}${path}`)
  // The single sign-on leads there and back: whoever goes on before is turned back half-way.
  await browser.page.getByRole('heading', { level: 1 }).waitFor()
  return browser
}

/** What stands in the menu. */
export const links = (page) => page.getByRole('navigation', { name: '菜单' }).getByRole('link').allTextContents()

/** Picks one of a menu of a form: the named one, or the first. */
export async function choose(form, label, option) {
  const page = form.page?.() ?? form
  await form.getByRole('combobox', { name: label }).press('Enter')
  const options = page.getByRole('option')
  await (option ? options.filter({ hasText: option }) : options.first()).click()
  // The next menu's options are not these.
  await options.first().waitFor({ state: 'hidden' })
}

/** A number of a document that is right by its check digit, and nobody else's. */
export function someIdNumber() {
  const order = String(Math.floor(Math.random() * 999)).padStart(3, '0')
  const day = String(1 + Math.floor(Math.random() * 28)).padStart(2, '0')
  const year = 1960 + Math.floor(Math.random() * 40)
  const body = `110105${year}11${day}${order}`
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, place) => total + weight * Number(body[place]), 0)
  return body + '10X98765432'[sum % 11]
}

/** The newest SMS to a phone that says something. */
export const sms = (phone, pattern) =>
  until(`an SMS to ${phone.slice(-4)}`, async () => {
    const inbox = await control('GET', `/sms?phone=${phone}`)
    return inbox.map(({ text }) => pattern.exec(text)?.[0]).findLast(Boolean)
  })

/** Asks the API as the page would, with its session. */
export const ask = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(path, {
        method,
        headers: body ? { 'content-type': 'application/json' } : {},
        body: body ? JSON.stringify(body) : undefined,
      })
      return { status: answer.status, body: await answer.json().catch(() => null) }
    },
    [method, path, body],
  )
