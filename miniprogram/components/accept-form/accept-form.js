// Takes one place of an invitation. The first on this phone is its owner, whom we may know already; each form after
// that is for somebody else.
const { links, me, problemOf } = require('../../utils/api')
const { askSubscriptions, loadSubscriptions } = require('../../utils/asking')
const drafts = require('../../utils/drafts')
const form = require('../../utils/form')
const { texts } = require('../../texts')

/** What tells that nobody joins any more: the page then shows why. */
const ENDED = ['invitation_full', 'invitation_lapsed', 'invitation_submitted', 'invitation_withdrawn']

Component({
  properties: { token: { type: String, value: '' }, another: { type: Boolean, value: false } },
  data: {
    accept: texts.invited.accept,
    draft: drafts.emptyPerson(),
    ...form.emptyForm(),
    loadFailure: '',
    uploads: /** @type {Record<string, boolean>} */ ({}),
  },
  lifetimes: {
    attached() {
      this.load()
    },
  },
  methods: {
    key() {
      return `accept:${this.data.token}`
    },
    async load() {
      this.setData({ loadFailure: '' })
      try {
        const known = await me.show()
        const draft = drafts.keeper.find(this.key()) || drafts.emptyPerson()
        if (!this.data.another) {
          draft.name = draft.name || known.name || ''
          draft.phone = draft.phone || known.phone || ''
        }
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
    /** @param {WechatMiniprogram.CustomEvent<{ field: string, sending: boolean }>} event */
    sending({ detail }) {
      this.setData({ [`uploads.${detail.field}`]: detail.sending })
    },
    async submit() {
      const faults = drafts.personFaults(this.data.draft)
      for (const [field, sending] of Object.entries(this.data.uploads)) {
        if (sending) faults[field] = texts.book.wrong.uploading
      }
      if (this.data.busy || !form.check(this, faults)) return
      await askSubscriptions()
      const problem = await form.send(this, async () => {
        const joining = drafts.toJoining(this.data.draft)
        const { invited } = await links.accept(this.data.token, joining, drafts.attemptKey(joining))
        drafts.keeper.forget(this.key())
        this.triggerEvent('accepted', { invited })
      })
      if (problem && ENDED.includes(problem.code)) this.triggerEvent('ended')
    },
  },
})
