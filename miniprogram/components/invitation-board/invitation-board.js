// An open invitation before its initiator: how long it lasts, who is in, how it is passed on, and what may be done with
// it. Others join meanwhile, so it looks again by itself.
const { visits, addressOf } = require('../../utils/api')
const { ask, say } = require('../../utils/asking')
const { toNumber } = require('../../utils/drafts')
const form = require('../../utils/form')
const { shown, texts } = require('../../texts')

const REFRESH_SECONDS = 10
const words = texts.board

Component({
  properties: {
    visit: { type: String, value: '' },
    invitation: { type: Object, value: /** @type {any} */ (null) },
  },
  data: {
    words: shown(words),
    made: texts.invite.made,
    invite: texts.own.invite,
    withdraw: texts.visit.withdraw,
    hint: texts.invite.minutesHint,
    common: shown(texts.common),
    heading: '',
    places: /** @type {{ name: string, phone: string, state: string, invitee: string, close: string }[]} */ ([]),
    empty: false,
    picture: '',
    sheet: '',
    looking: 0,
    draft: { minutes: '120' },
    ...form.emptyForm(),
  },
  observers: {
    invitation(/** @type {Invitation | null} */ invitation) {
      if (!invitation) return
      this.setData({
        heading: texts.visit.joined(invitation.joined, invitation.capacity),
        places: invitation.places.map(({ state, name, phone, invitee }) => ({
          state,
          name: name || '',
          phone: phone || '',
          invitee: invitee || '',
          close: words.closeFor(name || ''),
        })),
        empty: invitation.places.some(({ state }) => state === 'empty'),
        picture: addressOf(invitation.qr),
      })
    },
  },
  lifetimes: {
    attached() {
      this.setData({ looking: setInterval(() => this.look(), REFRESH_SECONDS * 1000) })
    },
    detached() {
      clearInterval(this.data.looking)
    },
  },
  methods: {
    look() {
      this.triggerEvent('look')
    },
    /** @param {Parameters<typeof ask>[0]} asked */
    async act(asked) {
      const visit = await ask(asked)
      if (visit) this.triggerEvent('changed', { visit })
    },
    submit() {
      const { visit } = this.data
      const asked = { title: words.submit, question: words.submitAsk, done: words.submitted }
      return this.act({ ...asked, act: () => visits.submit(visit) })
    },
    withdraw() {
      const { visit } = this.data
      const asked = { title: texts.visit.withdraw, question: words.withdrawAsk, done: texts.visit.withdrawn }
      return this.act({ ...asked, act: () => visits.withdraw(visit) })
    },
    /** @param {WechatMiniprogram.TouchEvent} event */
    closePlace({ currentTarget }) {
      const { visit } = this.data
      const { invitee, name } = currentTarget.dataset
      const question = name ? words.closeNamedAsk(name) : words.closeAsk
      const asked = { title: words.close, question, done: words.closed }
      return this.act({ ...asked, act: () => visits.close(visit, invitee) })
    },
    /** @param {WechatMiniprogram.TouchEvent} event */
    open({ currentTarget }) {
      this.setData({ sheet: currentTarget.dataset.sheet, ...form.emptyForm() })
    },
    close() {
      this.setData({ sheet: '' })
    },
    /** @param {WechatMiniprogram.Input} event */
    typed({ detail }) {
      form.write(this, { field: 'minutes', value: detail.value })
    },
    async extend() {
      const problem = await form.send(this, async () => {
        const visit = await visits.extend(this.data.visit, toNumber(this.data.draft.minutes))
        this.triggerEvent('changed', { visit })
        say(words.extended)
      })
      if (!problem) this.close()
    },
    async save() {
      try {
        const { tempFilePath } = await new Promise((/** @type {(value: any) => void} */ success, fail) => {
          wx.downloadFile({ url: this.data.picture, success, fail })
        })
        await wx.saveImageToPhotosAlbum({ filePath: tempFilePath })
        say(texts.own.saved)
      } catch {
        say(texts.own.notSaved)
      }
    },
  },
})
