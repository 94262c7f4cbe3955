import { onBeforeUnmount, type Ref, ref, shallowRef } from 'vue'

const PERIOD = 2000

/** What the box says now, asked again every two seconds while the page is looked at. */
export function polled<T>(load: () => Promise<T>, first: T): { value: Readonly<Ref<T>>; failed: Ref<boolean>; refresh: () => Promise<void> } {
  const value = shallowRef(first) as Ref<T>
  const failed = ref(false)
  let asked = 0
  async function refresh() {
    const turn = ++asked
    try {
      const heard = await load()
      // A slow answer about the person shown before must not overwrite a newer one.
      if (turn === asked) value.value = heard
      failed.value = false
    } catch {
      failed.value = true
    }
  }
  const timer = setInterval(() => {
    if (!document.hidden) void refresh()
  }, PERIOD)
  onBeforeUnmount(() => clearInterval(timer))
  void refresh()
  return { value, failed, refresh }
}
