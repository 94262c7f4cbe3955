import { onBeforeUnmount, onMounted } from 'vue'

/** Keeps the screen on while the page is shown, where the browser can; elsewhere nothing happens. */
export function keepAwake() {
  let lock: WakeLockSentinel | undefined
  const hold = async () => {
    if (document.hidden || !('wakeLock' in navigator)) return
    // Refused on a low battery; the page works all the same.
    lock = await navigator.wakeLock.request('screen').catch(() => undefined)
  }
  onMounted(() => {
    void hold()
    document.addEventListener('visibilitychange', hold)
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', hold)
    void lock?.release()
  })
}
