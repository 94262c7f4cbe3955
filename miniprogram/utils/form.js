// What every form does: one complaint beside each field, sent once at a time. A form's data are `draft`, `faults`
// (by the server's names), `failure` (a complaint about no field here) and `busy`.
const { problemOf } = require('./api')
const { texts } = require('../texts')

/** @typedef {{ data: { busy: boolean, draft: any, faults: Record<string, string> }, setData: (data: any) => void }} Form */

const emptyForm = () => ({ faults: /** @type {Record<string, string>} */ ({}), failure: '', busy: false })

/** A field was written: `{ field, value }`; its complaint goes. @param {Form} form @param {{ field: string, value: unknown }} written */
function write(form, { field, value }) {
  form.setData({ [`draft.${field}`]: value, [`faults.${field}`]: '' })
}

/** Whether nothing was found; if something was, it is shown. @param {Form} form @param {Record<string, string>} faults */
function check(form, faults) {
  form.setData({ faults, failure: '' })
  const found = Object.keys(faults).length > 0
  if (found) point()
  return !found
}

/** Sends; gives back the problem, when there is one, after it was shown. @param {Form} form @param {() => Promise<unknown>} submit */
async function send(form, submit) {
  if (form.data.busy) return undefined
  form.setData({ busy: true, failure: '' })
  try {
    await submit()
    return undefined
  } catch (error) {
    const problem = problemOf(error)
    const beside = Object.keys(problem.fields).some((field) => field in form.data.draft || field === 'consent')
    form.setData({ faults: problem.fields, failure: beside ? '' : problem.message })
    if (beside) point()
    return problem
  } finally {
    form.setData({ busy: false })
  }
}

function point() {
  wx.showToast({ title: texts.book.incomplete, icon: 'none' })
  wx.pageScrollTo({ selector: '.page >>> .row-error', offsetTop: -120, duration: 200, fail: () => {} })
}

module.exports = { emptyForm, write, check, send }
