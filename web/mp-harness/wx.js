// WeChat's API as far as the mini-program asks for it; what it does not stand for is missing, and fails a story. Who
// holds the phone is `person` of the address, whom the sandbox knows, and `language` the one that they set in WeChat.
import { chooseFile, chosenFiles, showModal, showToast } from './dialogs.js'

const { person, phone, language = 'zh_CN' } = Object.fromEntries(new URLSearchParams(location.search))

async function control(path, body) {
  const answer = await fetch(`/sandbox/control/people/${person}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  })
  return answer.json()
}

/** A promise when no callback is given, as WeChat does. */
const both = (work) => (options = {}) => {
  const done = work(options)
  if (!options.success && !options.fail && !options.complete) return done
  done.then((value) => options.success?.(value), (error) => options.fail?.(error))
}

// A mini-program has no cookies.
const bare = (url, options) => fetch(url, { ...options, credentials: 'omit' })

// Each person's phone has its own, in one browser's.
const own = `mini ${person} `
const storage = {
  setStorageSync: (name, value) => localStorage.setItem(own + name, JSON.stringify(value)),
  getStorageSync: (name) => JSON.parse(localStorage.getItem(own + name) ?? '""'),
  removeStorageSync: (name) => localStorage.removeItem(own + name),
  clearStorageSync() {
    for (const name of Object.keys(localStorage)) if (name.startsWith(own)) localStorage.removeItem(name)
  },
}

const network = {
  request: both(async ({ url, method, data, header }) => {
    const answer = await bare(url, { method, body: data, headers: header })
    return { statusCode: answer.status, data: await answer.text() }
  }),
  uploadFile(options) {
    const { url, filePath, name, formData, header } = options
    const send = async () => {
      const form = new FormData()
      for (const [field, value] of Object.entries(formData)) form.append(field, value)
      form.append(name, chosenFiles.get(filePath), 'photo.jpg')
      const answer = await bare(url, { method: 'POST', body: form, headers: header })
      return { statusCode: answer.status, data: await answer.text() }
    }
    send().then(options.success, options.fail)
    return { onProgressUpdate: (progress) => progress({ progress: 100 }) }
  },
  downloadFile: both(async ({ url }) => ({ tempFilePath: URL.createObjectURL(await (await bare(url)).blob()) })),
  onNetworkStatusChange: (tell) => addEventListener('online', tell),
  offNetworkStatusChange: (tell) => removeEventListener('online', tell),
}

const wechat = {
  login: both(() => control('mini-code')),
  phoneCode: () => (phone ? control('phone-code', { phone }) : { errMsg: 'getPhoneNumber:fail user deny' }),
  requestSubscribeMessage: both(async ({ tmplIds }) => {
    const list = tmplIds.map((template_id) => ({ template_id, accepts: true }))
    await control('mini-push', { kind: 'subscribe_msg_popup_event', list })
    return Object.fromEntries(tmplIds.map((id) => [id, 'accept']))
  }),
  showShareMenu: () => (globalThis.canShare = true),
  hideShareMenu: () => (globalThis.canShare = false),
}

const device = {
  chooseMedia: both(async () => ({ tempFiles: [{ tempFilePath: await chooseFile() }] })),
  compressImage: both(async ({ src }) => ({ tempFilePath: src })),
  saveImageToPhotosAlbum: both(async ({ filePath }) => void (globalThis.savedPicture = filePath)),
  setClipboardData: both(async ({ data }) => void (globalThis.copied = data)),
  setKeepScreenOn: ({ keepScreenOn }) => (globalThis.keptOn = keepScreenOn),
  getAppBaseInfo: () => ({ language }),
  getWindowInfo: () => ({ pixelRatio: devicePixelRatio }),
}

/** `ways` are the phone's: from page to page, and what stands on the one that is seen. */
export function makeWx(ways) {
  const query = {
    in: () => query,
    select(selector) {
      query.selector = selector
      return query
    },
    fields: () => query,
    exec(hear) {
      const node = ways.find(query.selector)
      hear([node ? { node, width: node.clientWidth, height: node.clientHeight } : null])
    },
  }
  return {
    ...storage,
    ...network,
    ...wechat,
    ...device,
    showModal: both(showModal),
    showToast,
    navigateTo: ({ url }) => ways.navigateTo(url),
    redirectTo: ({ url }) => ways.redirectTo(url),
    reLaunch: ({ url }) => ways.switchTab(url),
    switchTab: ({ url }) => ways.switchTab(url),
    navigateBack: ({ fail } = {}) => ways.navigateBack() || fail?.(),
    setNavigationBarTitle: ({ title }) => ways.title(title),
    setTabBarItem: ({ index, text }) => ways.nameTab(index, text),
    stopPullDownRefresh: () => {},
    pageScrollTo({ selector, scrollTop }) {
      if (selector) document.querySelector(selector.split('>>>').pop())?.scrollIntoView({ block: 'center' })
      else scrollTo(0, scrollTop)
    },
    createSelectorQuery: () => query,
  }
}
