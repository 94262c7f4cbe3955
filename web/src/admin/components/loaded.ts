import { onBeforeUnmount, shallowRef } from 'vue'
import type { Problem } from '../api'

/** What a page shows and loads again; the last answer stays until the next one is there. */
export function useLoaded<T>(load: () => Promise<T>) {
  const loaded = shallowRef<T>()
  const problem = shallowRef<Problem>()
  let latest = 0
  onBeforeUnmount(() => (latest = -1))

  async function reload() {
    const mine = ++latest
    try {
      const answer = await load()
      if (mine !== latest) return
      loaded.value = answer
      problem.value = undefined
    } catch (caught) {
      if (mine === latest) problem.value = caught as Problem
    }
  }
  void reload()
  return { loaded, problem, reload }
}
