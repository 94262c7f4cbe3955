// 预约记录 or 登记记录, page by page: its page tells it when the end is near, and when it was pulled down.
const { registrations, visits, problemOf } = require('../../utils/api')
const { moment } = require('../../utils/format')
const { stageOf, texts } = require('../../texts')

const { days, inBrackets, to } = texts.common

/** @param {Visit} visit */
const toCard = (visit) => ({
  id: visit.id,
  title: `${visit.host.name} · ${visit.area}`,
  stage: visit.stage,
  stageText: stageOf(visit),
  lines: [
    visit.reason,
    `${moment(visit.starts_at)} ${to} ${moment(visit.ends_at)} ${inBrackets(days(visit.days))}`,
    ...(visit.invitation ? [texts.visit.joined(visit.invitation.joined, visit.invitation.capacity)] : []),
    `${texts.visit.submitted} ${moment(visit.submitted_at)}`,
  ],
})

Component({
  properties: { of: { type: String, value: 'visits' }, none: { type: String, value: '' } },
  data: {
    words: { loading: texts.common.loading, end: texts.common.end },
    cards: /** @type {ReturnType<typeof toCard>[]} */ ([]),
    next: /** @type {string | null} */ (null),
    loaded: false,
    busy: false,
    failure: '',
  },
  lifetimes: {
    attached() {
      this.refresh()
    },
  },
  methods: {
    refresh() {
      return this.load()
    },
    more() {
      const { next, busy } = this.data
      return next && !busy ? this.load(next) : undefined
    },
    /** @param {string} [after] */
    async load(after) {
      this.setData({ busy: true, failure: '' })
      try {
        const list = this.data.of === 'registrations' ? registrations.list : visits.list
        const { items, next } = await list(after)
        const cards = items.map(toCard)
        this.setData({ cards: after ? this.data.cards.concat(cards) : cards, next: next || null, loaded: true })
      } catch (error) {
        this.setData({ failure: problemOf(error).message })
      }
      this.setData({ busy: false })
    },
    /** @param {WechatMiniprogram.TouchEvent} event */
    open({ currentTarget }) {
      wx.navigateTo({ url: `/pages/visit/visit?id=${currentTarget.dataset.id}` })
    },
  },
})
