// One of a few, picked from a wheel.
const { texts } = require('../../texts')

Component({
  properties: {
    field: { type: String, value: '' },
    label: { type: String, value: '' },
    options: { type: Array, value: /** @type {Choice[]} */ ([]) },
    chosen: { type: String, value: '' },
    error: null,
  },
  data: { words: '', place: 0, choose: texts.common.choose },
  observers: {
    'options, chosen'(/** @type {Choice[]} */ options, /** @type {string} */ chosen) {
      const place = options.findIndex(({ id }) => id === chosen)
      const found = options[place]
      this.setData({ place: Math.max(0, place), words: found ? found.name : '' })
    },
  },
  methods: {
    /** @param {WechatMiniprogram.PickerChange} event */
    pick({ detail }) {
      const option = this.data.options[Number(detail.value)]
      if (option) this.triggerEvent('write', { field: this.data.field, value: option.id })
    },
  },
})
