/** What the ids of the rules are called. */
export type NameMap = Map<string, string>

export interface Names { areas: NameMap; reasons: NameMap; departments: NameMap; members: NameMap }

export const namesOf = (rows: { id: string; name: string }[]): NameMap => new Map(rows.map(({ id, name }) => [id, name]))
