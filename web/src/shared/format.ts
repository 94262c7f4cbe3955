// The campus keeps +08:00 whatever the phone is set to, and so does every time on a page.
const CAMPUS = 8 * 3600 * 1000

/** `2026-03-02 14:00:00`, the form people read and pick; from RFC 3339 or milliseconds. */
export function moment(time: string | number): string {
  return new Date(new Date(time).getTime() + CAMPUS).toISOString().slice(0, 19).replace('T', ' ')
}

/** What the API takes, from what people pick. */
export const rfc3339 = (picked: string) => `${picked.replace(' ', 'T')}+08:00`

export const milliseconds = (picked: string) => Date.parse(rfc3339(picked))

export const today = () => moment(Date.now()).slice(0, 10)

/** 时长: the calendar days that a visit touches, as the server counts them. */
export const daysBetween = (starts: string, ends: string) => {
  const day = (picked: string) => Date.parse(picked.slice(0, 10)) / 86_400_000
  return Math.max(1, day(ends) - day(starts) + 1)
}
