// What is kept of me: read, taken along, taken back, given up. Nothing of one person stays on the phone for the next.
const { me, problemOf } = require('../../utils/api')
const { ask, say } = require('../../utils/asking')
const { entitle, nameTabs } = require('../../utils/bars')
const { keeper } = require('../../utils/drafts')
const { moment } = require('../../utils/format')
const { shown, texts } = require('../../texts')

const words = texts.own.mine

/** Whether the phone was logged out, and nobody asked to be known again: the page itself is made anew by then. */
let left = false

/** @param {Own['photos'][number]} photo */
function toPhoto({ id, kind: named, given_at }) {
  const kind = words.kinds[named === 'face' ? 'face' : 'id_card']
  return { id, kind, take: words.takeOf(kind), given: `${words.given} ${moment(given_at)}` }
}

/** @param {Own['consents'][number]} consent */
const toConsent = ({ given_at, withdrawn_at }) => [
  { name: texts.me.purpose, value: texts.me.consent },
  { name: texts.me.consentGiven, value: moment(given_at) },
  ...(withdrawn_at ? [{ name: texts.me.consentEnded, value: moment(withdrawn_at) }] : []),
]

Page({
  data: {
    words: shown(words),
    names: {
      name: texts.book.name,
      phone: texts.book.phone,
      logOut: texts.common.logOut,
      everywhere: texts.me.everywhere,
      consents: texts.me.consents,
      loading: texts.common.loading,
    },
    leaving: shown(texts.left),
    loaded: false,
    left: false,
    name: '',
    phone: '',
    photos: /** @type {ReturnType<typeof toPhoto>[]} */ ([]),
    consents: /** @type {ReturnType<typeof toConsent>[]} */ ([]),
    amount: '',
    failure: '',
  },
  onShow() {
    entitle(words.title)
    nameTabs()
    if (left) this.setData({ left })
    else this.load()
  },
  async load() {
    left = false
    this.setData({ failure: '', left })
    try {
      const own = await me.export()
      this.setData({
        loaded: true,
        name: own.account.name || words.nobody,
        phone: own.account.phone || words.nobody,
        photos: own.photos.map(toPhoto),
        consents: own.consents.map(toConsent),
        amount: words.amount(own.visits.length, own.messages.length),
      })
    } catch (error) {
      this.setData({ failure: problemOf(error).message })
    }
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  async takeBack({ currentTarget }) {
    const act = () => me.withdrawPhoto(currentTarget.dataset.id).then(() => true)
    if (await ask({ title: words.take, question: words.takeAsk, done: words.taken, act })) this.load()
  },
  async exportAll() {
    try {
      await wx.setClipboardData({ data: JSON.stringify(await me.export(), null, 2) })
      say(words.exported)
    } catch (error) {
      say(problemOf(error).message)
    }
  },
  async logOut() {
    const act = () => me.logOut().then(() => true)
    if (await ask({ title: texts.common.logOut, question: words.logOutAsk, done: words.loggedOut, act })) this.forget()
  },
  async logOutEverywhere() {
    const act = () => me.logOutEverywhere().then(() => true)
    const { everywhere, everywhereAsk } = texts.me
    if (await ask({ title: everywhere, question: everywhereAsk, done: words.loggedOut, act })) this.forget()
  },
  forget() {
    keeper.forgetAll()
    wx.clearStorageSync()
    left = true
    // Every page goes, with what was typed into it.
    wx.reLaunch({ url: '/pages/mine/mine' })
  },
  async leave() {
    const { confirm, content } = await wx.showModal({
      title: words.leave,
      content: '',
      placeholderText: words.leaveAsk,
      editable: true,
      confirmText: texts.own.yes,
      cancelText: texts.own.no,
    })
    if (!confirm) return
    try {
      // The server asks for the word, and says so.
      await me.leave(content || '')
      say(words.left)
      this.forget()
    } catch (error) {
      const { fields, message } = problemOf(error)
      say(fields.confirm || message)
    }
  },
})
