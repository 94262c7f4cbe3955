// A photo taken or chosen, made small by WeChat and sent at once; the form keeps only its id, and is told while one is
// on its way.
const { sendPhoto, problemOf } = require('../../utils/api')
const { shown, texts } = require('../../texts')

/** Percent of JPEG: at this an ID card's small print is still read. */
const QUALITY = 80
/** Pixels; more of them show nothing more of a card or a face. */
const WIDTH = 1600

Component({
  properties: {
    field: { type: String, value: '' },
    kind: { type: String, value: 'id_card' },
    label: { type: String, value: '' },
    hint: { type: String, value: '' },
    required: { type: Boolean, value: false },
    disabled: { type: Boolean, value: false },
    photo: { type: String, value: '' },
    error: null,
  },
  data: {
    words: shown(texts.photos),
    retry: texts.common.retry,
    picture: '',
    sending: false,
    part: 0,
    failure: '',
  },
  observers: {
    // The form was sent, or the consent taken back: what was seen of it goes too.
    photo(/** @type {string} */ photo) {
      const { sending, failure, picture } = this.data
      if (!photo && picture && !sending && !failure) this.setData({ picture: '' })
    },
  },
  methods: {
    /** @param {WechatMiniprogram.TouchEvent} event */
    async take({ currentTarget }) {
      if (this.data.disabled || this.data.sending) return
      const face = this.data.kind === 'face'
      try {
        const { tempFiles } = await wx.chooseMedia({
          count: 1,
          mediaType: ['image'],
          sourceType: [currentTarget.dataset.from],
          sizeType: ['compressed'],
          camera: face ? 'front' : 'back',
        })
        const [file] = tempFiles
        if (!file) return
        const small = wx.compressImage({ src: file.tempFilePath, quality: QUALITY, compressedWidth: WIDTH })
        // What WeChat cannot make smaller goes as it is; the server says what is too large.
        const { tempFilePath } = await small.catch(() => file)
        this.setData({ picture: tempFilePath })
        await this.send()
      } catch {
        // Closed without a choice.
      }
    },
    async send() {
      const { field, kind, picture } = this.data
      this.setData({ sending: true, part: 0, failure: '' })
      this.triggerEvent('sending', { field, sending: true })
      this.write('')
      try {
        const progress = (/** @type {number} */ part) => this.setData({ part })
        const { id } = await sendPhoto(kind === 'face' ? 'face' : 'id_card', picture, progress)
        this.write(id)
      } catch (error) {
        const { fields, message } = problemOf(error)
        this.setData({ failure: fields.file || message })
      }
      this.setData({ sending: false })
      this.triggerEvent('sending', { field, sending: false })
    },
    remove() {
      this.setData({ picture: '', failure: '' })
      this.write('')
    },
    /** @param {string} value */
    write(value) {
      this.triggerEvent('write', { field: this.data.field, value })
    },
  },
})
