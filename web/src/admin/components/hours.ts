// 开放时间 as the API writes it: `mon-fri 06:00-23:00, sat 08:00-12:00`, or `always`.
import { registers } from '../registerTexts'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

/** Days and times, from the first to the last of them. */
export interface Span { first: Day; last: Day; opens: string; closes: string }

export const ALWAYS = 'always'

export function spansOf(hours: string): Span[] {
  if (hours === ALWAYS || !hours.trim()) return []
  return hours.split(',').map((part) => {
    const [days = '', times = ''] = part.trim().split(' ')
    const [first, last] = days === 'daily' ? ['mon', 'sun'] : days.split('-')
    const [opens = '', closes = ''] = times.split('-')
    return { first: first as Day, last: (last ?? first) as Day, opens, closes }
  })
}

export const hoursOf = (spans: Span[]) =>
  spans.map(({ first, last, opens, closes }) => `${first === last ? first : `${first}-${last}`} ${opens}-${closes}`).join(', ')

/** 周一至周五 06:00–23:00 */
export function hoursInWords(hours: string): string {
  const words = registers.hours
  const spans = spansOf(hours)
  if (!spans.length) return words.always
  return spans
    .map(({ first, last, opens, closes }) => {
      const days = first === last ? words.days[first] : first === 'mon' && last === 'sun' ? words.daily : words.until(words.days[first], words.days[last])
      return `${days} ${opens}–${closes <= opens ? words.nextDay(closes) : closes}`
    })
    .join('；')
}
