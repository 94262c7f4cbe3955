import { reactive, watch } from 'vue'
import type { Booking, Host } from '../shared/api'
import { isIdNumber, isMobile, isPlate, tidyIdNumber } from '../shared/checks'
import { milliseconds, rfc3339, today } from '../shared/format'
import { texts } from './texts'

/** What stands in the form, complete or not; times as people pick them. */
export interface Draft {
  /** Who is writing it, once that is known. */
  owner: string
  host: Host | null
  area: string
  reason: string
  starts: string
  ends: string
  name: string
  phone: string
  idNumber: string
  idPhoto: string
  facePhoto: string
  consent: boolean
  plate: string
  items: string
}

export const emptyDraft = (): Draft => ({
  owner: '',
  host: null,
  area: '',
  reason: '',
  starts: `${today()} 00:00:00`,
  ends: `${today()} 23:59:59`,
  name: '',
  phone: '',
  idNumber: '',
  idPhoto: '',
  facePhoto: '',
  consent: false,
  plate: '',
  items: '',
})

/**
 * A draft that survives leaving the page and coming back, in this tab only: it holds an ID number,
 * and a phone that is handed on must not show it. A draft of another day starts with today's times.
 */
export function keepDraft(key: string, first: Partial<Draft>): { draft: Draft; forget: () => void } {
  const saved = sessionStorage.getItem(key)
  const kept = saved ? (JSON.parse(saved) as Draft) : null
  const draft = reactive<Draft>({ ...emptyDraft(), ...(kept ?? first) })
  if (kept && milliseconds(draft.ends) < Date.now()) {
    const { starts, ends } = emptyDraft()
    Object.assign(draft, { starts, ends })
  }
  const stop = watch(draft, () => sessionStorage.setItem(key, JSON.stringify(draft)), { flush: 'sync' })
  const forget = () => {
    stop()
    sessionStorage.removeItem(key)
  }
  return { draft, forget }
}

/** What is wrong with each field, under the names that the server uses too. */
export function findFaults(draft: Draft): Record<string, string> {
  const { wrong } = texts.book
  const faults: Record<string, string> = {}
  if (!draft.host) faults.host = wrong.host
  if (!draft.area) faults.area = wrong.area
  if (!draft.reason) faults.reason = wrong.reason
  if (milliseconds(draft.ends) <= milliseconds(draft.starts)) faults.ends_at = wrong.ends
  else if (milliseconds(draft.ends) <= Date.now()) faults.ends_at = wrong.past
  if (!draft.name.trim()) faults.name = wrong.name
  if (!isMobile(draft.phone.trim())) faults.phone = wrong.phone
  if (!draft.idNumber.trim()) faults.id_number = wrong.idNumberMissing
  else if (!isIdNumber(draft.idNumber)) faults.id_number = wrong.idNumber
  if (!draft.idPhoto) faults.id_photo = wrong.idPhoto
  if (draft.plate && !isPlate(draft.plate)) faults.plate = wrong.plate
  return faults
}

export function toBooking(draft: Draft): Booking {
  const plate = draft.plate.trim()
  const items = draft.items.trim()
  return {
    host: draft.host?.id ?? '',
    area: draft.area,
    reason: draft.reason,
    starts_at: rfc3339(draft.starts),
    ends_at: rfc3339(draft.ends),
    visitor: {
      name: draft.name.trim(),
      phone: draft.phone.trim(),
      id_number: tidyIdNumber(draft.idNumber),
      id_photo: draft.idPhoto,
      ...(draft.facePhoto && { face_photo: draft.facePhoto }),
      ...(plate && { plate }),
      ...(items && { items }),
    },
    ...(draft.facePhoto && { consent: true as const }),
  }
}

let attempt = { body: '', key: '' }

/**
 * The Idempotency-Key of a booking: the same for the same words, so that a second tap after a lost
 * answer makes no second visit, and a new one as soon as anything was corrected.
 */
export function attemptKey(booking: Booking): string {
  const body = JSON.stringify(booking)
  if (attempt.body !== body) attempt = { body, key: randomId() }
  return attempt.key
}

// crypto.randomUUID is missing in the oldest browsers that WeChat still brings.
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
