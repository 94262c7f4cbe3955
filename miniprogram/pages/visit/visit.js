// A visit before the one who began it; while others may still join, the invitation comes first, and can be sent on.
const { visits, problemOf } = require('../../utils/api')
const { ask } = require('../../utils/asking')
const { entitle } = require('../../utils/bars')
const { moment } = require('../../utils/format')
const { shown, stageOf, texts, worded } = require('../../texts')

const words = texts.visit
const WITHDRAWABLE = ['submitted', 'pending', 'approved', 'returned']
/** Where another one like it may begin. */
const ENDED = ['rejected', 'lapsed', 'withdrawn', 'completed']
/** What to do, where the stage does not say it by itself. @type {Record<string, string | undefined>} */
const next = words.next

/** @param {string} name @param {string | null | undefined} value */
const fact = (name, value) => ({ name, value: value || '' })

/** @param {Visit} visit */
function planFacts(visit) {
  const { resident, host } = visit
  const whom = resident
    ? [
        fact(texts.register.residentName, resident.name),
        fact(texts.register.phone, resident.phone),
        fact(texts.register.house, resident.house),
      ]
    : [fact(words.host, host.name), fact(words.department, host.department)]
  return [
    ...whom,
    fact(texts.book.area, visit.area),
    fact(texts.book.reason, visit.reason),
    fact(words.note, visit.note),
    fact(texts.book.starts, moment(visit.starts_at)),
    fact(texts.book.ends, moment(visit.ends_at)),
    fact(texts.book.days, texts.common.days(visit.days)),
  ].filter(({ value }) => value)
}

/** @param {Visit['visitors'][number]} visitor */
const toVisitor = (visitor) => ({
  id: visitor.id,
  facts: [
    fact(texts.book.name, visitor.name),
    fact(texts.book.phone, visitor.phone),
    fact(texts.book.facePhoto, visitor.has_face ? words.hasFace : words.noFace),
    fact(texts.book.plate, visitor.plate),
    fact(texts.book.items, visitor.items),
  ].filter(({ value }) => value),
  pass: visitor.pass ? visitor.pass.link.replace('/p/', '') : '',
})

Page({
  data: {
    words: shown(words),
    sections: { visit: texts.titles.visit, plan: texts.book.visitSection, loading: texts.common.loading },
    advice: '',
    id: '',
    visit: /** @type {Visit | null} */ (null),
    stage: '',
    head: /** @type {ReturnType<typeof fact>[]} */ ([]),
    plan: /** @type {ReturnType<typeof fact>[]} */ ([]),
    visitors: /** @type {ReturnType<typeof toVisitor>[]} */ ([]),
    inviting: false,
    canWithdraw: false,
    canEdit: false,
    again: '',
    failure: '',
  },
  /** @param {Record<string, string | undefined>} query */
  onLoad({ id }) {
    entitle(texts.titles.visit)
    this.setData({ id: id || '' })
  },
  onShow() {
    this.load()
  },
  async load() {
    this.setData({ failure: '' })
    try {
      this.show(await visits.find(this.data.id))
    } catch (error) {
      // What was seen already stays, when only a second look failed.
      if (!this.data.visit) this.setData({ failure: problemOf(error).message })
    }
  },
  /** @param {WechatMiniprogram.CustomEvent<{ visit: Visit }>} event */
  changed({ detail }) {
    this.show(detail.visit)
  },
  /** @param {Visit} visit */
  show(visit) {
    const inviting = visit.stage === 'inviting'
    entitle(visit.resident ? texts.register.visit : visit.invitation ? texts.titles.invite : texts.titles.visit)
    this.setData({
      visit,
      stage: stageOf(visit),
      inviting,
      head: [
        fact(words.comment, worded(visit.comment)),
        fact(words.id, visit.id),
        fact(words.submitted, moment(visit.submitted_at)),
      ].filter(({ value }) => value),
      plan: planFacts(visit),
      visitors: visit.visitors.map(toVisitor),
      canWithdraw: WITHDRAWABLE.includes(visit.stage),
      canEdit: visit.stage === 'returned',
      again: !ENDED.includes(visit.stage) ? '' : visit.resident ? words.registerAgain : words.again,
      advice: visit.stage === 'submitted' ? texts.register.submittedAdvice : next[visit.stage] || '',
    })
    // Only an open invitation is sent on: any other page here is one's own.
    if (inviting) wx.showShareMenu({})
    else wx.hideShareMenu({})
  },
  async withdraw() {
    const act = () => visits.withdraw(this.data.id)
    const visit = await ask({ title: words.withdraw, question: words.withdrawAsk, done: words.withdrawn, act })
    if (visit) this.show(visit)
  },
  begin() {
    const { visit } = this.data
    wx.switchTab({ url: visit && visit.resident ? '/pages/register/register' : '/pages/book/book' })
  },
  edit() {
    wx.navigateTo({ url: `/pages/edit/edit?id=${this.data.id}` })
  },
  /** @param {WechatMiniprogram.TouchEvent} event */
  openPass({ currentTarget }) {
    wx.navigateTo({ url: `/pages/pass/pass?token=${currentTarget.dataset.token}` })
  },
  onShareAppMessage() {
    const { visit, inviting } = this.data
    const invitation = inviting && visit ? visit.invitation : null
    if (!invitation) return { title: texts.titles.book, path: '/pages/book/book' }
    const token = invitation.link.replace('/i/', '')
    const initiator = visit && visit.visitors[0] ? visit.visitors[0].name : ''
    return { title: texts.own.shareTitle(initiator), path: `/pages/invitation/invitation?token=${token}` }
  },
})
