import { ElMessage, ElMessageBox } from 'element-plus'
import type { Problem } from '../api'
import { registers } from '../registerTexts'

/** Asks before something that cannot be taken back, does it, and says whether it was done; a refusal is shown. */
export async function confirmed(title: string, say: string, go: string, act: () => Promise<unknown>): Promise<boolean> {
  const asked = ElMessageBox.confirm(say, title, {
    confirmButtonText: go,
    cancelButtonText: registers.cancel,
    confirmButtonType: 'danger',
    type: 'warning',
  })
  if (!(await asked.then(() => true, () => false))) return false
  try {
    await act()
    return true
  } catch (problem) {
    ElMessage.error((problem as Problem).message)
    return false
  }
}
