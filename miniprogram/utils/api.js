// The JSON API as the mini-program uses it. A mini-program keeps no cookies: the session is a token that `wx.login`'s
// code buys, and travels as a bearer.
const { BASE_URL } = require('../config')
const { spoken, texts } = require('../texts')

const TOKEN = 'token'

/** The language in which a refusal is answered. */
const SPOKEN = { 'accept-language': spoken }

/** Why a call failed, as problem+json says it; `status` 0 means that no answer came. */
class Problem extends Error {
  /**
   * @param {number} status
   * @param {{ code?: string, title?: string, detail?: string, errors?: { field: string, detail: string }[] | null }} body
   */
  constructor(status, body) {
    super(body.detail || body.title || (status === 0 ? texts.problems.offline : texts.problems.failed))
    this.status = status
    this.code = body.code || (status === 0 ? 'offline' : 'unknown')
    /** The complaint about each field, by its last name: `visitor.phone` is `phone`, `resident.phone` is `resident_phone`. */
    this.fields = Object.fromEntries(
      (body.errors || []).map(({ field, detail }) => [
        field.startsWith('resident.') ? field.replace('.', '_') : field.split(/[./]/).pop() || '',
        detail,
      ]),
    )
  }
}

/** @param {unknown} error @returns {Problem} */
const problemOf = (error) => (error instanceof Problem ? error : new Problem(502, {}))

/** The answer's JSON, or the `Problem` it is. @param {number} status @param {any} body */
function readAnswer(status, body) {
  let read = body
  if (typeof body === 'string') {
    try {
      read = body ? JSON.parse(body) : {}
    } catch {
      throw new Problem(status >= 400 ? status : 502, {})
    }
  }
  if (status >= 400) throw new Problem(status, read || {})
  return read
}

/** @param {'GET' | 'POST' | 'PUT' | 'DELETE'} method @param {string} path @param {unknown} body @param {Record<string, string>} header */
const request = (method, path, body, header) =>
  new Promise((resolve, reject) => {
    wx.request({
      url: BASE_URL + path,
      method,
      data: body === undefined ? undefined : JSON.stringify(body),
      header: { ...SPOKEN, ...header, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      // As text: what is no JSON is a problem of ours to put into words.
      dataType: '其他',
      success: ({ statusCode, data }) => {
        try {
          resolve(readAnswer(statusCode, data))
        } catch (problem) {
          reject(problem)
        }
      },
      fail: () => reject(new Problem(0, {})),
    })
  })

/** @type {Promise<string> | null} */
let loggingIn = null

/** @returns {Promise<string>} */
function logIn() {
  const code = new Promise((resolve, reject) => {
    wx.login({ success: ({ code }) => resolve(code), fail: () => reject(new Problem(0, {})) })
  })
  return code
    .then((code) => request('POST', '/api/login/mini', { code }, {}))
    .then(({ token }) => {
      wx.setStorageSync(TOKEN, token)
      return token
    })
}

/** The session's token; several calls at once log in once. @returns {Promise<string>} */
function session() {
  const kept = wx.getStorageSync(TOKEN)
  if (kept) return Promise.resolve(kept)
  loggingIn = loggingIn || logIn().finally(() => (loggingIn = null))
  return loggingIn
}

/**
 * Does something with a session, and once more with a new one when the old has ended.
 * @template T @param {(header: Record<string, string>) => Promise<T>} act @returns {Promise<T>}
 */
async function known(act) {
  const token = await session()
  const bearer = (/** @type {string} */ token) => ({ authorization: `Bearer ${token}` })
  try {
    return await act(bearer(token))
  } catch (error) {
    if (problemOf(error).status !== 401) throw error
    if (wx.getStorageSync(TOKEN) === token) wx.removeStorageSync(TOKEN)
    return act(bearer(await session()))
  }
}

/** @param {'GET' | 'POST' | 'PUT' | 'DELETE'} method @param {string} path @param {unknown} [body] @param {Record<string, string>} [header] */
const call = (method, path, body, header = {}) =>
  known((bearer) => request(method, path, body, { ...header, ...bearer }))

/** @param {string} path @param {string} [after] */
const page = (path, after) => call('GET', after ? `${path}?after=${encodeURIComponent(after)}` : path)

/** @param {string} key */
const keyed = (key) => ({ 'idempotency-key': key })

/** @param {string} id @param {string} name @param {unknown} [body] @returns {Promise<Visit>} */
const act = (id, name, body) => call('POST', `/api/visits/${id}/${name}`, body)

const visits = {
  /** @param {string} [after] @returns {Promise<Page<Visit>>} */
  list: (after) => page('/api/visits', after),
  /** @param {string} id @returns {Promise<Visit>} */
  find: (id) => call('GET', `/api/visits/${id}`),
  /** @param {Booking} booking @param {string} key @returns {Promise<Visit>} */
  book: (booking, key) => call('POST', '/api/visits', booking, keyed(key)),
  /** @param {string} id @param {Booking} booking @returns {Promise<Visit>} */
  correct: (id, booking) => call('PUT', `/api/visits/${id}`, booking),
  /** @param {string} id */
  submit: (id) => act(id, 'submit'),
  /** @param {string} id */
  withdraw: (id) => act(id, 'withdraw'),
  /** @param {string} id @param {number} minutes */
  extend: (id, minutes) => act(id, 'extend', { minutes }),
  /** Closes the place that is kept for `invitee`, or one that is kept for nobody. @param {string} id @param {string | null} [invitee] */
  close: (id, invitee) => act(id, 'close', invitee ? { invitee } : {}),
}

/** 丁香水榭小区访客登记; one is read and withdrawn as any other visit. */
const registrations = {
  /** @param {string} [after] @returns {Promise<Page<Visit>>} */
  list: (after) => page('/api/registrations', after),
  /** @param {Registering} form @param {string} key @returns {Promise<{ id: string }>} */
  register: (form, key) => call('POST', '/api/registrations', form, keyed(key)),
  /** @param {string} id @param {Registering} form @returns {Promise<Visit>} */
  correct: (id, form) => call('PUT', `/api/registrations/${id}`, form),
}

/** 到访区域, 来访事由 and the hosts of a name. */
const choices = {
  /** @returns {Promise<Choice[]>} */
  areas: () => request('GET', '/api/areas', undefined, {}),
  /** @returns {Promise<Choice[]>} */
  reasons: () => request('GET', '/api/reasons', undefined, {}),
  /** @param {string} name @returns {Promise<Host[]>} */
  hosts: (name) => call('GET', `/api/hosts?q=${encodeURIComponent(name)}`),
}

/** Behind a link or a code, which is its own key: no session is needed to look. */
const links = {
  /** @param {string} token @returns {Promise<Invited>} */
  invitation: (token) => request('GET', `/api/invitations/${encodeURIComponent(token)}`, undefined, {}),
  /** @param {string} token @param {Joining} joining @param {string} key @returns {Promise<Accepted>} */
  accept: (token, joining, key) =>
    call('POST', `/api/invitations/${encodeURIComponent(token)}/accept`, joining, keyed(key)),
  /** @param {string} token @returns {Promise<Pass>} */
  pass: (token) => request('GET', `/api/passes/${encodeURIComponent(token)}`, undefined, {}),
  /** @param {string} token */
  withdrawFace: (token) => request('DELETE', `/api/passes/${encodeURIComponent(token)}/face`, undefined, {}),
}

const me = {
  /** @returns {Promise<Me>} */
  show: () => call('GET', '/api/me'),
  /** Proves the phone that WeChat knows. @param {string} code @returns {Promise<{ phone: string, masked: string }>} */
  provePhone: (code) => call('POST', '/api/login/mini/phone', { code }),
  /** @returns {Promise<Own>} */
  export: () => call('GET', '/api/me/export'),
  /** @param {string} confirm */
  leave: (confirm) => call('POST', '/api/me/delete', { confirm }),
  logOut: () => call('POST', '/api/logout'),
  logOutEverywhere: () => call('POST', '/api/logout/everywhere'),
  /** @param {string} id */
  withdrawPhoto: (id) => call('DELETE', `/api/photos/${id}`),
  /** @returns {Promise<Subscription[]>} */
  subscriptions: () => call('GET', '/api/subscriptions'),
  /** @param {{ template_id: string, answer: string }[]} answers */
  tell: (answers) => call('POST', '/api/subscriptions', { app: 'mini', answers }),
}

/**
 * Sends a photo and tells how much of it has left, from 0 to 100.
 * @param {'id_card' | 'face'} kind @param {string} filePath @param {(part: number) => void} progress @returns {Promise<{ id: string }>}
 */
const sendPhoto = (kind, filePath, progress) =>
  known(
    (header) =>
      new Promise((resolve, reject) => {
        const task = wx.uploadFile({
          url: `${BASE_URL}/api/photos`,
          filePath,
          name: 'file',
          formData: { kind },
          header: { ...SPOKEN, ...header },
          success: ({ statusCode, data }) => {
            try {
              resolve(readAnswer(statusCode, data))
            } catch (problem) {
              reject(problem)
            }
          },
          fail: () => reject(new Problem(0, {})),
        })
        task.onProgressUpdate(({ progress: part }) => progress(part))
      }),
  )

/** What a path of the service is to WeChat's own pictures and downloads. @param {string} path */
const addressOf = (path) => BASE_URL + path

module.exports = { Problem, problemOf, visits, registrations, choices, links, me, sendPhoto, addressOf }
