// The words of WeChat's own bars above and below a page. The JSON of a page and app.json have them in Chinese alone,
// and show them until a page says them in the phone's language.
const { texts } = require('../texts')

/** @param {string} title */
const entitle = (title) => wx.setNavigationBarTitle({ title })

/** The tabs are named on a page that is one of them: anywhere else WeChat refuses it. */
function nameTabs() {
  const { book, register, mine } = texts.own.tabs
  ;[book, register, mine].forEach((text, index) => wx.setTabBarItem({ index, text }))
}

module.exports = { entitle, nameTabs }
