// The mini-program's parts in WeChat's own old engine (miniprogram-simulate, templates by wcc): what the harness in
// Chromium, which is another engine, might forgive. And what must be the same elsewhere.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { JSDOM } from 'jsdom'
import ts from 'typescript'
import { MINIPROGRAM } from '../mp-harness/compile.mjs'

const require = createRequire(import.meta.url)
const { window } = new JSDOM('<!doctype html>', { pretendToBeVisual: true, url: 'https://mini.test/' })
// Node's own timers are objects, which WeChat's data cannot hold.
const { document, setInterval, clearInterval } = window
Object.assign(globalThis, { window, document, setInterval: setInterval.bind(window), clearInterval: clearInterval.bind(window) })

// Whatever still ticks ends with it.
after(() => window.close())

const simulate = require('miniprogram-simulate')
/** What WeChat answered to each call: [name, options]. */
const calls = []
const answers = { getStorageSync: () => '', getAppBaseInfo: () => ({ language: 'zh_CN' }) }
globalThis.wx = new Proxy({}, {
  get: (_, name) => (options) => {
    calls.push([name, options])
    return answers[name]?.(options)
  },
})
// It knows components alone; a page is one whose functions are its methods.
globalThis.Page = (page) => {
  const entries = Object.entries(page)
  const functions = entries.filter(([, value]) => typeof value === 'function')
  globalThis.Component({ data: page.data, methods: Object.fromEntries(functions) })
}

function render(path, properties) {
  const id = simulate.load(join(MINIPROGRAM, path), { rootPath: MINIPROGRAM, compiler: 'official' })
  const part = simulate.render(id, properties)
  part.place = document.body.appendChild(document.createElement('div'))
  part.attach(part.place)
  return part
}
const said = (part) => part.place.textContent.replace(/\s+/g, ' ').trim()

test('a plate is typed key by key, and the keys follow the place', () => {
  const part = render('components/plate-field/plate-field', { plate: '', error: '车牌号不完整' })
  assert.equal(said(part), '车牌号选填车牌号不完整')
  part.instance.open()
  assert.match(said(part), /渝川贵/)
  const written = []
  part.addEventListener('write', ({ detail }) => written.push(detail))
  part.instance.press({ currentTarget: { dataset: { key: '渝' } } })
  assert.deepEqual(written, [{ field: 'plate', value: '渝' }])
  part.setData({ plate: '渝A' })
  assert.match(said(part), /渝A.*1234567890ABCDEFGHJKLMNPQRSTUVWXYZ/)
  part.setData({ plate: '渝AD1234' })
  assert.match(said(part), /1234567890ABCDEFGHJKLMNPQRSTUVWXYZ/)
})

test('a countdown counts minutes, and days beyond a day', () => {
  const until = (until) => said(render('components/count-down/count-down', { now: '2026-03-02T14:00:00+08:00', until }))
  assert.match(until('2026-03-02T16:00:00+08:00'), /^1(20:00|19:59)$/)
  assert.match(until('2026-03-04T15:00:30+08:00'), /^2天 01:00:(30|29)$/)
  assert.equal(until('2026-03-02T13:00:00+08:00'), '00:00')
})

test('a field shows what was chosen of its options', () => {
  const options = [{ id: '1', name: '校园区域' }, { id: '2', name: '丁香水榭小区' }]
  const part = render('components/option-field/option-field', { label: '到访区域', options, chosen: '2', field: 'area' })
  assert.match(said(part), /到访区域\*丁香水榭小区/)
  const written = []
  part.addEventListener('write', ({ detail }) => written.push(detail))
  part.instance.pick({ detail: { value: '0' } })
  assert.deepEqual(written, [{ field: 'area', value: '1' }])
})

test('every page shows something before its first answer', async () => {
  const { pages } = require(join(MINIPROGRAM, 'app.json'))
  for (const path of pages) {
    const page = render(path, {})
    page.instance.onLoad?.({ token: 'T', id: '1' })
    assert.ok(said(page).length > 0, path)
  }
})

test('a page that could not be had says so, and asks again when it is told to', async () => {
  answers.request = ({ fail }) => fail()
  const page = render('pages/invitation/invitation', {})
  page.instance.onLoad({ scene: encodeURIComponent('abc_-') })
  await new Promise((resolve) => setImmediate(resolve))
  assert.match(said(page), /网络不可用，请检查网络后重试。重试/)
  const asked = calls.filter(([name]) => name === 'request').map(([, { url }]) => new URL(url).pathname)
  assert.equal(asked.at(-1), '/api/invitations/abc_-')
  answers.request = ({ success }) => success({ statusCode: 404, data: '{"code":"not_found","detail":"没有找到"}' })
  page.instance.load()
  await new Promise((resolve) => setImmediate(resolve))
  assert.match(said(page), /邀请无效/)
})

/** A file of the phone's pages, as a module. */
async function ours(path) {
  const text = await readFile(new URL(`../src/${path}`, import.meta.url), 'utf8')
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } })
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`)
}

/** The mini-program's words on a phone whose WeChat speaks `language`. */
function textsIn(language) {
  const usual = answers.getAppBaseInfo
  answers.getAppBaseInfo = () => ({ language })
  const path = join(MINIPROGRAM, 'texts.js')
  delete require.cache[path]
  const { texts } = require(path)
  delete require.cache[path]
  answers.getAppBaseInfo = usual
  return texts
}

/** Each sentence under its keys; one that takes something with 甲 and 2 in it. */
const leaves = (words, path = []) =>
  typeof words === 'object'
    ? Object.entries(words).flatMap(([name, more]) => leaves(more, [...path, name]))
    : [[path.join('.'), typeof words === 'function' ? words('甲', 2) : words]]

test('the mini-program says what the phone’s pages say, in the same words, in both languages', async () => {
  const { Problem } = await ours('shared/api.ts')
  for (const [language, name] of [['zh_CN', 'zh'], ['en', 'en']]) {
    const { [name]: phone } = await ours(`h5/texts/${name}.ts`)
    const theirs = new Map(leaves(phone))
    const { own, problems, ...shared } = textsIn(language)
    for (const [path, words] of leaves(shared)) assert.equal(words, theirs.get(path), `${name} ${path}`)
    const broken = { ...Problem.words, ...phone.failures }
    assert.deepEqual(problems, { offline: broken.offline, failed: broken.broken })
    assert.ok(own)
  }
})

test('every word of the mini-program has its English, and whoever reads no Chinese gets that', () => {
  const [zh, en] = [textsIn('zh_CN'), textsIn('en')].map((texts) => new Map(leaves(texts)))
  assert.deepEqual([...en.keys()], [...zh.keys()])
  for (const [path, words] of en) assert.doesNotMatch(words.replaceAll('甲', ''), /\p{Script=Han}/u, path)
  assert.equal(textsIn('zh_TW').titles.book, '智慧访客')
  assert.equal(textsIn(undefined).titles.book, '智慧访客')
  assert.equal(textsIn('th').titles.book, 'Campus visits')
  // Before getAppBaseInfo there was but the one call that told everything.
  Object.assign(answers, { getSystemInfoSync: () => ({ language: 'en' }) })
  const { wx } = globalThis
  globalThis.wx = new Proxy(wx, { get: (wx, name) => (name === 'getAppBaseInfo' ? undefined : wx[name]) })
  assert.equal(textsIn('zh_CN').titles.book, 'Campus visits')
  globalThis.wx = wx
})

test('what WeChat shows before a page says its title, and what the page says in Chinese, are one', () => {
  const { titles, own } = textsIn('zh_CN')
  const { pages, tabBar } = require(join(MINIPROGRAM, 'app.json'))
  const titleOf = { ...titles, mine: own.mine.title, invitation: titles.invited }
  for (const path of pages) {
    const { navigationBarTitleText } = require(join(MINIPROGRAM, `${path}.json`))
    assert.equal(navigationBarTitleText, titleOf[path.split('/').pop()], path)
  }
  assert.deepEqual(tabBar.list.map(({ text }) => text), Object.values(own.tabs))
})

test('the pages that the service’s messages, links and codes lead to are there', async () => {
  const { pages } = require(join(MINIPROGRAM, 'app.json'))
  const root = new URL('../../', import.meta.url)
  const files = ['visit_approved', 'visit_rejected', 'visit_returned', 'pass_issued'].map((name) => `message_templates/${name}.toml`)
  for (const file of [...files, 'wechat.toml', 'src/sandbox/library.rs']) {
    const text = await readFile(new URL(file, root), 'utf8')
    const named = [...text.matchAll(/pages\/[a-z]+\/[a-z]+/g)].map(([page]) => page)
    assert.ok(named.length > 0, `${file} names a page`)
    for (const page of named) assert.ok(pages.includes(page), `${file} names ${page}`)
  }
})
