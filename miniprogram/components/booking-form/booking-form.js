// The booking's form, for a new visit, alone or with companions, and for one that came back. It sends by itself, and
// tells its page of the visit that came of it.
const { visits, choices, me, problemOf } = require('../../utils/api')
const { askSubscriptions, loadSubscriptions } = require('../../utils/asking')
const drafts = require('../../utils/drafts')
const form = require('../../utils/form')
const { shown, texts } = require('../../texts')

Component({
  properties: {
    /** The returned visit that is corrected; none for a new one. */
    visit: { type: String, value: '' },
    /** What is known of the draft. */
    first: { type: Object, value: /** @type {any} */ (null) },
  },
  data: {
    words: shown(texts.book),
    invite: shown(texts.invite),
    cancel: texts.common.cancel,
    draft: drafts.emptyBooking(),
    ...form.emptyForm(),
    areas: /** @type {Choice[]} */ ([]),
    reasons: /** @type {Choice[]} */ ([]),
    loadFailure: '',
    /** The photos that are on their way. */
    uploads: /** @type {Record<string, boolean>} */ ({}),
    asking: false,
  },
  lifetimes: {
    attached() {
      this.load()
    },
  },
  methods: {
    key() {
      return `book:${this.data.visit}`
    },
    async load() {
      this.setData({ loadFailure: '' })
      try {
        const [known, areas, reasons] = await Promise.all([me.show(), choices.areas(), choices.reasons()])
        const draft = drafts.keeper.find(this.key()) || { ...drafts.emptyBooking(), ...this.data.first }
        draft.name = draft.name || known.name || ''
        draft.phone = draft.phone || known.phone || ''
        this.setData({ draft, areas, reasons })
        await loadSubscriptions()
      } catch (error) {
        this.setData({ loadFailure: problemOf(error).message })
      }
    },
    /** @param {WechatMiniprogram.CustomEvent<{ field: string, value: unknown }>} event */
    write({ detail }) {
      form.write(this, detail)
      drafts.keeper.keep(this.key(), this.data.draft)
    },
    /** @param {WechatMiniprogram.Input} event */
    typed({ currentTarget, detail }) {
      form.write(this, { field: currentTarget.dataset.field, value: detail.value })
    },
    /** @param {WechatMiniprogram.CustomEvent<{ field: string, sending: boolean }>} event */
    sending({ detail }) {
      this.setData({ [`uploads.${detail.field}`]: detail.sending })
    },
    ready() {
      const faults = drafts.bookingFaults(this.data.draft)
      for (const [field, sending] of Object.entries(this.data.uploads)) {
        if (sending) faults[field] = texts.book.wrong.uploading
      }
      return !this.data.busy && form.check(this, faults)
    },
    async alone() {
      if (!this.ready()) return
      await askSubscriptions()
      await this.send(false)
    },
    companions() {
      if (this.ready()) this.setData({ asking: true })
    },
    close() {
      this.setData({ asking: false })
    },
    async together() {
      await askSubscriptions()
      const problem = await this.send(true)
      // What is wrong with the rest of the form stands behind the sheet.
      if (!problem || !(problem.fields.capacity || problem.fields.minutes)) this.close()
    },
    /** @param {boolean} together */
    send(together) {
      return form.send(this, async () => {
        const booking = drafts.toBooking(this.data.draft, together)
        const { visit } = this.data
        const made = visit ? await visits.correct(visit, booking) : await visits.book(booking, drafts.attemptKey(booking))
        drafts.keeper.forget(this.key())
        const { name, phone } = this.data.draft
        this.setData({ draft: { ...drafts.emptyBooking(), name, phone } })
        this.triggerEvent('sent', { visit: made })
      })
    },
  },
})
