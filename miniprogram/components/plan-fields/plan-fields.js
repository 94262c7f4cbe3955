// 到访信息: whom, where, why and when.
const { emptyBooking } = require('../../utils/drafts')
const { daysBetween } = require('../../utils/format')
const { shown, texts } = require('../../texts')

Component({
  properties: {
    draft: { type: Object, value: /** @type {any} */ (emptyBooking()) },
    faults: { type: Object, value: /** @type {any} */ ({}) },
    areas: { type: Array, value: /** @type {Choice[]} */ ([]) },
    reasons: { type: Array, value: /** @type {Choice[]} */ ([]) },
  },
  data: { words: shown(texts.book), days: texts.common.days(1) },
  observers: {
    'draft.starts_at, draft.ends_at'(/** @type {string} */ starts, /** @type {string} */ ends) {
      if (starts && ends) this.setData({ days: texts.common.days(daysBetween(starts, ends)) })
    },
  },
  methods: {
    /** @param {WechatMiniprogram.CustomEvent} event */
    write({ detail }) {
      this.triggerEvent('write', detail)
    },
  },
})
