// What stands in the audit as the server writes it, in the words of the forms where it is set.
import { hoursInWords } from './components/hours'
import { registers } from './registerTexts'
import { texts } from './texts'

const { area, staff } = registers
const of = (words: Record<string, string>) => (value: string) => words[value] ?? value
const orNone = (none: string) => (value: string) => (value === 'none' ? none : value)

const values: Record<string, (value: string) => string> = {
  a_day: orNone(area.unlimited),
  entries_a_day: orNone(area.unlimited),
  reentry_minutes: orNone(area.never),
  overlap: of(area.overlaps),
  passback: of(area.passbacks),
  exits: of(area.exitsOf),
  outage: of(area.outageOf),
  hours: hoursInWords,
  open: of({ true: texts.common.yes, false: texts.common.no }),
  reports_passed: of({ true: texts.common.yes, false: texts.common.no }),
  roles: (roles) => roles.split(',').map(of(staff.roleWords)).join('、') || registers.none,
}

export const valueInWords = (name: string, value: string) => (values[name] ?? ((text: string) => text || '—'))(value)
