// A phone that runs the mini-program: WeChat's pages by glass-easel, its own elements by a browser's, and behind them
// the `wx` of wx.js.
import { CurrentWindowBackendContext } from 'glass-easel'
import { MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import { scripts, settings, style, templates } from 'virtual:mini-program'
import { chooseFrom, words } from './dialogs.js'
import { makeWx } from './wx.js'

const app = settings['app.json']
const $ = (id) => document.getElementById(id)

/** WeChat's elements that a browser has under other names. */
const ELEMENTS = { view: 'div', text: 'span', image: 'img', 'page-meta': 'meta' }
/** 字体大小, which the person set in WeChat. */
const typeSize = `${new URLSearchParams(location.search).get('type') ?? 16}px`
/** WeChat's attributes that a browser has under other names, or keeps as properties. */
const ATTRIBUTES = {
  'aria-role'(element, value) {
    element.setAttribute('role', value)
    if (value === 'heading') element.setAttribute('aria-level', '2')
  },
  'aria-label': (element, value) => element.tagName === 'IMG' && element.setAttribute('alt', value),
  value: (element, value) => element.value !== value && (element.value = value),
  'root-font-size': (_, value) => (document.documentElement.style.fontSize = value === 'system' ? typeSize : value),
  focus: (element) => requestAnimationFrame(() => element.focus()),
  loading: (element) => element.setAttribute('aria-busy', 'true'),
  mode: (element, value) => (element.style.objectFit = value === 'aspectFill' ? 'cover' : 'contain'),
}
const { setAttribute } = Element.prototype
Element.prototype.setAttribute = function (name, value) {
  // The keyboard of a phone, and not the browser's idea of a number.
  if (name === 'type' && value === 'number') return setAttribute.call(this, 'inputmode', 'numeric')
  if (!name.startsWith('aria-role')) setAttribute.call(this, name, value)
  ATTRIBUTES[name]?.(this, value)
}

/** The browser's events are not WeChat's: those are told by `tell`. */
class Screen extends CurrentWindowBackendContext {
  setListenerStats() {}
}
function tell(element, name, detail, options) {
  let known = element
  while (known && !known.__wxElement) known = known.parentNode
  known?.__wxElement.triggerEvent(name, detail, options)
}
document.addEventListener('input', ({ target }) => tell(target, 'input', { value: target.value }))
document.addEventListener('keydown', ({ key, target }) => {
  if (key === 'Enter' && target.tagName === 'INPUT') tell(target, 'confirm', { value: target.value })
})
document.addEventListener('click', async ({ target }) => {
  tell(target, 'tap', {}, { bubbles: true, composed: true })
  const button = target.closest?.('button[open-type]')
  if (button?.getAttribute('open-type') === 'share') globalThis.shared = top().page.onShareAppMessage()
  if (button?.getAttribute('open-type') === 'getPhoneNumber') tell(button, 'getphonenumber', await wx.phoneCode())
})

const env = new MiniProgramEnv()
const space = env.createCodeSpace('', true)
const using = space.getComponentSpace()
for (const [ours, theirs] of Object.entries(ELEMENTS)) using.setGlobalUsingComponent(ours, theirs)

/** What `require` gives, by the file's path. */
const loaded = {}
function run(path, { Page, Component } = {}) {
  if (loaded[path]) return loaded[path].exports
  const module = (loaded[path] = { exports: {} })
  const require = (asked) => {
    const { pathname } = new URL(asked, `https://mini/${path}`)
    return run(`${pathname.slice(1)}.js`)
  }
  scripts[path].call(undefined, require, module, module.exports, wx, () => {}, Page, Component)
  return module.exports
}

function define(path) {
  const config = settings[`${path}.json`]
  space.addComponentStaticConfig(path, {
    ...config,
    usingComponents: { ...config.usingComponents, picker: '/picker' },
  })
  space.addCompiledTemplate(path, { groupList: templates, content: templates[path] })
  space.componentEnv(path, (builders) => run(`${path}.js`, builders))
}

/** WeChat's wheel, as a sheet of choices. */
function definePicker() {
  space.addComponentStaticConfig('picker', { component: true })
  space.addCompiledTemplate('picker', { groupList: templates, content: templates.picker })
  space.componentEnv('picker', ({ Component }) =>
    Component({
      properties: { mode: String, range: Array, rangeKey: String, value: String, start: String, ariaLabel: String },
      methods: {
        async open() {
          const { mode, range, rangeKey, value, ariaLabel } = this.data
          const words = range.map((item) => (rangeKey ? item[rangeKey] : item))
          const chosen = await chooseFrom(ariaLabel, mode, words, value)
          if (chosen !== undefined) this.triggerEvent('change', { value: chosen })
        },
      },
    }),
  )
}

/** The pages, the one that is seen last. */
const stack = []
const top = () => stack.at(-1)

function leave(left) {
  left.page.onUnload?.()
  left.root.release()
  left.place.remove()
}

function enter(url) {
  const { pathname, search, searchParams } = new URL(url, 'https://mini/')
  const path = pathname.slice(1)
  if (!app.pages.includes(path)) throw new Error(`no page ${path}`)
  const place = document.createElement('div')
  const stand = place.appendChild(document.createElement('div'))
  $('screen').append(place)
  const root = backend.createRoot('div', space, path)
  root.attach(place, stand)
  const page = root.get()
  const title = settings[`${path}.json`].navigationBarTitleText ?? app.window.navigationBarTitleText
  stack.push({ path, url: path + search, place, root, page, title })
  // As WeChat gives it: what stands behind `scene` is still encoded.
  const query = Object.fromEntries([...searchParams].map(([name, value]) => [name, name === 'scene' ? encodeURIComponent(value) : value]))
  page.onLoad?.(query)
}

function show() {
  const seen = top()
  for (const { place } of stack) place.hidden = place !== seen.place
  const tabs = app.tabBar.list
  const tabbed = tabs.some(({ pagePath }) => pagePath === seen.path)
  $('tabs').hidden = !tabbed
  document.body.classList.toggle('tabbed', tabbed)
  $('back').hidden = stack.length === 1
  for (const button of $('tabs').children) {
    button.toggleAttribute('data-on', false)
    if (button.dataset.path === seen.path) button.setAttribute('aria-current', 'page')
    else button.removeAttribute('aria-current')
  }
  title(seen.title)
  scrollTo(0, 0)
  seen.page.onShow?.()
}

function title(words) {
  top().title = words
  $('title').textContent = words
  document.title = words
}

const ways = {
  navigateTo(url) {
    top().page.onHide?.()
    enter(url)
    show()
  },
  redirectTo(url) {
    leave(stack.pop())
    enter(url)
    show()
  },
  switchTab(url) {
    while (stack.length) leave(stack.pop())
    enter(url)
    show()
  },
  navigateBack() {
    if (stack.length < 2) return false
    leave(stack.pop())
    show()
    return true
  },
  title,
  nameTab(index, text) {
    if ($('tabs').hidden) throw new Error('setTabBarItem: this page is no tab')
    $('tabs').children[index].textContent = text
  },
  find: (selector) => top().root.getComponent().getShadowRoot().querySelector(selector)?.getBackendElement(),
}

const wx = makeWx(ways)
const backend = env.associateBackend(new Screen())
backend.registerStyleSheetContent('app.wxss', style.replace(/^( *)page \{/gm, '$1body {'))
space.addStyleSheet('app', 'app.wxss')
definePicker()
for (const name of Object.keys(templates).filter((path) => path.startsWith('components/'))) define(name)
for (const path of app.pages) define(path)

for (const { pagePath, text } of app.tabBar.list) {
  const button = document.createElement('button')
  Object.assign(button, { textContent: text, onclick: () => ways.switchTab(`/${pagePath}`) })
  button.dataset.path = pagePath
  $('tabs').append(button)
}
Object.assign($('back'), { textContent: words.back, onclick: () => ways.navigateBack() })
document.documentElement.lang = wx.getAppBaseInfo().language.replace('_', '-')
enter(new URLSearchParams(location.search).get('open') ?? `/${app.pages[0]}`)
show()
