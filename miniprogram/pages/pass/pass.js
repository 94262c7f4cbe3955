// What a visitor shows at the gate, behind a link (`token`) or a code (`scene`). The last answer is kept on the phone,
// with the codes of the next minutes, so that a gate without a signal still sees one; the server's clock, not the
// phone's, says which counts.
const { links, problemOf } = require('../../utils/api')
const { ask } = require('../../utils/asking')
const { entitle } = require('../../utils/bars')
const { draw } = require('../../utils/code')
const { moment } = require('../../utils/format')
const { keptPasses } = require('../../utils/kept-passes')
const { shown, texts } = require('../../texts')

const words = texts.pass
const REFRESH_SECONDS = 30
/** After which one books anew. */
const ENDED = ['expired', 'withdrawn', 'rejected']

/** @param {Pass} pass */
const toFacts = (pass) => [
  { name: words.holder, value: pass.holder },
  ...(typeof pass.entries_left === 'number' ? [{ name: words.entriesLeft, value: words.entries(pass.entries_left) }] : []),
  { name: words.host, value: pass.host },
  { name: words.area, value: pass.area },
  { name: words.starts, value: moment(pass.starts_at) },
  { name: words.ends, value: moment(pass.ends_at) },
]

/** The window opens and closes between two answers too, and without any. @param {Pass} pass @param {number} now @returns {keyof typeof words.states} */
function stateAt(pass, now) {
  if (pass.state === 'revoked') return pass.stage === 'withdrawn' || pass.stage === 'rejected' ? pass.stage : 'revoked'
  if (now > Date.parse(pass.ends_at)) return 'expired'
  if (pass.entries_left === 0) return 'used_up'
  return now < Date.parse(pass.starts_at) ? 'not_yet' : 'valid'
}

/** The rotating code of a moment, while there is one. @param {Pass} pass @param {number} now */
function codeAt(pass, now) {
  const { rotating } = pass
  if (!rotating) return null
  const found = rotating.codes.find(({ from }) => {
    const begun = Date.parse(from)
    return begun <= now && now < begun + rotating.step_seconds * 1000
  })
  return found ? { from: found.from, size: rotating.size, rows: found.rows } : null
}

Page({
  data: {
    words: { ...shown(words), loading: texts.common.loading, again: texts.visit.again },
    face: { name: texts.book.facePhoto, withdraw: texts.me.withdrawFace },
    token: '',
    pass: /** @type {Pass | null} */ (null),
    heardAt: 0,
    facts: /** @type {ReturnType<typeof toFacts>} */ ([]),
    state: '',
    ended: false,
    stateText: '',
    advice: '',
    offline: '',
    refresh: '',
    /** From when the code on the canvas counts; empty when there is none. */
    drawn: '',
    /** The one code that does not rotate, for want of another, and what stands beside it. */
    picture: '',
    mark: '',
    unknown: false,
    failure: '',
    busy: false,
    nextAt: 0,
    ticking: 0,
  },
  /** @param {Record<string, string | undefined>} query */
  onLoad({ token, scene }) {
    entitle(texts.titles.pass)
    const key = token || decodeURIComponent(scene || '')
    const kept = keptPasses.find(key)
    this.setData({ token: key })
    // WeChat calls it without its page.
    this.online = () => {
      this.refresh()
    }
    if (kept) this.hear(kept.pass, kept.heardAt)
  },
  onShow() {
    wx.setKeepScreenOn({ keepScreenOn: true })
    wx.onNetworkStatusChange(this.online)
    this.setData({ drawn: '', ticking: setInterval(() => this.tick(), 1000) })
    this.refresh()
  },
  onHide() {
    this.rest()
  },
  onUnload() {
    this.rest()
  },
  rest() {
    wx.setKeepScreenOn({ keepScreenOn: false })
    wx.offNetworkStatusChange(this.online)
    clearInterval(this.data.ticking)
  },
  /** The network has changed. @type {() => void} */
  online() {},
  async refresh() {
    const { token, busy } = this.data
    if (busy) return
    this.setData({ busy: true })
    try {
      const pass = await links.pass(token)
      keptPasses.keep(token, { pass, heardAt: Date.now() })
      this.setData({ offline: '', failure: '', unknown: false })
      this.hear(pass, Date.now())
    } catch (error) {
      this.miss(problemOf(error))
    }
    this.setData({ busy: false, nextAt: Date.now() + REFRESH_SECONDS * 1000 })
    this.tick()
  },
  /** @param {import('../../utils/api').Problem} problem */
  miss(problem) {
    if (problem.status === 404 || problem.status === 410) {
      keptPasses.forget(this.data.token)
      this.setData({ unknown: true, pass: null })
    } else if (this.data.pass) {
      this.setData({ offline: words.offline(moment(this.data.heardAt)) })
    } else {
      this.setData({ failure: problem.message })
    }
  },
  /** @param {Pass} pass @param {number} heardAt */
  hear(pass, heardAt) {
    this.setData({ pass, heardAt, facts: toFacts(pass) })
    this.tick()
  },
  tick() {
    const { pass, heardAt, nextAt, unknown } = this.data
    if (unknown) return
    const now = Date.now()
    if (nextAt && now >= nextAt) this.refresh()
    if (pass) this.show(pass, Date.parse(pass.now) + (now - heardAt))
    const seconds = Math.max(0, Math.ceil((nextAt - now) / 1000))
    this.setData({ refresh: words.refresh(seconds) })
  },
  /** @param {Pass} pass @param {number} now by the server's clock */
  show(pass, now) {
    const state = stateAt(pass, now)
    const opens = state === 'valid' || state === 'not_yet'
    const code = opens ? codeAt(pass, now) : null
    const fixed = opens && !code && pass.qr_svg
    this.setData({
      state,
      ended: ENDED.includes(state),
      stateText: words.states[state],
      advice: words.advice[state](moment(pass.starts_at)),
      // As a picture and not as markup: nothing inside it can run.
      picture: fixed ? `data:image/svg+xml;charset=utf-8,${encodeURIComponent(fixed)}` : '',
      mark: fixed && pass.code_mark ? words.mark(pass.code_mark) : '',
    })
    if (code && code.from !== this.data.drawn) {
      // On the canvas that stands there only once the page has been drawn.
      this.setData({ drawn: code.from }, () => draw(this, '#code', code))
    } else if (!code) {
      this.setData({ drawn: '' })
    }
  },
  async withdrawFace() {
    const { withdrawFace, withdrawFaceAsk, removed } = texts.me
    const act = () => links.withdrawFace(this.data.token).then(() => true)
    if (await ask({ title: withdrawFace, question: withdrawFaceAsk, done: removed, act })) this.refresh()
  },
  toBook() {
    wx.switchTab({ url: '/pages/book/book' })
  },
})
