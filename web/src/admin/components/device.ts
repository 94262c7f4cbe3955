import type { Shapes } from '../api'

/** A new device's form, flat, as the fields of the server's complaints are. */
export interface DeviceDraft {
  id: string
  gate: string
  direction: string
  dialect: string
  network: string
  gbk: boolean
}

export const SIGNS = 'native'

export const deviceDraftOf = (gate = ''): DeviceDraft => ({ id: '', gate, direction: 'in', dialect: SIGNS, network: '', gbk: false })

/** One that signs has neither a network nor an encoding of its own. */
export const deviceFormOf = ({ id, gate, direction, dialect, network, gbk }: DeviceDraft): Shapes['DeviceIn'] => ({
  id: id.trim(),
  gate,
  direction,
  dialect,
  ...(dialect !== SIGNS && { network: network.trim(), gbk }),
})
