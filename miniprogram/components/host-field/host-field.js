// Somebody who works here, found by their full name: the server tells nobody who does to those who cannot name them.
const { choices, problemOf } = require('../../utils/api')
const { shown, texts } = require('../../texts')

Component({
  properties: {
    host: null,
    error: null,
  },
  data: {
    words: shown(texts.hosts),
    label: texts.book.host,
    choose: texts.common.choose,
    open: false,
    asked: '',
    busy: false,
    failure: '',
    searched: false,
    found: /** @type {Host[]} */ ([]),
  },
  methods: {
    open() {
      this.setData({ open: true })
    },
    close() {
      this.setData({ open: false })
    },
    /** @param {WechatMiniprogram.Input} event */
    typed({ detail }) {
      this.setData({ asked: detail.value })
    },
    async search() {
      const name = this.data.asked.trim()
      if (!name || this.data.busy) return
      this.setData({ busy: true, failure: '' })
      try {
        this.setData({ found: await choices.hosts(name), searched: true })
      } catch (error) {
        this.setData({ found: [], searched: false, failure: problemOf(error).message })
      }
      this.setData({ busy: false })
    },
    /** @param {WechatMiniprogram.TouchEvent} event */
    choose({ currentTarget }) {
      const value = this.data.found[Number(currentTarget.dataset.place)]
      this.setData({ open: false })
      this.triggerEvent('write', { field: 'host', value })
    },
  },
})
