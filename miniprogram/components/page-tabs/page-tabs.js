// The form of a page, and the records beside it.
Component({
  properties: {
    words: { type: Object, value: { form: '', records: '' } },
    on: { type: String, value: 'form' },
  },
  methods: {
    /** @param {WechatMiniprogram.TouchEvent} event */
    choose({ currentTarget }) {
      this.triggerEvent('choose', { tab: currentTarget.dataset.tab })
    },
  },
})
