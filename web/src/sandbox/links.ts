/** A piece of a message: words, or words that lead somewhere. */
export interface Piece { text: string; url?: string }

/** Messages carry `<a href>` (the account's chat) or bare addresses (SMS). Never put in as markup. */
export function pieces(message: string): Piece[] {
  const found: Piece[] = []
  const parsed = new DOMParser().parseFromString(message, 'text/html')
  parsed.body.childNodes.forEach((node) => {
    const url = node instanceof HTMLAnchorElement ? node.getAttribute('href') : null
    if (url) found.push({ text: node.textContent ?? url, url })
    else found.push(...bare(node.textContent ?? ''))
  })
  return found
}

function bare(text: string): Piece[] {
  return text
    .split(/(https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+)/)
    .filter(Boolean)
    .map((part) => (/^https?:\/\//.test(part) ? { text: part, url: part } : { text: part }))
}

/** The token of a pass link. */
export const passToken = (text: string) => /\/p\/([\w-]{22})/.exec(text)?.[1]

/**
 * The page that a link opens on somebody's phone: a page that wants a session goes through the login
 * first, as whoever this phone belongs to, since all devices share this browser's cookies.
 */
export function pageFor(url: string, door: 'wechat' | 'wecom'): string {
  const { origin, pathname, search } = new URL(url, location.href)
  if (origin !== location.origin) return url
  const path = pathname + search
  return /^\/(h5|i)\//.test(path) ? `/login/${door}?to=${encodeURIComponent(path)}` : path
}

/** A page of the mini-program on somebody's phone; its button of WeChat's number gives `phone`. */
export const miniPage = (person: string, phone: string, page = 'pages/book/book') =>
  `/sandbox/mini?${new URLSearchParams({ person, phone: phone || SOME_NUMBER, open: `/${page.replace(/^\//, '')}` })}`

/** Of whoever has not said their own: nobody's (it is the operators' own example). */
const SOME_NUMBER = '13800138000'

/** Tells the box's login pages who holds the phone. */
export function holdPhone(cookie: 'sandbox_person' | 'sandbox_staff', who: string) {
  document.cookie = `${cookie}=${encodeURIComponent(who)}; path=/; samesite=lax`
}
