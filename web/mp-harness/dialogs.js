// What WeChat shows over a page: questions, wheels and short words.

/** WeChat's own words. */
export const words = /[?&]language=en/.test(location.search) ? { back: 'Back', done: 'Done' } : { back: '返回', done: '确定' }

function dialog(title, fill) {
  return new Promise((resolve) => {
    const shown = document.createElement('dialog')
    shown.setAttribute('aria-label', title)
    const close = (value) => {
      shown.close()
      shown.remove()
      resolve(value)
    }
    const add = (tag, props) => shown.appendChild(Object.assign(document.createElement(tag), props))
    fill(add, close)
    document.body.append(shown)
    shown.oncancel = () => close(undefined)
    shown.showModal()
  })
}

/** A wheel: gives the place of what was chosen, or the day or time that was. */
export const chooseFrom = (title, mode, words, value) =>
  dialog(title, (add, close) => {
    if (mode === 'selector') {
      words.forEach((word, place) => add('button', { textContent: word, onclick: () => close(String(place)) }))
      return
    }
    const input = add('input', { type: mode, value, ariaLabel: title })
    add('button', { textContent: words.done, onclick: () => close(input.value) })
  })

/** WeChat refuses longer words than this on a dialog's buttons. */
const MOST_CHARACTERS = 4

export const showModal = async ({ title, content, editable, placeholderText, confirmText, cancelText }) => {
  for (const text of [confirmText, cancelText]) if (text.length > MOST_CHARACTERS) throw new Error(`showModal: ${text} is too long`)
  const answer = await dialog(title, (add, close) => {
    add('h2', { textContent: title })
    if (content) add('p', { textContent: content })
    const input = editable ? add('input', { placeholder: placeholderText, ariaLabel: placeholderText }) : null
    add('button', { textContent: cancelText, onclick: () => close({ confirm: false }) })
    add('button', { textContent: confirmText, onclick: () => close({ confirm: true, content: input?.value }) })
  })
  return answer ?? { confirm: false }
}

const TOAST_MS = 1500

export function showToast({ title }) {
  document.querySelector('.toast')?.remove()
  const toast = Object.assign(document.createElement('div'), { className: 'toast', textContent: title, role: 'status' })
  document.body.append(toast)
  setTimeout(() => toast.remove(), TOAST_MS)
}

/** What was chosen, by the path that the page was told. */
export const chosenFiles = new Map()

/** A file of this machine in the place of the camera and the album. */
export const chooseFile = () =>
  new Promise((resolve, reject) => {
    const input = Object.assign(document.createElement('input'), { type: 'file', accept: 'image/*' })
    input.onchange = () => {
      const path = URL.createObjectURL(input.files[0])
      chosenFiles.set(path, input.files[0])
      resolve(path)
    }
    input.oncancel = () => reject(new Error('cancelled'))
    input.click()
  })
