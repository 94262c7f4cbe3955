// Behind an invitation's link (`token`) or code (`scene`): what one is invited to, and the form with which one takes a
// place. One phone may fill in several people.
const { links, problemOf } = require('../../utils/api')
const { entitle } = require('../../utils/bars')
const { moment } = require('../../utils/format')
const { shown, stageOf, texts } = require('../../texts')

const words = texts.invited

/** @param {Invited} invited */
const toFacts = (invited) => [
  { name: words.initiator, value: invited.initiator },
  { name: texts.book.host, value: `${invited.host} · ${invited.department}` },
  { name: texts.book.area, value: invited.area },
  { name: texts.book.reason, value: invited.reason },
  { name: words.time, value: `${moment(invited.starts_at)} ${texts.common.to}\n${moment(invited.ends_at)}` },
  { name: words.joined, value: `${invited.invitation.joined}/${invited.invitation.capacity}` },
]

Page({
  data: {
    words: shown(words),
    lapses: texts.board.lapses,
    loading: texts.common.loading,
    token: '',
    invited: /** @type {Invited | null} */ (null),
    stage: '',
    facts: /** @type {ReturnType<typeof toFacts>} */ ([]),
    ending: /** @type {{ title: string, advice: string } | null} */ (null),
    accepted: false,
    filled: 0,
    unknown: false,
    failure: '',
  },
  /** @param {Record<string, string | undefined>} query */
  onLoad({ token, scene }) {
    entitle(texts.titles.invited)
    this.setData({ token: token || decodeURIComponent(scene || '') })
    this.load()
  },
  async load() {
    this.setData({ failure: '' })
    try {
      this.show(await links.invitation(this.data.token))
    } catch (error) {
      const problem = problemOf(error)
      if (problem.status === 404) this.setData({ unknown: true })
      else if (!this.data.invited) this.setData({ failure: problem.message })
    }
  },
  /** @param {Invited} invited */
  show(invited) {
    /** @type {Record<string, { title: string, advice: string }>} */
    const endings = words.endings
    const { ending } = invited.invitation
    this.setData({
      invited,
      stage: stageOf(invited),
      facts: toFacts(invited),
      ending: (ending && endings[ending]) || null,
    })
  },
  /** @param {WechatMiniprogram.CustomEvent<{ invited: Invited }>} event */
  accepted({ detail }) {
    this.show(detail.invited)
    this.setData({ accepted: true, filled: this.data.filled + 1 })
    wx.pageScrollTo({ scrollTop: 0, duration: 0 })
  },
  another() {
    this.setData({ accepted: false })
  },
  toRecords() {
    wx.switchTab({ url: '/pages/book/book' })
  },
})
