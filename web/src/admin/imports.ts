// Sending a list of an office. `fetch` cannot tell how much of a file has left.
import { Problem, readAnswer, spoken } from '../shared/api'
import type { Shapes } from './api'

export type Imported = Shapes['ImportOut']

export function importList(
  kind: 'staff' | 'residents',
  file: File,
  { dry_run, how }: { dry_run: boolean; how: 'all' | 'good' },
  progress: (part: number) => void,
): Promise<Imported> {
  return new Promise((resolve, reject) => {
    const form = new FormData()
    form.append('file', file)
    const request = new XMLHttpRequest()
    request.open('POST', `/api/admin/imports/${kind}?dry_run=${dry_run}&how=${how}`)
    Object.entries(spoken()).forEach(([name, value]) => request.setRequestHeader(name, value))
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0)
    request.upload.onload = () => progress(1)
    request.onerror = () => reject(new Problem(0, {}))
    request.onload = () => {
      try {
        resolve(readAnswer<Imported>(request.status, request.responseText, 'cas'))
      } catch (problem) {
        reject(problem as Problem)
      }
    }
    request.send(form)
  })
}
