// How somebody likes to read: kept on the phone for good, since it tells nothing of who they are.
const LANGUAGE = 'language'
const LARGE = 'large-type'

export const language = localStorage.getItem(LANGUAGE) === 'en' ? 'en' : 'zh'

/** Every word was chosen when the pages began, so they begin anew; what was typed is in its draft. */
export function speak(wanted: typeof language) {
  localStorage.setItem(LANGUAGE, wanted)
  location.reload()
}

/** 关怀模式. */
export const isLarge = () => localStorage.getItem(LARGE) === 'on'

export function enlarge(wanted: boolean) {
  localStorage.setItem(LARGE, wanted ? 'on' : 'off')
  apply()
}

/** Puts both where the styles and those who read aloud find them. */
export function apply() {
  document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN'
  document.documentElement.classList.toggle('large-type', isLarge())
}
