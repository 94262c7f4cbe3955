import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { type Pass, type Problem, passes } from '../shared/api'

/** Often enough to hear of a revocation, and nine times before the codes run out. */
const REFRESH_SECONDS = 60

/** What an answer says, and when it came by the phone's clock. */
interface Heard { pass: Pass; at: number }

/**
 * A pass and the server's clock. The last answer works without a network for as long as its codes last, and
 * goes with the page: the phone may be handed on.
 */
export function usePass(token: string) {
  const heard = shallowRef<Heard>()
  const unknown = ref(false)
  const failure = ref('')
  const now = ref(Date.now())
  let next = 0
  let busy = false

  async function refresh() {
    if (busy) return
    busy = true
    try {
      heard.value = { pass: await passes.show(token), at: Date.now() }
      unknown.value = false
      failure.value = ''
    } catch (error) {
      const { status, message } = error as Problem
      failure.value = message
      if (status === 404) {
        heard.value = undefined
        unknown.value = true
      }
    } finally {
      busy = false
      now.value = Date.now()
      next = now.value + REFRESH_SECONDS * 1000
    }
  }

  function tick() {
    now.value = Date.now()
    if (!document.hidden && !unknown.value && now.value >= next) void refresh()
  }
  let ticking = 0
  onMounted(() => {
    void refresh()
    ticking = window.setInterval(tick, 500)
    addEventListener('online', refresh)
    document.addEventListener('visibilitychange', tick)
  })
  onBeforeUnmount(() => {
    clearInterval(ticking)
    removeEventListener('online', refresh)
    document.removeEventListener('visibilitychange', tick)
  })

  return {
    pass: computed(() => heard.value?.pass),
    /** What the server's clock shows, in milliseconds. */
    there: computed(() => (heard.value ? Date.parse(heard.value.pass.now) + now.value - heard.value.at : 0)),
    /** What the server's clock showed at the last answer, when a later question had none. */
    stale: computed(() => (heard.value && failure.value ? heard.value.pass.now : '')),
    unknown,
    failure,
    refresh,
  }
}

/** Why a pass opens nothing, or that it does. */
export type Standing = 'valid' | 'not_yet' | 'expired' | 'used_up' | 'withdrawn' | 'rejected' | 'revoked'

/** The window opens and closes between two answers too, and without any. */
export function standingOf(pass: Pass, there: number): Standing {
  if (pass.state === 'revoked') return pass.stage === 'withdrawn' || pass.stage === 'rejected' ? pass.stage : 'revoked'
  if (there > Date.parse(pass.ends_at)) return 'expired'
  if (pass.entries_left === 0) return 'used_up'
  return there < Date.parse(pass.starts_at) ? 'not_yet' : 'valid'
}

/** The rows of the step that the server's clock is in, and when the next begins; nothing when there are none left. */
export function codeAt({ rotating }: Pass, there: number) {
  if (!rotating) return undefined
  const code = rotating.codes.filter(({ from }) => Date.parse(from) <= there).pop()
  const until = code ? Date.parse(code.from) + rotating.step_seconds * 1000 : 0
  return code && there < until ? { rows: code.rows, size: rotating.size, until } : undefined
}
