// 到访信息 of the console's three forms, as it stands in the form and as the API takes it.
import { moment, rfc3339, today } from '../shared/format'
import type { Own } from './returned'

export interface Plan {
  host: string
  area: string
  area_note: string
  reason: string
  note: string
  /** As people pick them: `2026-03-02 14:00:00`. */
  times: [string, string] | null
}

/** The handbook's default: the whole of today. */
export const emptyPlan = (): Plan => ({
  host: '',
  area: '',
  area_note: '',
  reason: '',
  note: '',
  times: [`${today()} 00:00:00`, `${today()} 23:59:59`],
})

/** As it was asked before. */
export const planOf = (visit: Own): Plan => ({
  host: visit.host.id ?? '',
  area: visit.area_id,
  area_note: visit.area_note ?? '',
  reason: visit.reason_id,
  note: visit.note ?? '',
  times: [moment(visit.starts_at), moment(visit.ends_at)],
})

export const toPlan = ({ host, area, area_note, reason, note, times }: Plan) => ({
  ...(host && { host }),
  area,
  reason,
  starts_at: times ? rfc3339(times[0]) : '',
  ends_at: times ? rfc3339(times[1]) : '',
  ...(area_note.trim() && { area_note: area_note.trim() }),
  ...(note.trim() && { note: note.trim() }),
})

/** What was typed as a number; what is none goes as it is, and the server knows the range. */
export const toNumber = (typed: string) => (/^\d+$/.test(typed.trim()) ? Number(typed) : 0)
