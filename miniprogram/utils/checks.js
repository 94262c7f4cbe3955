// What a form can say before asking the server. The server decides; these only save a round trip, so whatever they
// do not know for certain passes.

/** A mainland mobile; phones like to fill in `+86` and spaces, which the server takes out too. @param {string} phone */
const isMobile = (phone) => /^(\+?86|0086)?1[3-9]\d{9}$/.test(phone.replace(/[\s-]/g, ''))

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** Trimmed, half width and upper case, as the server compares it. @param {string} written */
const tidyIdNumber = (written) => written.normalize('NFKC').replace(/\s/g, '').toUpperCase()

/** GB 11643's check digit, for what has 18 places; passports and other papers pass. @param {string} written */
function isIdNumber(written) {
  const id = tidyIdNumber(written)
  if (!/^\d{17}[\dX]$/.test(id)) return /^[A-Z0-9]{5,18}$/.test(id) && !/^\d{16,}$/.test(id)
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(id[place]), 0)
  return '10X98765432'[sum % 11] === id[17]
}

/** Seven places, or eight for new energy (GA 36). @param {string} plate */
const isPlate = (plate) => plate.length === 7 || plate.length === 8

module.exports = { isMobile, isIdNumber, isPlate, tidyIdNumber }
