// Who is at the desk. The shell knows it before any page is shown.
import { type InjectionKey, inject, provide } from 'vue'
import type { Me } from './api'

const key: InjectionKey<Me> = Symbol('me')

export const provideMe = (me: Me) => provide(key, me)

export function useMe(): Me {
  const me = inject(key)
  if (!me) throw new Error('a page is shown before anybody is known')
  return me
}

export const isAdministrator = (me: Me) => me.roles.includes('administrator')

/** Whoever may be visited stands in a form as its host until another is chosen. */
export const isHost = (me: Me) => me.roles.includes('host')

/** Whoever only reads what is copied to them, or stands at a gate, did not come to begin a visit. */
export const beginsVisits = (me: Me) => me.roles.some((role) => role !== 'reader' && role !== 'guard')
