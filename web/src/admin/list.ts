// What a list is: where its rows come from, its columns and its filters, as data. ListPage shows any.

/** A column of rows `R`; a slot of the same name takes the place of `text`. */
export interface Column<R> {
  name: string
  title: string
  text?: (row: R) => string | number | null | undefined
  /** Least width, in pixels. */
  width?: number
  /** A long text, broken into lines. */
  wrap?: boolean
  /** Stays in sight when the list is scrolled sideways. */
  sticky?: boolean
}

export interface Option { value: string; label: string }

/** A filter; its names are those of the query, in the API and in the page's own address. */
export type Filter =
  | { kind: 'text'; name: string; label: string; hint?: string }
  | { kind: 'choice'; name: string; label: string; options: Option[] | (() => Promise<Option[]>) }
  | { kind: 'days'; names: [from: string, until: string]; label: string }

export const namesOf = (filters: Filter[]) =>
  filters.flatMap((filter) => (filter.kind === 'days' ? filter.names : [filter.name]))

/** The words of a table of words, as options. */
export const optionsOf = (words: Record<string, string>): Option[] =>
  Object.entries(words).map(([value, label]) => ({ value, label }))
