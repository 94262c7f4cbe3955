import { reactive, ref, shallowRef } from 'vue'
import type { Problem } from '../../shared/api'
import { registers } from '../registerTexts'

/** A field that was saved by somebody else while it stood in a form here, in words. */
export interface Overtaken {
  label: string
  theirs: string
  /** What stands in the form; none when the form took over what the other saved. */
  mine?: string
}

/** What a field is called, and what its value is in words. */
export type Described<Draft> = { [Field in keyof Draft]: { label: string; words: (value: Draft[Field]) => string } }

interface Rules<Row, Draft> {
  /** What the form shows of a row, or of none that is there yet. */
  draftOf: (row: Row | null) => Draft
  described: Described<Draft>
  /** The row as it is now; none when it is gone. */
  again: (row: Row) => Promise<Row | undefined>
  save: (draft: Draft, row: Row | null) => Promise<unknown>
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** Whether the register refused because another administrator had saved the row meanwhile. */
const isOvertaken = (problem: Problem) => problem.status === 409 && ['changed_meanwhile', 'changed'].includes(problem.code)

/**
 * One row of a register in a form. Of two who save the same row the server refuses the second: the form
 * then takes over what the other one changed, keeps what was changed here, and says both, so that saving
 * again is a decision.
 */
export function useEditing<Row, Draft extends object>({ draftOf, described, again, save }: Rules<Row, Draft>) {
  const isOpen = ref(false)
  const row = shallowRef<Row | null>(null)
  const draft = reactive(draftOf(null)) as Draft
  const faults = ref<Record<string, string>>({})
  const failure = ref('')
  const overtaken = ref<Overtaken[]>([])
  const busy = ref(false)

  function open(edited: Row | null) {
    row.value = edited
    Object.assign(draft, draftOf(edited))
    faults.value = {}
    failure.value = ''
    overtaken.value = []
    isOpen.value = true
  }

  async function takeOver(before: Row, problem: Problem) {
    const now = await again(before)
    if (!now) {
      failure.value = problem.message
      return
    }
    const [base, theirs] = [draftOf(before), draftOf(now)]
    const told: Overtaken[] = []
    for (const field of Object.keys(described) as (keyof Draft)[]) {
      if (same(theirs[field], base[field]) || same(theirs[field], draft[field])) continue
      const { label, words } = described[field]
      const untouched = same(draft[field], base[field])
      told.push({ label, theirs: words(theirs[field]), mine: untouched ? undefined : words(draft[field]) })
      if (untouched) draft[field] = theirs[field]
    }
    row.value = now
    overtaken.value = told
    failure.value = registers.overtaken
  }

  /** Whether it is saved; if not, the form says why. */
  async function submit(): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    faults.value = {}
    failure.value = ''
    overtaken.value = []
    try {
      await save(draft, row.value)
      isOpen.value = false
      return true
    } catch (error) {
      const problem = error as Problem
      if (row.value && isOvertaken(problem)) await takeOver(row.value, problem).catch((later: Problem) => (failure.value = later.message))
      else {
        faults.value = problem.fields
        if (!Object.keys(problem.fields).some((field) => field in draft)) failure.value = problem.message
      }
      return false
    } finally {
      busy.value = false
    }
  }

  return reactive({ isOpen, row, draft, faults, failure, overtaken, busy, open, submit })
}
