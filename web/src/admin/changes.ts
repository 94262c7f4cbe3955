// `before → after` of the audit, told apart. What is written `name=value` is compared by its name; the
// rest is a text of its own.

export interface Change { name: string; before: string; after: string; changed: boolean }

export const SPLIT = ' → '

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
