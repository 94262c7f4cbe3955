// The forms as they are typed, and what goes to the server from them. A field has the name that the server uses, so
// that its complaint finds it.
const { isIdNumber, isMobile, isPlate, tidyIdNumber } = require('./checks')
const { milliseconds, rfc3339, today } = require('./format')
const { texts } = require('../texts')

const { wrong } = texts.book

const emptyPlan = () => ({ area: '', reason: '', starts_at: `${today()} 00:00:00`, ends_at: `${today()} 23:59:59` })

const emptyPerson = () => ({
  name: '', phone: '', id_number: '', id_photo: '', face_photo: '', consent: false, plate: '', items: '',
})

const emptyBooking = () => ({
  ...emptyPlan(), ...emptyPerson(), host: /** @type {Host | null} */ (null), capacity: '2', minutes: '120',
})

const emptyRegistration = () => ({
  resident_name: '', resident_phone: '', resident_house: '', starts_on: today(), ends_on: today(), ...emptyPerson(),
})

/** @typedef {ReturnType<typeof emptyPlan>} Plan */
/** @typedef {ReturnType<typeof emptyPerson>} Person */
/** @typedef {ReturnType<typeof emptyBooking>} BookingDraft */
/** @typedef {ReturnType<typeof emptyRegistration>} RegistrationDraft */
/** @typedef {Record<string, string>} Faults */

/** @param {string} starts @param {string} ends @param {string} notAfter @returns {string} */
function endFault(starts, ends, notAfter) {
  if (milliseconds(ends) <= milliseconds(starts)) return notAfter
  return milliseconds(ends) <= Date.now() ? wrong.past : ''
}

/** Only what is wrong. @param {Faults} found @returns {Faults} */
const only = (found) => Object.fromEntries(Object.entries(found).filter(([, words]) => words))

/** @param {Plan} plan @returns {Faults} */
const planFaults = (plan) => ({
  area: plan.area ? '' : wrong.area,
  reason: plan.reason ? '' : wrong.reason,
  ends_at: endFault(plan.starts_at, plan.ends_at, wrong.ends),
})

/** @param {Person} person @returns {Faults} */
const nameFaults = (person) => ({
  name: person.name.trim() ? '' : wrong.name,
  phone: isMobile(person.phone) ? '' : wrong.phone,
  plate: !person.plate || isPlate(person.plate) ? '' : wrong.plate,
})

/** @param {Person} person @returns {Faults} */
const personFaults = (person) =>
  only({
    ...nameFaults(person),
    id_number: !person.id_number.trim() ? wrong.idNumberMissing : isIdNumber(person.id_number) ? '' : wrong.idNumber,
    id_photo: person.id_photo ? '' : wrong.idPhoto,
  })

/** @param {BookingDraft} draft @returns {Faults} */
const bookingFaults = (draft) =>
  only({ host: draft.host ? '' : wrong.host, ...planFaults(draft), ...personFaults(draft) })

/** @param {RegistrationDraft} draft @returns {Faults} */
const registrationFaults = (draft) =>
  only({
    resident_name: draft.resident_name.trim() ? '' : wrong.resident,
    resident_phone: isMobile(draft.resident_phone) ? '' : wrong.phone,
    resident_house: /\d/.test(draft.resident_house.normalize('NFKC')) ? '' : wrong.house,
    ends_on: endFault(`${draft.starts_on} 00:00:00`, `${draft.ends_on} 23:59:59`, wrong.days),
    ...nameFaults(draft),
  })

/** The given fields that were filled in. @param {Record<string, string>} written */
const filled = (written) => only(Object.fromEntries(Object.entries(written).map(([name, words]) => [name, words.trim()])))

/** A visitor's details with the consent that their face photo needs. @param {Person} person @returns {Joining} */
const toJoining = ({ name, phone, id_number, id_photo, face_photo, plate, items }) => ({
  visitor: {
    name: name.trim(),
    phone: phone.trim(),
    id_number: tidyIdNumber(id_number),
    id_photo,
    ...filled({ face_photo, plate, items }),
  },
  ...(face_photo ? { consent: true } : {}),
})

/** What is no number goes as nought: the server knows the ranges and says them. @param {string} typed */
const toNumber = (typed) => Number(typed) || 0

/** @param {BookingDraft} draft @param {boolean} [together] 邀请多人随行 @returns {Booking} */
const toBooking = (draft, together) => ({
  host: draft.host && draft.host.id ? draft.host.id : '',
  area: draft.area,
  reason: draft.reason,
  starts_at: rfc3339(draft.starts_at),
  ends_at: rfc3339(draft.ends_at),
  ...toJoining(draft),
  ...(together ? { companions: { capacity: toNumber(draft.capacity), minutes: toNumber(draft.minutes) } } : {}),
})

/** @param {RegistrationDraft} draft @returns {Registering} */
const toRegistering = (draft) => ({
  resident: {
    name: draft.resident_name.trim(), phone: draft.resident_phone.trim(), house: draft.resident_house.trim(),
  },
  starts_on: draft.starts_on,
  ends_on: draft.ends_on,
  visitor: {
    name: draft.name.trim(),
    phone: draft.phone.trim(),
    ...filled({ face_photo: draft.face_photo, plate: draft.plate }),
  },
  ...(draft.face_photo ? { consent: true } : {}),
})

/** @type {Map<string, any>} */
const kept = new Map()

/**
 * Forms that survive leaving their page and coming back. In memory alone: they hold ID numbers, and a phone that is
 * handed on must not show them.
 */
const keeper = {
  /** @param {string} key @param {unknown} draft */
  keep: (key, draft) => kept.set(key, draft),
  /** @param {string} key */
  find: (key) => kept.get(key),
  /** @param {string} key */
  forget: (key) => kept.delete(key),
  forgetAll: () => kept.clear(),
}

let attempt = { body: '', key: '' }

/**
 * The Idempotency-Key of a form: the same for the same words, so that a second tap after a lost answer makes no second
 * visit, and a new one as soon as anything was corrected.
 * @param {unknown} form
 */
function attemptKey(form) {
  const body = JSON.stringify(form)
  // The key must only differ from this person's others: no secret hangs on it.
  const chance = () => Math.random().toString(36).slice(2, 12)
  if (attempt.body !== body) attempt = { body, key: `mini-${Date.now().toString(36)}-${chance()}-${chance()}` }
  return attempt.key
}

module.exports = {
  emptyBooking, emptyPerson, emptyRegistration, bookingFaults, personFaults, registrationFaults,
  toBooking, toJoining, toNumber, toRegistering, keeper, attemptKey,
}
