// What stands in the audit as the server writes it, in the words of the pages where it is set or shown.
import { changesOf, factsOf } from './changes'
import { hoursInWords } from './components/hours'
import { registers } from './registerTexts'
import { texts } from './texts'

const { area, device, route, staff } = registers
const { audit, blacklist } = texts

const of = (words: Record<string, string>) => (value: string) => words[value] ?? value
const orNone = (none: string) => (value: string) => (value === 'none' ? none : value)
const each = (words: Record<string, string>) => (value: string) => value.split(',').map(of(words)).join('、')
const yesNo = of({ true: texts.common.yes, false: texts.common.no })
const named = (value: string) => (/^[a-z]+:[\w-]+$/.test(value) ? audit.nameOf(value) : value)

/** `department:12(all)`: whom a step asks, and that all of them must agree. */
function stepInWords(step: string): string {
  const who = step.replace('(all)', '')
  const asked = of(route.whos)(who)
  return (asked === who ? named(who) : asked) + (who === step ? '' : audit.all)
}

const values: Record<string, (value: string) => string> = {
  '': named,
  a_day: orNone(area.unlimited),
  entries_a_day: orNone(area.unlimited),
  reentry_minutes: orNone(area.never),
  overlap: of(area.overlaps),
  passback: of(area.passbacks),
  exits: of(area.exitsOf),
  outage: of(area.outageOf),
  hours: hoursInWords,
  open: yesNo,
  reports_passed: yesNo,
  roles: (roles) => each(staff.roleWords)(roles) || registers.none,
  plain: each(audit.plain),
  kind: of(blacklist.kinds),
  effect: of(blacklist.effects),
  direction: of(device.directions),
  dialect: of(device.dialects),
  said: of(texts.passages.reasons),
  message: of(texts.messages.kinds),
  mode: of(texts.modes),
  to: named,
  reader: named,
  over: named,
  steps: (steps) => steps.split(' > ').filter(Boolean).map(stepInWords).join('；') || route.noStep,
}

export const fieldInWords = (name: string) => audit.fields[name as keyof typeof audit.fields] ?? name

export const valueInWords = (name: string, value: string) => (values[name] ?? String)(value) || '—'

/** In one line: of a change only what is another now. */
export function detailInWords(detail: string): string {
  const changes = changesOf(detail)?.filter(({ changed }) => changed)
  if (changes) {
    const said = changes.map(({ name, before, after }) => `${fieldInWords(name)}：${valueInWords(name, before)} → ${valueInWords(name, after)}`)
    return said.join('；')
  }
  return factsOf(detail)
    .map(({ name, value }) => (name ? `${fieldInWords(name)}：${valueInWords(name, value)}` : valueInWords(name, value)))
    .join('；')
}
