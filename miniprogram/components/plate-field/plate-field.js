// A plate is typed on its own keys: the province first, then its office's letter, then the rest. I is on no plate and O
// only an office (GA 36); what only ends a plate comes last, and 使 only begins one.
const { shown, texts } = require('../../texts')

const PLACES = 8
const PROVINCES = [...'渝川贵云藏京津沪冀豫辽黑吉湘皖鲁新苏浙赣鄂桂甘晋蒙陕闽粤青琼宁使']
const OFFICES = [...'ABCDEFGHJKLMNOPQRSTUVWXYZ']
const LETTERS = [...'ABCDEFGHJKLMNPQRSTUVWXYZ']
const DIGITS = [...'1234567890']
const ENDINGS = [...'学警挂港澳领']

/** The keys for the next place, row by row. @param {string[]} typed */
function keysAfter(typed) {
  if (!typed.length) return [PROVINCES]
  if (typed[0] === '使') return [DIGITS]
  if (typed.length === 1) return [OFFICES]
  return typed.length === 6 ? [DIGITS, LETTERS, ENDINGS] : [DIGITS, LETTERS]
}

Component({
  properties: { plate: { type: String, value: '' }, error: null },
  data: {
    words: shown(texts.plates),
    label: texts.book.plate,
    placeholder: texts.book.placeholders.plate,
    open: false,
    places: /** @type {{ key: string, next: boolean, energy: boolean }[]} */ ([]),
    keys: [PROVINCES],
  },
  observers: {
    plate(/** @type {string} */ plate) {
      const typed = [...plate]
      const places = Array.from({ length: PLACES }, (_, place) => ({
        key: typed[place] || '',
        next: place === typed.length,
        energy: place === PLACES - 1,
      }))
      this.setData({ places, keys: keysAfter(typed) })
    },
  },
  methods: {
    open() {
      this.setData({ open: true })
    },
    close() {
      this.setData({ open: false })
    },
    /** @param {WechatMiniprogram.TouchEvent} event */
    press({ currentTarget }) {
      if ([...this.data.plate].length < PLACES) this.write(this.data.plate + currentTarget.dataset.key)
    },
    strike() {
      this.write([...this.data.plate].slice(0, -1).join(''))
    },
    clear() {
      this.write('')
    },
    /** @param {string} value */
    write(value) {
      this.triggerEvent('write', { field: 'plate', value })
    },
  },
})
