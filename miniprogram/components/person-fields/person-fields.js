// 基本信息 and 备案信息 of one visitor.
const { emptyPerson } = require('../../utils/drafts')
const { shown, texts } = require('../../texts')

Component({
  properties: {
    draft: { type: Object, value: /** @type {any} */ (emptyPerson()) },
    faults: { type: Object, value: /** @type {any} */ ({}) },
  },
  data: { words: shown(texts.book), carried: 0 },
  observers: {
    'draft.items'(/** @type {string | undefined} */ items) {
      this.setData({ carried: [...(items || '')].length })
    },
  },
  methods: {
    /** @param {WechatMiniprogram.Input} event */
    typed({ currentTarget, detail }) {
      this.triggerEvent('write', { field: currentTarget.dataset.field, value: detail.value })
    },
    /** @param {WechatMiniprogram.CustomEvent} event */
    write({ detail }) {
      this.triggerEvent('write', detail)
    },
    /** @param {WechatMiniprogram.CustomEvent} event */
    sending({ detail }) {
      this.triggerEvent('sending', detail)
    },
    consent() {
      const consent = !this.data.draft.consent
      this.triggerEvent('write', { field: 'consent', value: consent })
      if (!consent) this.triggerEvent('write', { field: 'face_photo', value: '' })
    },
  },
})
