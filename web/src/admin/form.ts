import { nextTick, ref, useTemplateRef } from 'vue'
import { Problem } from './api'

/**
 * The template's `ref="form"`, sent once at a time. The server alone says what is wrong: beside the field,
 * by its path in the request, or as the `failure` when it is no field of this form.
 */
export function useForm() {
  const form = useTemplateRef<HTMLElement>('form')
  const faults = ref<Record<string, string>>({})
  const failure = ref('')
  const busy = ref(false)

  async function send(submit: () => Promise<unknown>) {
    if (busy.value) return
    busy.value = true
    faults.value = {}
    failure.value = ''
    try {
      await submit()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      faults.value = error.paths
      failure.value = error.message
      await nextTick()
      const first = form.value?.querySelector('.is-error')
      first?.scrollIntoView({ block: 'center' })
      first?.querySelector<HTMLElement>('input, textarea, button')?.focus({ preventScroll: true })
    } finally {
      busy.value = false
    }
  }

  return { faults, failure, busy, send }
}
