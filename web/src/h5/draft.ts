import { reactive, watch } from 'vue'
import type { Booking, Companions, Host, Joining, Me, Proxying, Registering } from '../shared/api'
import { randomId } from '../shared/attempt'
import { isIdNumber, isMobile, isPlate, tidyIdNumber } from '../shared/checks'
import { milliseconds, rfc3339, today } from '../shared/format'
import { texts } from './texts'

/** 到访信息 as it stands in a form, complete or not; times as people pick them. */
export interface Plan {
  area: string
  reason: string
  starts: string
  ends: string
}

/** 基本信息 and 备案信息 of one visitor. */
export interface Particulars {
  name: string
  phone: string
  idNumber: string
  idPhoto: string
  facePhoto: string
  consent: boolean
  plate: string
  items: string
}

/** Whose draft it is, once that is known. */
export interface Owned {
  owner: string
}

/** How many come, and how long they have to say so; as typed. */
export interface Places {
  capacity: string
  minutes: string
}

/** 被访住户信息 and 来访信息; whole days are kept as their first and last second. */
export type RegistrationDraft = Owned &
  Pick<Plan, 'starts' | 'ends'> &
  Pick<Particulars, 'name' | 'phone' | 'facePhoto' | 'consent' | 'plate'> & {
    residentName: string
    residentPhone: string
    house: string
  }

/** 代约: everybody's details, each as a visitor would fill them in. */
export type ProxyDraft = Plan & { people: Particulars[] }

export type Draft = Owned & Plan & Particulars & { host: Host | null }

/** The handbook's 邀请有效时长. */
export const DEFAULT_MINUTES = '120'

export const emptyPlan = (): Plan => ({
  area: '',
  reason: '',
  starts: `${today()} 00:00:00`,
  ends: `${today()} 23:59:59`,
})

export const emptyParticulars = (): Particulars => ({
  name: '',
  phone: '',
  idNumber: '',
  idPhoto: '',
  facePhoto: '',
  consent: false,
  plate: '',
  items: '',
})

export const emptyPlaces = (capacity: number): Places => ({ capacity: String(capacity), minutes: DEFAULT_MINUTES })

export const emptyDraft = (): Draft => ({ owner: '', host: null, ...emptyPlan(), ...emptyParticulars() })

export function emptyRegistration(): RegistrationDraft {
  const { starts, ends } = emptyPlan()
  const { name, phone, facePhoto, consent, plate } = emptyParticulars()
  return { owner: '', residentName: '', residentPhone: '', house: '', starts, ends, name, phone, facePhoto, consent, plate }
}

/**
 * A draft that survives leaving the page and coming back, in this tab only: it holds an ID number,
 * and a phone that is handed on must not show it. A draft of another day starts with today's times.
 */
export function keepDraft<T extends object>(key: string, first: T): { draft: T; forget: () => void } {
  const saved = sessionStorage.getItem(key)
  const kept = saved ? (JSON.parse(saved) as Partial<T & Plan>) : null
  if (kept?.ends && milliseconds(kept.ends) < Date.now()) {
    const { starts, ends } = emptyPlan()
    Object.assign(kept, { starts, ends })
  }
  const draft = reactive({ ...first, ...kept }) as T
  const stop = watch(draft, () => sessionStorage.setItem(key, JSON.stringify(draft)), { flush: 'sync' })
  const forget = () => {
    stop()
    sessionStorage.removeItem(key)
    sessionStorage.removeItem(ATTEMPT)
  }
  return { draft, forget }
}

/**
 * Fills in what is known of the person, once. A browser may change hands: what somebody else left
 * unfinished is not for these eyes, and gives way to `first`.
 */
export function claim<T extends Owned & Pick<Particulars, 'name' | 'phone'>>(draft: T, me: Me, first: () => T) {
  if (draft.owner && draft.owner !== me.id) Object.assign(draft, first())
  if (draft.owner) return
  draft.owner = me.id
  draft.name ||= me.name ?? ''
  draft.phone ||= me.phone ?? ''
}

/** What is wrong with each field, under the names that the server uses too. */
export type Faults = Record<string, string>

const { wrong } = texts.book

export function findPlanFaults(plan: Plan): Faults {
  const faults: Faults = {}
  if (!plan.area) faults.area = wrong.area
  if (!plan.reason) faults.reason = wrong.reason
  if (milliseconds(plan.ends) <= milliseconds(plan.starts)) faults.ends_at = wrong.ends
  else if (milliseconds(plan.ends) <= Date.now()) faults.ends_at = wrong.past
  return faults
}

export function findParticularsFaults(visitor: Particulars): Faults {
  const faults: Faults = {}
  if (!visitor.name.trim()) faults.name = wrong.name
  if (!isMobile(visitor.phone.trim())) faults.phone = wrong.phone
  if (!visitor.idNumber.trim()) faults.id_number = wrong.idNumberMissing
  else if (!isIdNumber(visitor.idNumber)) faults.id_number = wrong.idNumber
  if (!visitor.idPhoto) faults.id_photo = wrong.idPhoto
  if (visitor.plate && !isPlate(visitor.plate)) faults.plate = wrong.plate
  return faults
}

export const findFaults = (draft: Draft): Faults => ({
  ...(!draft.host && { host: wrong.host }),
  ...findPlanFaults(draft),
  ...findParticularsFaults(draft),
})

export function findRegistrationFaults(draft: RegistrationDraft): Faults {
  const faults: Faults = {}
  if (!draft.residentName.trim()) faults['resident.name'] = wrong.resident
  if (!isMobile(draft.residentPhone.trim())) faults['resident.phone'] = wrong.phone
  if (!/\d/.test(draft.house.normalize('NFKC'))) faults['resident.house'] = wrong.house
  if (milliseconds(draft.ends) <= milliseconds(draft.starts)) faults.ends_on = wrong.days
  else if (milliseconds(draft.ends) <= Date.now()) faults.ends_on = wrong.past
  if (!draft.name.trim()) faults.name = wrong.name
  if (!isMobile(draft.phone.trim())) faults.phone = wrong.phone
  if (draft.plate && !isPlate(draft.plate)) faults.plate = wrong.plate
  return faults
}

export function toRegistering(draft: RegistrationDraft): Registering {
  const plate = draft.plate.trim()
  return {
    resident: { name: draft.residentName.trim(), phone: draft.residentPhone.trim(), house: draft.house.trim() },
    starts_on: draft.starts.slice(0, 10),
    ends_on: draft.ends.slice(0, 10),
    visitor: {
      name: draft.name.trim(),
      phone: draft.phone.trim(),
      ...(draft.facePhoto && { face_photo: draft.facePhoto }),
      ...(plate && { plate }),
    },
    ...(draft.facePhoto && { consent: true as const }),
  }
}

export const toPlan = (plan: Plan) => ({
  area: plan.area,
  reason: plan.reason,
  starts_at: rfc3339(plan.starts),
  ends_at: rfc3339(plan.ends),
})

/** What is no number goes as nought: the server knows the ranges and says them. */
export const toMinutes = (typed: string) => Number(typed) || 0

export const toPlaces = ({ capacity, minutes }: Places): Companions => ({
  capacity: Number(capacity) || 0,
  minutes: toMinutes(minutes),
})

/** A visitor's details with the consent that their face photo needs. */
export function toParticulars(written: Particulars): Joining {
  const plate = written.plate.trim()
  const items = written.items.trim()
  return {
    visitor: {
      name: written.name.trim(),
      phone: written.phone.trim(),
      id_number: tidyIdNumber(written.idNumber),
      id_photo: written.idPhoto,
      ...(written.facePhoto && { face_photo: written.facePhoto }),
      ...(plate && { plate }),
      ...(items && { items }),
    },
    ...(written.facePhoto && { consent: true as const }),
  }
}

export const toBooking = (draft: Draft): Booking => ({
  host: draft.host?.id ?? '',
  ...toPlan(draft),
  ...toParticulars(draft),
})

export const emptyProxy = (): ProxyDraft => ({ ...emptyPlan(), people: [emptyParticulars()] })

/** The server's name of somebody in the list. */
export const visitorField = (number: number, field: string) => `visitors[${number}].${field}`

export function findProxyFaults(draft: ProxyDraft): Faults {
  const faults = findPlanFaults(draft)
  draft.people.forEach((visitor, number) => {
    for (const [field, fault] of Object.entries(findParticularsFaults(visitor))) faults[visitorField(number, field)] = fault
  })
  return faults
}

/** The faults of one in the list, under the names that a form of one has. */
export function faultsOf(faults: Faults, number: number): Faults {
  const start = visitorField(number, '')
  const theirs = Object.entries(faults).filter(([field]) => field.startsWith(start))
  return Object.fromEntries(theirs.map(([field, fault]) => [field.slice(start.length), fault]))
}

export const toProxying = (draft: ProxyDraft): Proxying => ({
  ...toPlan(draft),
  visitors: draft.people.map((written) => toParticulars(written).visitor),
  // Nobody's face was given without their own tick.
  ...(draft.people.some(({ facePhoto }) => facePhoto) && { consent: true as const }),
})

const ATTEMPT = 'attempt'

/**
 * The Idempotency-Key of a form: the same for the same words, so that a second tap after a lost
 * answer makes no second visit, and a new one as soon as anything was corrected. It is kept beside the draft and
 * goes with it: who lost the answer may load the page again before they tap again.
 */
export function attemptKey(form: unknown): string {
  const body = JSON.stringify(form)
  const last = JSON.parse(sessionStorage.getItem(ATTEMPT) ?? 'null') as { body: string; key: string } | null
  if (last?.body === body) return last.key
  const key = randomId()
  sessionStorage.setItem(ATTEMPT, JSON.stringify({ body, key }))
  return key
}
