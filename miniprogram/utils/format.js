// The campus keeps +08:00 whatever the phone is set to, and so does every time on a page.
const CAMPUS = 8 * 3600 * 1000
const DAY = 24 * 3600 * 1000

/** `2026-03-02 14:00:00`, the form people read; from RFC 3339 or milliseconds. @param {string | number} time */
const moment = (time) => new Date(new Date(time).getTime() + CAMPUS).toISOString().slice(0, 19).replace('T', ' ')

/** What the API takes, from what people pick. @param {string} picked */
const rfc3339 = (picked) => `${picked.replace(' ', 'T')}+08:00`

/** @param {string} picked */
const milliseconds = (picked) => Date.parse(rfc3339(picked))

const today = () => moment(Date.now()).slice(0, 10)

/** 时长: the calendar days that a visit touches, as the server counts them. @param {string} starts @param {string} ends */
const daysBetween = (starts, ends) => {
  const day = (/** @type {string} */ picked) => Date.parse(picked.slice(0, 10)) / DAY
  return Math.max(1, day(ends) - day(starts) + 1)
}

module.exports = { moment, rfc3339, milliseconds, today, daysBetween }
