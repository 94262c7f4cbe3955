// The registers of the campus in the console's API: each is listed, added to and saved in the same way.
import { type Page, type Query, type Shapes, api } from './api'

export type AreaRow = Shapes['AreaRowOut']
export type ReasonRow = Shapes['ReasonRowOut']
export type DepartmentRow = Shapes['DepartmentRowOut']
export type StaffRow = Shapes['StaffRowOut']
export type ResidentRow = Shapes['ResidentRowOut']
export type GateRow = Shapes['GateRowOut']
export type Device = Shapes['DeviceOut']
export type DeviceKey = Shapes['DeviceKeyOut']
export type Routes = Shapes['RoutesOut']
export type Route = Shapes['RouteOut']
export type RouteStep = Shapes['RouteStepIn']
export type Grants = Shapes['ReaderRulesOut']
export type Grant = Shapes['ReaderRuleOut']
export type NamedStaff = Shapes['NamedStaffOut']
export type Figures = Shapes['FiguresOut']
export type Imported = Shapes['ImportOut']
export type RowFault = Shapes['FaultOut']

export interface Register<Row, New, Saved> {
  path: string
  list: (asked?: Query) => Promise<Row[]>
  add: (form: New) => Promise<Row>
  save: (id: string, form: Saved) => Promise<Row>
}

function register<Row, New, Saved>(noun: string): Register<Row, New, Saved> {
  const path = `/api/admin/${noun}`
  return {
    path,
    list: async (asked) => (await api.get<Page<Row>>(path, asked)).items,
    add: (form) => api.post<Row>(path, form),
    save: (id, form) => api.put<Row>(`${path}/${id}`, form),
  }
}

export const areas = register<AreaRow, Shapes['NamedIn'], Shapes['AreaIn']>('areas')
export const reasons = register<ReasonRow, Shapes['NamedIn'], Shapes['ReasonIn']>('reasons')
export const departments = register<DepartmentRow, Shapes['NamedIn'], Shapes['DepartmentIn']>('departments')
export const gates = register<GateRow, Shapes['GateIn'], Shapes['GateForm']>('gates')

export const staff = {
  ...register<StaffRow, Shapes['NewStaffIn'], Shapes['StaffIn']>('staff'),
  leave: (id: string) => api.post<StaffRow>(`/api/admin/staff/${id}/leave`),
}

export const residents = {
  path: '/api/admin/residents',
  add: (form: Shapes['NewResidentIn']) => api.post<ResidentRow>('/api/admin/residents', form),
  remove: (id: string) => api.post<void>(`/api/admin/residents/${id}/remove`),
}

export const devices = {
  add: (form: Shapes['DeviceIn']) => api.post<DeviceKey>('/api/admin/devices', form),
  save: (id: string, form: Shapes['HabitsIn']) => api.put<void>(`/api/admin/devices/${encodeURIComponent(id)}`, form),
  rotate: (id: string, overlap_hours: number) =>
    api.post<DeviceKey>(`/api/admin/devices/${encodeURIComponent(id)}/rotate`, { overlap_hours }),
  revoke: (id: string) => api.post<void>(`/api/admin/devices/${encodeURIComponent(id)}/revoke`),
}

export const routes = {
  list: () => api.get<Routes>('/api/admin/routes'),
  add: (form: Shapes['RouteIn']) => api.post<Route>('/api/admin/routes', form),
  save: (id: string, form: Shapes['RouteIn']) => api.put<Route>(`/api/admin/routes/${id}`, form),
  order: (ids: string[]) => api.post<Routes>('/api/admin/routes/order', { routes: ids }),
  remove: (id: string) => api.delete<void>(`/api/admin/routes/${id}`),
}

export const grants = {
  list: () => api.get<Grants>('/api/admin/readers'),
  add: (form: Shapes['ReaderRuleIn']) => api.post<Grant>('/api/admin/readers', form),
  remove: (id: string) => api.delete<void>(`/api/admin/readers/${id}`),
}

export const figures = () => api.get<Figures>('/api/admin/figures')
