// What a line of the audit holds: `name=value` after `name=value`, or two such texts with `→` between them. What
// has no name comes first.
export interface Fact { name: string; value: string }
export interface Change { name: string; before: string; after: string; changed: boolean }

export const SPLIT = ' → '

export function factsOf(detail: string): Fact[] {
  return [...read(detail)].map(([name, value]) => ({ name, value }))
}

/** None of what was not a change. */
export function changesOf(detail: string): Change[] | null {
  const at = detail.indexOf(SPLIT)
  if (at < 0) return null
  const [before, after] = [read(detail.slice(0, at)), read(detail.slice(at + SPLIT.length))]
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return names.map((name) => {
    const [was, is] = [before.get(name) ?? '', after.get(name) ?? '']
    return { name, before: was, after: is, changed: was !== is }
  })
}

// A value runs until the next name: it may hold spaces.
function read(text: string): Map<string, string> {
  const found = new Map<string, string>()
  const parts = text.split(/(?:^|\s)([a-z_]+)=/)
  const [rest = '', ...pairs] = parts
  if (rest.trim()) found.set('', rest.trim())
  for (let at = 0; at < pairs.length; at += 2) found.set(pairs[at] ?? '', (pairs[at + 1] ?? '').trim())
  return found
}
