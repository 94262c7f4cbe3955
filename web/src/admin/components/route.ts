import type { Shapes } from '../api'
import type { Route, RouteStep } from '../registers'
import { registers } from '../registerTexts'
import type { Names } from './names'

const words = registers.route
type Word<T> = keyof T

/** A route's form. */
export interface RouteDraft {
  name: string
  open: boolean
  place: number
  mode: string
  area: string
  reason: string
  department: string
  days: number | null
  steps: RouteStep[]
}

export const routeDraftOf = (route: Route | null, place: number): RouteDraft => ({
  name: route?.name ?? '',
  open: route?.open ?? true,
  place: route?.place ?? place,
  mode: route?.mode ?? '',
  area: route?.area ?? '',
  reason: route?.reason ?? '',
  department: route?.department ?? '',
  days: route?.days ?? null,
  steps: route ? route.steps.map((step) => ({ ...step })) : [{ who: 'host_department', all: false }],
})

export function routeFormOf(draft: RouteDraft, version?: number): Shapes['RouteIn'] {
  const { mode, area, reason, department, ...rest } = draft
  return { ...rest, mode: mode || null, area: area || null, reason: reason || null, department: department || null, version }
}

/** 来源 访客预约, 到访区域 图书馆, … as they stand in the drawing; none for every visit. */
export function conditionsOf(route: Route, names: Names): { label: string; value: string }[] {
  const { mode, area, reason, department, days } = route
  const given = [
    mode && { label: words.mode, value: words.modes[mode as Word<typeof words.modes>] },
    area && { label: words.area, value: names.areas.get(area) ?? words.missing },
    reason && { label: words.reason, value: names.reasons.get(reason) ?? words.missing },
    department && { label: words.department, value: names.departments.get(department) ?? words.missing },
    days && { label: words.days, value: words.daysAtLeast(days) },
  ]
  return given.filter((one) => typeof one === 'object' && one !== null)
}

/** Who is asked, as in a visit's 审批流程. */
export function whoOf({ who, department, staff }: RouteStep, names: Names): string {
  switch (who) {
    case 'department':
      return words.approversOf(names.departments.get(department ?? '') ?? words.missing)
    case 'member':
      return names.members.get(staff ?? '') ?? words.missing
    default:
      return words.whos[who as 'host']
  }
}

/** 会签 · 2小时后催办 · 1天后自动拒绝 */
export function termsOf({ who, all, remind_after, ends_after, on_time_out }: RouteStep): string[] {
  const terms = who === 'host' || who === 'member' ? [] : [all ? words.quorumShort.all : words.quorumShort.any]
  if (remind_after) terms.push(words.remindWords(words.minutes(remind_after)))
  if (ends_after && on_time_out) terms.push(words.endWords(words.minutes(ends_after), words.ends[on_time_out as 'approve']))
  return terms
}

/** A route's steps in one line. */
export const stepsInWords = (steps: RouteStep[], names: Names) =>
  steps.map((step) => [whoOf(step, names), ...termsOf(step)].join(' ')).join(' → ') || words.noStep
