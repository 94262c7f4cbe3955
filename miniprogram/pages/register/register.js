// 丁香水榭小区访客登记: register, and what has been registered.
const { say } = require('../../utils/asking')
const { entitle, nameTabs } = require('../../utils/bars')
const { shown, texts } = require('../../texts')

Page({
  data: { words: shown(texts.register), tab: 'form' },
  /** @param {WechatMiniprogram.CustomEvent} event */
  choose({ detail }) {
    this.setData({ tab: detail.tab })
  },
  onShow() {
    entitle(texts.titles.register)
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
  /** @param {WechatMiniprogram.CustomEvent<{ id: string }>} event */
  sent({ detail: { id } }) {
    this.setData({ tab: 'records' })
    say(texts.register.submitted)
    wx.navigateTo({ url: `/pages/visit/visit?id=${id}` })
  },
})
