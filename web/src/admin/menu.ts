// The menu of the handbook: what each entry is called, where it leads, and for whom it is worth showing.
// It keeps nobody out; that is done at each door of the API.
import type { Component } from 'vue'
import type { Me } from './api'
import { texts } from './texts'

type Role = 'host' | 'approver' | 'reader' | 'guard' | 'administrator'

interface Entry {
  path: string
  title: string
  /** Everybody, when left out. */
  roles?: Role[]
  page: () => Promise<{ default: Component }>
}

interface Section { title: string; entries: Entry[] }

const { menu } = texts
const admin: Role[] = ['administrator']

export const sections: Section[] = [
  {
    title: menu.today,
    entries: [{ path: '/admin/home', title: menu.home, roles: admin, page: () => import('./pages/HomePage.vue') }],
  },
  {
    title: menu.visiting,
    entries: [
      { path: '/admin/people', title: menu.people, roles: admin, page: () => import('./pages/PeoplePage.vue') },
      { path: '/admin/vehicles', title: menu.vehicles, roles: admin, page: () => import('./pages/VehiclesPage.vue') },
      { path: '/admin/visits', title: menu.visits, page: () => import('./pages/VisitsPage.vue') },
      { path: '/admin/groups', title: menu.groups, page: () => import('./pages/GroupsPage.vue') },
      { path: '/admin/registrations', title: menu.registrations, roles: ['approver', 'administrator'], page: () => import('./pages/RegistrationsPage.vue') },
      { path: '/admin/blacklist', title: menu.blacklist, roles: admin, page: () => import('./pages/BlacklistPage.vue') },
      { path: '/admin/areas', title: menu.areas, roles: admin, page: () => import('./pages/AreasPage.vue') },
      { path: '/admin/reasons', title: menu.reasons, roles: admin, page: () => import('./pages/ReasonsPage.vue') },
      { path: '/admin/settings', title: menu.settings, roles: admin, page: () => import('./pages/SettingsPage.vue') },
    ],
  },
  {
    title: menu.registers,
    entries: [
      { path: '/admin/departments', title: menu.departments, roles: admin, page: () => import('./pages/DepartmentsPage.vue') },
      { path: '/admin/staff', title: menu.staff, roles: admin, page: () => import('./pages/StaffPage.vue') },
      { path: '/admin/residents', title: menu.residents, roles: admin, page: () => import('./pages/ResidentsPage.vue') },
      { path: '/admin/devices', title: menu.devices, roles: admin, page: () => import('./pages/DevicesPage.vue') },
    ],
  },
  {
    title: menu.records,
    entries: [
      { path: '/admin/passages', title: menu.passages, roles: admin, page: () => import('./pages/PassagesPage.vue') },
      { path: '/admin/messages', title: menu.messages, roles: admin, page: () => import('./pages/MessagesPage.vue') },
      { path: '/admin/audit', title: menu.audit, roles: admin, page: () => import('./pages/AuditPage.vue') },
    ],
  },
]

/** What somebody sees of it. */
export const menuOf = (me: Me): Section[] =>
  sections
    .map(({ title, entries }) => ({
      title,
      entries: entries.filter(({ roles }) => !roles || roles.some((role) => me.roles.includes(role))),
    }))
    .filter(({ entries }) => entries.length)
