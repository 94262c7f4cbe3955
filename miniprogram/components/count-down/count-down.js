// 距离失效, by the server's clock: the phone only counts what has passed since the answer came.
const { texts } = require('../../texts')

const two = (/** @type {number} */ value) => String(value).padStart(2, '0')

/** The handbook counts minutes, `119:58`; beyond a day nobody reads those. @param {number} left */
function words(left) {
  const [days, minutes, seconds] = [Math.floor(left / 86_400), Math.floor(left / 60), left % 60]
  if (!days) return `${two(minutes)}:${two(seconds)}`
  return `${texts.board.days(days)}${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}:${two(seconds)}`
}

Component({
  properties: { now: { type: String, value: '' }, until: { type: String, value: '' } },
  data: { words: '', heardAt: 0, over: false, ticking: 0 },
  observers: {
    'now, until'() {
      this.setData({ heardAt: Date.now(), over: false })
      this.tick()
    },
  },
  lifetimes: {
    attached() {
      this.setData({ ticking: setInterval(() => this.tick(), 500) })
    },
    detached() {
      clearInterval(this.data.ticking)
    },
  },
  methods: {
    tick() {
      const { now, until, heardAt, over } = this.data
      const ahead = Date.parse(until) - Date.parse(now) - (Date.now() - heardAt)
      const left = Math.max(0, Math.ceil(ahead / 1000) || 0)
      if (words(left) !== this.data.words) this.setData({ words: words(left) })
      if (left || over || !until) return
      this.setData({ over: true })
      this.triggerEvent('over')
    },
  },
})
