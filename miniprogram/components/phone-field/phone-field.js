// One's phone, typed or given by WeChat with a tap; a phone that WeChat gives is proven as well, which a place that is
// kept for it needs.
const { me, problemOf } = require('../../utils/api')
const { say } = require('../../utils/asking')
const { texts } = require('../../texts')

Component({
  properties: {
    label: { type: String, value: texts.book.phone },
    phone: { type: String, value: '' },
    error: null,
  },
  data: { placeholder: texts.book.placeholders.phone, ask: texts.own.wechatPhone },
  methods: {
    /** @param {WechatMiniprogram.Input} event */
    typed({ detail }) {
      this.write(detail.value)
    },
    /** @param {WechatMiniprogram.ButtonGetPhoneNumber} event */
    async given({ detail }) {
      if (!detail.code) return say(texts.own.wechatPhoneOff)
      try {
        this.write((await me.provePhone(detail.code)).phone)
      } catch (error) {
        say(problemOf(error).message)
      }
    },
    /** @param {string} value */
    write(value) {
      this.triggerEvent('write', { field: 'phone', value })
    },
  },
})
