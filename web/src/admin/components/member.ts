import type { StaffRow } from '../registers'

/** A member's form; a phone is only written when it shall be another. */
export interface StaffDraft {
  name: string
  department: string
  userid: string
  phone: string
  roles: string[]
}

export const staffDraftOf = (one: StaffRow | null): StaffDraft => ({
  name: one?.name ?? '',
  department: one?.department_id ?? '',
  userid: one?.userid ?? '',
  phone: '',
  roles: one ? [...one.roles] : ['host'],
})
