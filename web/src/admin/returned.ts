// A visit of one's own that was returned, in the form in which it is mended. Any other has nothing to mend, and
// is shown instead.
import { shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { type Problem, type Shapes, api } from './api'

export type Own = Shapes['VisitOut']

/** `list` is the page whose record it is. */
export function useReturned(id: string, list: '/admin/groups' | '/admin/visits') {
  const visit = shallowRef<Own>()
  const problem = shallowRef<Problem>()
  const router = useRouter()
  const shown = () => router.replace({ path: list, query: { open: id } })

  async function load() {
    problem.value = undefined
    try {
      const found = await api.get<Own>(`/api/staff/invitations/${id}`)
      if (found.stage === 'returned') visit.value = found
      else await shown()
    } catch (caught) {
      problem.value = caught as Problem
    }
  }
  void load()
  return { visit, problem, load }
}
