// A phone with a person in front of it. Whatever a story does, it also fails when the page complains
// in its console, asks anything of another host, or is unfit for those who read it otherwise.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export const BASE_URL = (process.env.BASE_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '')

const SCREENSHOTS = fileURLToPath(new URL('../screenshots', import.meta.url))
const README = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const WCAG_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * Opens a browser of its own for one test: `{ page, context, audit, forgive, see }`.
 * `audit()` checks the page as it stands; `forgive(pattern)` names console errors that the story
 * provokes on purpose; `see(name)` saves what the screen shows when SCREENSHOTS is set, in screenshots/ if the README
 * shows it and in screenshots/others/, which git ignores, if it does not.
 */
export async function openBrowser(t, { width = 390, height = 844, dark = false, userAgent } = {}) {
  const phone = width < 1000
  const profile = await mkdtemp(join(tmpdir(), 'campus-pass-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    viewport: { width, height },
    deviceScaleFactor: phone ? 2 : 1,
    hasTouch: phone,
    colorScheme: dark ? 'dark' : 'light',
    locale: 'zh-CN',
    // A phone set to another zone must still show the campus's time.
    timezoneId: 'America/New_York',
    reducedMotion: 'reduce',
    userAgent,
  })
  context.setDefaultTimeout(20_000)
  const complaints = []
  const forgiven = []
  const watch = (page) => {
    page.on('pageerror', (error) => complaints.push(`pageerror: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() !== 'error') return
      // The browser reports every refusal of the API; a refusal is an answer that the page shows.
      const refused = /status of 4\d\d/.test(message.text()) && new URL(message.location().url).pathname.startsWith('/api/')
      if (!refused) complaints.push(`console: ${message.text()}`)
    })
  }
  context.pages().forEach(watch)
  context.on('page', watch)
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (['data:', 'blob:', 'about:'].includes(protocol)) return
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) complaints.push(`foreign request: ${hostname}`)
  })
  t.after(async () => {
    await context.close()
    await rm(profile, { recursive: true, force: true })
    const left = complaints.filter((complaint) => !forgiven.some((pattern) => pattern.test(complaint)))
    assert.deepEqual(left, [], 'the browser complained')
  })

  const page = context.pages()[0] ?? (await context.newPage())
  const audit = async () => {
    // Evaluated and not injected as a tag, which the page's own policy would refuse.
    await page.evaluate(axe)
    const violations = await page.evaluate(async (tags) => {
      // A toast that fades in or out has no colour of its own for a moment.
      const { violations } = await globalThis.axe.run({ exclude: ['.van-toast'] }, { runOnly: tags })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
    }, WCAG_AA)
    assert.deepEqual(violations, [], `axe on ${page.url()}`)
    const spill = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(spill <= 0, `the page is ${spill} px wider than the screen`)
  }
  const see = async (name) => {
    if (!process.env.SCREENSHOTS) return
    await page.locator('.van-toast').waitFor({ state: 'hidden' })
    await page.evaluate(() => scrollTo(0, 0))
    const folder = README.includes(`web/screenshots/${name}.png`) ? '' : 'others'
    await page.screenshot({ path: join(SCREENSHOTS, folder, `${name}.png`) })
  }
  return { page, context, audit, see, forgive: (pattern) => forgiven.push(pattern) }
}

/** A plain picture, just large enough to be read as an ID card's. */
export const photo = {
  name: 'photo.png',
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAUAAAADIAQMAAACjyqroAAAAA1BMVEW50vBjRq3EAAAAHklEQVR42u3BAQ0AAADCoPdPbQ8HFAAAAAAAAAD' +
      'wYiAIAAFD65fuAAAAAElFTkSuQmCC',
    'base64',
  ),
}

/** One pixel, in which nobody recognizes anything. */
export const speck = {
  name: 'speck.png',
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC',
    'base64',
  ),
}

/** Asks the sandbox's controls, which stand for people, their messages and the gates. */
export async function control(method, path, body) {
  const answer = await fetch(`${BASE_URL}/sandbox/control${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
  const text = await answer.text()
  return text ? JSON.parse(text) : null
}
