// What is asked of WeChat and of the person before something is done.
const { me, problemOf } = require('./api')
const { texts } = require('../texts')

/** @param {string} title */
const say = (title) => wx.showToast({ title, icon: 'none' })

/**
 * Asks once more before something that cannot be taken back, does it, and says what came of it.
 * @template T @param {{ title: string, question: string, done: string, act: () => Promise<T> }} asked
 * @returns {Promise<T | undefined>}
 */
async function ask({ title, question, done, act }) {
  const { confirm } = await wx.showModal({
    title,
    content: question,
    confirmText: texts.own.yes,
    cancelText: texts.own.no,
  })
  if (!confirm) return undefined
  try {
    const outcome = await act()
    say(done)
    return outcome
  } catch (error) {
    say(problemOf(error).message)
    return undefined
  }
}

/** WeChat asks for at most three templates at once. */
const MOST_TEMPLATES = 3

/** @type {string[]} */
let templates = []

/**
 * 订阅消息: learns what the person is to be asked, since WeChat asks only on a tap and waits for nothing. What is not
 * to be had keeps nobody from applying.
 */
async function loadSubscriptions() {
  const offers = await me.subscriptions().catch(() => [])
  const worth = offers.filter(({ app, ask }) => app === 'mini' && ask)
  templates = worth.map(({ template_id }) => template_id).slice(0, MOST_TEMPLATES)
}

/** Asks, first of all on the tap with which the person applies, and tells the service what was answered. */
async function askSubscriptions() {
  const tmplIds = templates
  templates = []
  if (!tmplIds.length || !wx.requestSubscribeMessage) return
  try {
    /** @type {Record<string, any>} */
    const said = await wx.requestSubscribeMessage({ tmplIds })
    await me.tell(tmplIds.map((template_id) => ({ template_id, answer: said[template_id] || 'filter' })))
  } catch {
    // All messages are switched off, or WeChat or the service did not answer: there is still the SMS.
  }
}

module.exports = { ask, say, loadSubscriptions, askSubscriptions }
