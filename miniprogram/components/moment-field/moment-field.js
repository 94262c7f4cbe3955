// A day, and unless it is of `day` alone a time of that day: `2026-03-02 14:00:00`.
const { texts } = require('../../texts')
const { today } = require('../../utils/format')

Component({
  properties: {
    field: { type: String, value: '' },
    label: { type: String, value: '' },
    moment: { type: String, value: '' },
    day: { type: Boolean, value: false },
    error: null,
  },
  data: { date: '', time: '', today: today(), words: { date: texts.own.date, time: texts.own.time } },
  observers: {
    moment(/** @type {string} */ moment) {
      this.setData({ date: moment.slice(0, 10), time: moment.slice(11, 16) })
    },
  },
  methods: {
    /** @param {WechatMiniprogram.PickerChange} event */
    pickDate({ detail }) {
      this.write(String(detail.value) + this.data.moment.slice(10))
    },
    /** @param {WechatMiniprogram.PickerChange} event */
    pickTime({ detail }) {
      // The wheel has no seconds, and the last minute of a day is meant to its end.
      const seconds = detail.value === '23:59' ? '59' : '00'
      this.write(`${this.data.date} ${detail.value}:${seconds}`)
    },
    /** @param {string} value */
    write(value) {
      this.triggerEvent('write', { field: this.data.field, value })
    },
  },
})
