// 智慧访客: book, and what has been booked.
const { say } = require('../../utils/asking')
const { entitle, nameTabs } = require('../../utils/bars')
const { shown, texts } = require('../../texts')

Page({
  data: { words: shown(texts.book), tab: 'form' },
  /** @param {WechatMiniprogram.CustomEvent} event */
  choose({ detail }) {
    this.setData({ tab: detail.tab })
  },
  onShow() {
    entitle(texts.titles.book)
    nameTabs()
    this.list()?.refresh()
  },
  async onPullDownRefresh() {
    await this.list()?.refresh()
    wx.stopPullDownRefresh()
  },
  onReachBottom() {
    this.list()?.more()
  },
  list() {
    return this.selectComponent('#records')
  },
  /** @param {WechatMiniprogram.CustomEvent<{ visit: Visit }>} event */
  sent({ detail: { visit } }) {
    this.setData({ tab: 'records' })
    say(visit.invitation && visit.invitation.open ? texts.invite.made : texts.book.submitted)
    wx.navigateTo({ url: `/pages/visit/visit?id=${visit.id}` })
  },
  onShareAppMessage() {
    return { title: texts.titles.book, path: '/pages/book/book' }
  },
})
