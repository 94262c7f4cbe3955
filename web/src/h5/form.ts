import { nextTick, ref, useTemplateRef } from 'vue'
import { showToast } from 'vant'
import type { Problem } from '../shared/api'
import type { Faults } from './draft'
import { texts } from './texts'

/**
 * The template's `ref="form"`, sent once at a time. Whatever the server complains about is said beside
 * its field, in the same place as our own complaints; a complaint about no field here is the `failure`.
 */
export function useForm() {
  const form = useTemplateRef<HTMLFormElement>('form')
  const faults = ref<Faults>({})
  const failure = ref('')
  const busy = ref(false)

  /** Whether nothing was found; if something was, it is shown. */
  async function check(found: Faults): Promise<boolean> {
    failure.value = ''
    faults.value = found
    if (!Object.keys(found).length) return true
    await point(texts.book.incomplete)
    return false
  }

  /** Sends; gives back the problem, when there is one, after it was shown. */
  async function send(submit: () => Promise<unknown>): Promise<Problem | undefined> {
    if (busy.value) return undefined
    failure.value = ''
    busy.value = true
    try {
      await submit()
      return undefined
    } catch (error) {
      const problem = error as Problem
      faults.value = problem.fields
      await point(problem.message)
      return problem
    } finally {
      busy.value = false
    }
  }

  // Brings the first complaint into view; a complaint about no field here stands above the button.
  async function point(message: string) {
    await nextTick()
    const first = form.value?.querySelector<HTMLElement>('.row-error')
    const row = first?.closest('.row')
    if (!row) {
      failure.value = message
      return
    }
    showToast(message)
    row.scrollIntoView({ block: 'center' })
    row.querySelector<HTMLElement>('.entry')?.focus({ preventScroll: true })
  }

  function clear(field: string) {
    delete faults.value[field]
  }

  return { faults, failure, busy, check, send, clear }
}
