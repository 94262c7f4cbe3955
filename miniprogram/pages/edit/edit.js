// A visit or registration that came back, corrected and sent again. The server never gives back an ID number or a whole
// phone, so those are typed once more.
const { visits, problemOf } = require('../../utils/api')
const { say } = require('../../utils/asking')
const { entitle } = require('../../utils/bars')
const { moment } = require('../../utils/format')
const { texts } = require('../../texts')

/** @param {Visit} visit */
function toDraft(visit) {
  const [visitor] = visit.visitors
  const person = {
    name: (visitor && visitor.name) || '',
    plate: (visitor && visitor.plate) || '',
    items: (visitor && visitor.items) || '',
  }
  const [starts_at, ends_at] = [moment(visit.starts_at), moment(visit.ends_at)]
  const { resident } = visit
  if (!resident) return { ...person, host: visit.host, area: visit.area_id, reason: visit.reason_id, starts_at, ends_at }
  return {
    ...person,
    resident_name: resident.name,
    resident_house: resident.house,
    starts_on: starts_at.slice(0, 10),
    ends_on: ends_at.slice(0, 10),
  }
}

Page({
  data: {
    loading: texts.common.loading,
    id: '',
    first: /** @type {ReturnType<typeof toDraft> | null} */ (null),
    registration: false,
    comment: '',
    reenter: '',
    failure: '',
  },
  /** @param {Record<string, string | undefined>} query */
  onLoad({ id }) {
    entitle(texts.titles.edit)
    this.setData({ id: id || '' })
    this.load()
  },
  async load() {
    this.setData({ failure: '' })
    try {
      const visit = await visits.find(this.data.id)
      if (visit.stage !== 'returned') return this.leave()
      const registration = Boolean(visit.resident)
      entitle(registration ? texts.register.edit : texts.titles.edit)
      const reenter = registration ? texts.register.reenter : texts.book.reenter
      const comment = visit.comment ? texts.common.pair(texts.book.returned, visit.comment) : ''
      this.setData({ first: toDraft(visit), registration, comment, reenter })
    } catch (error) {
      this.setData({ failure: problemOf(error).message })
    }
  },
  sent() {
    say(texts.book.submitted)
    this.leave()
  },
  // Its page lies below, and looks again.
  leave() {
    wx.navigateBack({ fail: () => wx.redirectTo({ url: `/pages/visit/visit?id=${this.data.id}` }) })
  },
})
