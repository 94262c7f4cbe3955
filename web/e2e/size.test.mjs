import assert from 'node:assert/strict'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { BASE_URL } from './browser.mjs'
import { member, visitor } from './campus.mjs'

const MOST = 130 * 1024

/** What a page takes until it can be used, its own index included, each part as gzip makes it. */
async function weigh(page) {
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name))
  const parts = [page.url(), ...loaded.filter((url) => url.includes('/assets/'))]
  const bodies = await Promise.all(parts.map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer())))
  return { parts: parts.length, bytes: bodies.reduce((sum, body) => sum + gzipSync(body).length, 0) }
}

async function isLight(t, page, path, ready) {
  await page.goto(`${BASE_URL}${path}`)
  // Whoever is not logged in sees the page before they are, and then again.
  await page.waitForLoadState('networkidle')
  await ready(page).waitFor()
  const { parts, bytes } = await weigh(page)
  t.diagnostic(`${path}: ${parts} parts, ${Math.round(bytes / 1024)} KiB gzip`)
  assert.ok(bytes > 40 * 1024 && bytes <= MOST, `${path}: ${bytes} bytes`)
}

test('the first screen is at most 130 KiB, whichever it is', async (t) => {
  const { page } = await visitor(t)
  await isLight(t, page, '/h5/book', (page) => page.getByRole('button', { name: '发起单人预约' }))
  await isLight(t, page, '/h5/register', (page) => page.getByRole('button', { name: '提交' }))
  await isLight(t, page, '/h5/me', (page) => page.getByRole('button', { name: '退出所有设备' }))
  await isLight(t, page, '/p/AAAAAAAAAAAAAAAAAAAAAA', (page) => page.getByText('凭证无效'))
  const approver = await member(t, 'chenjing')
  await isLight(t, approver.page, '/h5/staff', (page) => page.getByRole('tab', { name: '已处理' }))
})
