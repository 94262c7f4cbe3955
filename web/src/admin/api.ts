// The console's side of the JSON API. Whoever is not known yet is sent to the campus's single sign-on.
import { type Page, Problem, call, query, readAnswer, spoken } from '../shared/api'
import type { components } from '../shared/openapi'

export type Shapes = components['schemas']
export type Me = Shapes['StaffMeOut']
export type Query = Record<string, string | undefined>
export { Problem, type Page }

type Headers = Record<string, string>

/** One function a method: `api.get<Page<Row>>('/api/admin/visits', { stage })`. */
export const api = {
  get: <T>(path: string, asked: Query = {}) => {
    const text = String(query(asked))
    return call<T>('cas', 'GET', text ? `${path}?${text}` : path)
  },
  post: <T>(path: string, body?: unknown, headers?: Headers) => call<T>('cas', 'POST', path, body, headers),
  put: <T>(path: string, body: unknown) => call<T>('cas', 'PUT', path, body),
  delete: <T>(path: string) => call<T>('cas', 'DELETE', path),
  /** A list of Excel, to be read by the server. */
  upload: async <T>(path: string, file: File): Promise<T> => {
    const form = new FormData()
    form.append('file', file)
    const answer = await fetch(path, { method: 'POST', headers: spoken(), body: form }).catch(() => {
      throw new Problem(0, {})
    })
    return readAnswer<T>(answer.status, await answer.text(), 'cas')
  },
}

/**
 * Takes a file that the server makes as it goes, and tells how many bytes have come. Nothing says how
 * long it will be.
 */
export async function download(path: string, asked: Query, come: (bytes: number) => void, signal: AbortSignal): Promise<Blob> {
  const answer = await fetch(`${path}?${query(asked)}`, { headers: spoken(), signal }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw new Problem(0, {})
  })
  if (!answer.ok || !answer.body) throw new Problem(answer.status, await answer.json().catch(() => ({})))
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  const reader = answer.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    come((bytes += value.length))
  }
  return new Blob(parts, { type: answer.headers.get('content-type') ?? '' })
}

/** Hands a file to the browser under this name. */
export function save(file: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
