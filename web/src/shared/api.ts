// The JSON API as the pages use it. Its shapes are generated from /api/openapi.json by `npm run types`.
import type { components } from './openapi'

type Shapes = components['schemas']
type FieldError = Shapes['FieldError']

export type Me = Shapes['MeOut']
export type Host = Shapes['HostOut']
export type Choice = Shapes['AreaOut'] | Shapes['ReasonOut']
export type PhotoKind = 'id_card' | 'face'
export type Booking = Shapes['BookVisitIn']
export type Companions = Shapes['CompanionsIn']
export type Inviting = Shapes['InviteIn']
export type Joining = Shapes['AcceptIn']
export type Registering = Shapes['RegisterIn']
export type Coming = Shapes['ComingOut']
export type Visit = Shapes['VisitOut']
export type Invitation = Shapes['InvitationOut']
export type Invited = Shapes['InvitedOut']
export type Pass = Shapes['PassOut']
export type Box = 'todo' | 'done' | 'cc' | 'mine'
export type ApprovalCard = Shapes['CardOut']
/** By what a list of applications is narrowed, as the API names it. */
export const NARROWING = ['area', 'reason', 'mode', 'stage', 'starts_from', 'starts_until', 'submitted_from', 'submitted_until'] as const
export type Narrowed = Partial<Record<(typeof NARROWING)[number], string>>
export type Approval = Shapes['ApprovalOut']
export type ApprovalStep = Shapes['StepOut']
export type ApprovalEvent = Shapes['EventOut']
export type Counts = Shapes['CountsOut']
export type Own = Shapes['OwnOut']
export type Delegation = Shapes['DelegationOut']
export type GroupPass = Shapes['GroupPassOut']
export type Proxying = Shapes['ProxyIn']
export type GuardedGate = Shapes['PostOut']
export type Verdict = Shapes['VerdictOut']
export type AtGate = Shapes['AtGateOut']
export type Expected = Shapes['ExpectedOut']
export type Checked = Shapes['CheckedOut']
export type Presences = Shapes['PresencesOut']
export type PageSignature = Shapes['PageSignatureOut']
export type Decision = 'approve' | 'reject' | 'return'

export interface Page<T> { items: T[]; next?: string | null }

/** Why a call failed, as problem+json says it; `status` 0 means that no answer came. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  /** The complaint about each field, by its last name: `visitor.phone` is `phone`; `resident.phone` and `steps[1].who` stay. */
  readonly fields: Record<string, string>
  /** The same by its whole path, `visitors[1].phone`, for a form with many of a kind. */
  readonly paths: Record<string, string>

  /** What no server says, by the problem's code; pages in another language put theirs in. */
  static readonly words: Record<string, string> = {
    offline: '网络不可用，请检查网络后重试。',
    broken: '服务暂时不可用，请稍后重试。',
    login_failed: '登录没有成功，请关闭页面后重新打开。',
  }

  constructor(status: number, body: Partial<{ code: string; title: string; detail: string; errors: FieldError[] }>) {
    const code = body.code ?? (status === 0 ? 'offline' : 'broken')
    super(body.detail || Problem.words[code] || body.title)
    this.status = status
    this.code = code
    const said = (body.errors ?? []).map(({ field, detail }) => [field, detail] as const)
    this.paths = Object.fromEntries(said)
    this.fields = Object.fromEntries(
      said.map(([field, detail]) => [/^resident\.|\[/.test(field) ? field : (field.split(/[./]/).pop() ?? ''), detail]),
    )
  }
}

/** Where somebody who is not known yet proves who they are. */
export type Door = 'wechat' | 'wecom' | 'cas'

/** WeChat's own browser; WeCom's says so too. Any other cannot log in with WeChat. */
export const isInWeChat = () => /MicroMessenger/i.test(navigator.userAgent)

const SENT_TO_LOGIN = 'sent-to-login'

// A login that does not stick must end in words, not in a circle of redirects.
function signIn(door: Door): Promise<never> {
  const before = Number(sessionStorage.getItem(SENT_TO_LOGIN) ?? 0)
  sessionStorage.removeItem(SENT_TO_LOGIN)
  if (Date.now() - before < 5000) {
    throw new Problem(401, { code: 'login_failed' })
  }
  sessionStorage.setItem(SENT_TO_LOGIN, String(Date.now()))
  const page = door === 'wechat' && !isInWeChat() ? '/h5/login' : `/login/${door}`
  location.replace(`${page}?to=${encodeURIComponent(location.pathname + location.search)}`)
  return new Promise(() => {})
}

/** The answer's JSON, or the `Problem` it is. */
export function readAnswer<T>(status: number, text: string, door: Door | null): T | Promise<never> {
  if (status === 401 && door) return signIn(door)
  let body: unknown = {}
  try {
    body = text ? JSON.parse(text) : {}
  } catch {
    throw new Problem(status >= 400 ? status : 502, {})
  }
  if (status >= 400) throw new Problem(status, body as object)
  if (door) sessionStorage.removeItem(SENT_TO_LOGIN)
  return body as T
}

/** The language of the page, in which a refusal is answered, whatever the browser's own is. */
export const spoken = () => ({ 'accept-language': document.documentElement.lang })

export async function call<T>(door: Door | null, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(path, {
      method,
      headers: { ...spoken(), ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    text = await answer.text()
  } catch {
    throw new Problem(0, {})
  }
  return readAnswer<T>(answer.status, text, door)
}

export const query = (values: Record<string, string | undefined>) =>
  new URLSearchParams(Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined))

/** The visits that somebody began, and what they may still do with them: one set of doors under two roots. */
const begun = (door: Door, root: string) => {
  const act = (name: string) => (id: string, body?: unknown) => call<Visit>(door, 'POST', `${root}/${id}/${name}`, body)
  const [submit, withdraw, extend, close] = [act('submit'), act('withdraw'), act('extend'), act('close')]
  return {
    visits: (after?: string) => call<Page<Visit>>(door, 'GET', `${root}?${query({ after })}`),
    visit: (id: string) => call<Visit>(door, 'GET', `${root}/${id}`),
    submit: (id: string) => submit(id),
    withdraw: (id: string) => withdraw(id),
    extend: (id: string, minutes: number) => extend(id, { minutes }),
    /** Closes the place that is kept for `invitee`, or one that is kept for nobody. */
    close: (id: string, invitee?: string | null) => close(id, invitee ? { invitee } : {}),
  }
}

export type Begun = ReturnType<typeof begun>

/** 到访区域 and 来访事由 are no secret: no door is asked for. */
export const choices = {
  areas: () => call<Choice[]>(null, 'GET', '/api/areas'),
  reasons: () => call<Choice[]>(null, 'GET', '/api/reasons'),
}

export const visitors = {
  ...begun('wechat', '/api/visits'),
  me: () => call<Me>('wechat', 'GET', '/api/me'),
  hosts: (name: string) => call<Host[]>('wechat', 'GET', `/api/hosts?${query({ q: name })}`),
  book: (booking: Booking, key: string) =>
    call<Visit>('wechat', 'POST', '/api/visits', booking, { 'idempotency-key': key }),
  correct: (id: string, booking: Booking) => call<Visit>('wechat', 'PUT', `/api/visits/${id}`, booking),
}

/** 丁香水榭小区访客登记; one is read and withdrawn as any other visit. */
export const registrations = {
  list: (after?: string) => call<Page<Visit>>('wechat', 'GET', `/api/registrations?${query({ after })}`),
  register: (form: Registering, key: string) =>
    call<{ id: string }>('wechat', 'POST', '/api/registrations', form, { 'idempotency-key': key }),
  correct: (id: string, form: Registering) => call<Visit>('wechat', 'PUT', `/api/registrations/${id}`, form),
}

/** The link of a resident: who comes, and what they say to it. */
export const coming = {
  show: (token: string) => call<Coming>(null, 'GET', `/api/coming/${encodeURIComponent(token)}`),
  say: (token: string, word: 'expect' | 'disown') =>
    call<Coming>(null, 'POST', `/api/coming/${encodeURIComponent(token)}/${word}`),
}

export const invitations = {
  show: (token: string) => call<Invited>(null, 'GET', `/api/invitations/${encodeURIComponent(token)}`),
  accept: (token: string, joining: Joining, key: string) =>
    call<Shapes['AcceptedOut']>('wechat', 'POST', `/api/invitations/${encodeURIComponent(token)}/accept`, joining, {
      'idempotency-key': key,
    }),
}

/** Outside WeChat: a code by SMS. */
export const smsLogin = {
  send: (phone: string) => call<Shapes['CodeSentOut']>(null, 'POST', '/api/login/sms', { phone }),
  check: (phone: string, code: string) => call<void>(null, 'POST', '/api/login/sms/check', { phone, code }),
}

/** Ends every session of this browser; whoever comes next is nobody yet. */
export const logOut = () => call<void>(null, 'POST', '/api/logout')

/** What is kept of oneself, and the ways to take it back. */
export const own = {
  export: '/api/me/export',
  show: () => call<Own>('wechat', 'GET', '/api/me/export'),
  photo: (id: string) => `/api/photos/${id}`,
  withdrawPhoto: (id: string) => call<void>('wechat', 'DELETE', `/api/photos/${id}`),
  logOutEverywhere: () => call<void>('wechat', 'POST', '/api/logout/everywhere'),
  delete: (confirm: string) => call<void>('wechat', 'POST', '/api/me/delete', { confirm }),
}

export const passes = {
  withdrawFace: (token: string) => call<void>(null, 'DELETE', `/api/passes/${encodeURIComponent(token)}/face`),
  show: (token: string) => call<Pass>(null, 'GET', `/api/passes/${encodeURIComponent(token)}`),
  byCode: (code: string, phone_last4: string) =>
    call<{ link: string }>(null, 'POST', '/api/passes/by-code', { code, phone_last4 }),
}

export const staff = {
  ...begun('wecom', '/api/staff/invitations'),
  invite: (inviting: Inviting, key: string) =>
    call<Visit>('wecom', 'POST', '/api/staff/invitations', inviting, { 'idempotency-key': key }),
  correct: (id: string, form: Shapes['CorrectIn']) => call<Visit>('wecom', 'PUT', `/api/staff/invitations/${id}`, form),
  me: () => call<Shapes['StaffMeOut']>('wecom', 'GET', '/api/staff/me'),
  proxy: (proxying: Proxying, key: string) =>
    call<Visit>('wecom', 'POST', '/api/staff/proxies', proxying, { 'idempotency-key': key }),
  groupPass: (id: string) => call<GroupPass>('wecom', 'GET', `/api/staff/groups/${id}/pass`),
  /** For WeChat's own camera. */
  signPage: (url: string) => call<PageSignature>('wecom', 'GET', `/api/jssdk?${query({ url })}`),
  /** `q` is a 单据号, a whole phone number, a plate, or the beginning of a name. */
  approvals: (box: Box, sought: Narrowed & { q?: string }, after?: string) =>
    call<Page<ApprovalCard>>('wecom', 'GET', `/api/staff/approvals?${query({ box, ...sought, after })}`),
  counts: () => call<Counts>('wecom', 'GET', '/api/staff/approvals/counts'),
  approval: (visit: string) => call<Approval>('wecom', 'GET', `/api/staff/approvals/${visit}`),
  /** `step` is the one that was looked at, so that no later one is decided by mistake. */
  decide: (visit: string, decision: Decision, comment: string, step?: string | null) =>
    call<Approval>('wecom', 'POST', `/api/staff/approvals/${visit}/${decision}`, {
      ...(comment && { comment }),
      ...(step && { step }),
    }),
  hosts: (name: string) => call<Host[]>('wecom', 'GET', `/api/staff/hosts?${query({ q: name })}`),
  /** Anybody who works here, by their full name. */
  colleagues: (name: string) => call<Host[]>('wecom', 'GET', `/api/staff/colleagues?${query({ name })}`),
  delegations: () => call<{ items: Delegation[] }>('wecom', 'GET', '/api/staff/delegations'),
  delegate: (to: string, starts_at: string, ends_at: string) =>
    call<{ items: Delegation[] }>('wecom', 'POST', '/api/staff/delegations', { to, starts_at, ends_at }),
  endDelegation: (id: string) => call<{ items: Delegation[] }>('wecom', 'DELETE', `/api/staff/delegations/${id}`),
}

/** Where a guard stands. */
export interface Post { gate: string; direction: 'in' | 'out' }

export const guard = {
  gates: () => call<GuardedGate[]>('wecom', 'GET', '/api/guard/gates'),
  /** `q` is a 单据号, a whole phone number, a plate, or the beginning of a name. */
  lookUp: (q: string, { gate, direction }: Post) =>
    call<Expected[]>('wecom', 'GET', `/api/guard/visitors?${query({ q, gate, direction })}`),
  check: (code: string, post: Post) => call<Checked>('wecom', 'POST', '/api/guard/check', { code, ...post }),
  letThrough: (who: { pass: string } | { plate: string }, post: Post, key: string) =>
    call<Verdict>('wecom', 'POST', '/api/guard/passages', { ...who, ...post }, { 'idempotency-key': key }),
  inside: () => call<Presences>('wecom', 'GET', '/api/guard/inside'),
}

/** Sends a photo and tells how much of it has left, from 0 to 1. `fetch` cannot tell. */
export function sendPhoto(
  kind: PhotoKind,
  photo: Blob,
  progress: (part: number) => void,
  [door, path]: readonly [Door, string],
): Promise<Shapes['PhotoOut']> {
  return new Promise((resolve, reject) => {
    const form = new FormData()
    form.append('kind', kind)
    form.append('file', photo, `${kind}.jpg`)
    const request = new XMLHttpRequest()
    request.open('POST', path)
    Object.entries(spoken()).forEach(([name, value]) => request.setRequestHeader(name, value))
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0)
    request.onerror = () => reject(new Problem(0, {}))
    request.onload = () => {
      try {
        resolve(readAnswer<Shapes['PhotoOut']>(request.status, request.responseText, door))
      } catch (problem) {
        reject(problem as Problem)
      }
    }
    request.send(form)
  })
}
