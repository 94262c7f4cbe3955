// 访客登记: whom one visits in the residential quarter, when, and who comes. Whether there is such a resident is not
// said here or anywhere else.
const { registrations, me, problemOf } = require('../../utils/api')
const { askSubscriptions, loadSubscriptions } = require('../../utils/asking')
const drafts = require('../../utils/drafts')
const form = require('../../utils/form')
const { shown, texts } = require('../../texts')

Component({
  properties: {
    /** The returned registration that is corrected; none for a new one. */
    visit: { type: String, value: '' },
    /** What is known of the draft. */
    first: { type: Object, value: /** @type {any} */ (null) },
  },
  data: {
    words: shown(texts.register),
    book: shown(texts.book),
    draft: drafts.emptyRegistration(),
    ...form.emptyForm(),
    loadFailure: '',
    uploading: false,
  },
  lifetimes: {
    attached() {
      this.load()
    },
  },
  methods: {
    key() {
      return `register:${this.data.visit}`
    },
    async load() {
      this.setData({ loadFailure: '' })
      try {
        const known = await me.show()
        const draft = drafts.keeper.find(this.key()) || { ...drafts.emptyRegistration(), ...this.data.first }
        draft.name = draft.name || known.name || ''
        draft.phone = draft.phone || known.phone || ''
        this.setData({ draft })
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
      drafts.keeper.keep(this.key(), this.data.draft)
    },
    consent() {
      const consent = !this.data.draft.consent
      form.write(this, { field: 'consent', value: consent })
      if (!consent) form.write(this, { field: 'face_photo', value: '' })
    },
    /** @param {WechatMiniprogram.CustomEvent<{ sending: boolean }>} event */
    sending({ detail }) {
      this.setData({ uploading: detail.sending })
    },
    async submit() {
      const faults = drafts.registrationFaults(this.data.draft)
      if (this.data.uploading) faults.face_photo = texts.book.wrong.uploading
      if (this.data.busy || !form.check(this, faults)) return
      await askSubscriptions()
      await form.send(this, async () => {
        const registering = drafts.toRegistering(this.data.draft)
        const { visit } = this.data
        const { id } = visit
          ? await registrations.correct(visit, registering)
          : await registrations.register(registering, drafts.attemptKey(registering))
        drafts.keeper.forget(this.key())
        const { name, phone } = this.data.draft
        this.setData({ draft: { ...drafts.emptyRegistration(), name, phone } })
        this.triggerEvent('sent', { id })
      })
    },
  },
})
