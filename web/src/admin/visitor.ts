// 基本信息 and 备案信息 of one visitor as they stand in a form, and as the API takes them.
import type { Shapes } from './api'

let last = 0

export const emptyVisitor = () => ({
  /** Tells the rows of a form apart, of which any may be taken away. */
  key: ++last,
  name: '',
  phone: '',
  id_number: '',
  plate: '',
  items: '',
  id_photo: '',
  face_photo: '',
})

export type VisitorDraft = ReturnType<typeof emptyVisitor>

export const isBlank = ({ key: _, ...fields }: VisitorDraft) => !Object.values(fields).some((text) => text.trim())

export function toVisitor({ key: _, plate, items, face_photo, ...rest }: VisitorDraft): Shapes['VisitorIn'] {
  return {
    ...rest,
    ...(plate.trim() && { plate: plate.trim() }),
    ...(items.trim() && { items: items.trim() }),
    ...(face_photo && { face_photo }),
  }
}
