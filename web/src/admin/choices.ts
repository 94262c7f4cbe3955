// The menus that several filters and forms share. An administrator also finds what is closed by now.
import { type Page, type Shapes, api } from './api'
import type { Option } from './list'
import { type Me } from './api'
import { isAdministrator } from './me'

interface Named { id: string; name: string }
const named = ({ id, name }: Named): Option => ({ value: id, label: name })
const open = async (noun: string) => (await api.get<Named[]>(`/api/${noun}`)).map(named)
const every = async (noun: string) => (await api.get<Page<Named>>(`/api/admin/${noun}`)).items.map(named)

export const openAreas = () => open('areas')
export const openReasons = () => open('reasons')
export const areasFor = (me: Me) => () => (isAdministrator(me) ? every('areas') : openAreas())
export const reasonsFor = (me: Me) => () => (isAdministrator(me) ? every('reasons') : openReasons())
export const gates = () => every('gates')
export const auditedActs = async () =>
  (await api.get<Shapes['ActOut'][]>('/api/admin/audit/acts')).map(({ what, text }) => ({ value: what, label: text }))
