import type { AreaRow } from '../registers'
import type { Shapes } from '../api'

/** An area's form, flat, as the fields of the server's complaints are. */
export interface AreaDraft {
  name: string
  open: boolean
  days_ahead: number | undefined
  days_long: number | undefined
  a_day: number | null
  overlap: string
  hours: string
  entries_a_day: number | null
  passback: string
  reentry_minutes: number | null
  exits: string
  outage: string
}

export const areaDraftOf = (area: AreaRow | null): AreaDraft => ({
  name: area?.name ?? '',
  open: area?.open ?? true,
  days_ahead: area?.days_ahead,
  days_long: area?.days_long,
  a_day: area?.a_day ?? null,
  overlap: area?.overlap ?? 'allow',
  hours: area?.rules.hours ?? 'always',
  entries_a_day: area?.rules.entries_a_day ?? null,
  passback: area?.rules.passback ?? 'off',
  reentry_minutes: area?.rules.reentry_minutes ?? null,
  exits: area?.rules.exits ?? 'refuse',
  outage: area?.rules.outage ?? 'refuse',
})

export function areaFormOf(draft: AreaDraft, revision: string): Shapes['AreaIn'] {
  const { name, open, days_ahead, days_long, a_day, overlap, ...rules } = draft
  // A number that was taken out is none: the server says which one is missing.
  return { name, open, days_ahead: days_ahead as number, days_long: days_long as number, a_day, overlap, rules, revision }
}
