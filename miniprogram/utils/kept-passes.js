// The passes on this phone, as the service told them last. One that opens nothing any more is not kept.

/** @typedef {{ pass: Pass, heardAt: number }} Kept */

const nameOf = (/** @type {string} */ token) => `pass:${token}`

const keptPasses = {
  /** @param {string} token @returns {Kept | ''} */
  find: (token) => wx.getStorageSync(nameOf(token)),
  /** @param {string} token @param {Kept} kept */
  keep(token, kept) {
    if (kept.pass.code) wx.setStorageSync(nameOf(token), kept)
    else keptPasses.forget(token)
  },
  /** @param {string} token */
  forget(token) {
    wx.removeStorageSync(nameOf(token))
  },
}

module.exports = { keptPasses }
