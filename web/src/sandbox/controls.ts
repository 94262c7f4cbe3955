// The hands of the people in the box: /sandbox/control, as its openapi.json describes it.

export interface Person { openid: string; mini_openid: string; unionid: string; nickname: string; follows: boolean; blocks: boolean }
export interface Article { title: string; description: string; url: string }
export interface ChatLine {
  at: string
  kind: 'mine' | 'reply' | 'custom' | 'template' | 'fault'
  text?: string
  articles?: Article[]
  msgid?: string
  title?: string
  url?: string | null
  data?: { name: string; label: string; value: string }[]
  suppressed?: number
}
export interface MenuButton { name: string; type?: string; key?: string; url?: string; pagepath?: string; sub_button?: MenuButton[] }
export interface Notice {
  at: string
  app: 'account' | 'mini'
  msgid: string
  title: string
  page: string | null
  data: { name: string; label: string; value: string }[]
}
export interface Sms { at: string; provider: 'tencent' | 'aliyun'; phone: string; text: string }
export interface StaffMember { userid: string; name: string }
export interface CardButton { text: string; key: string | null; url: string | null }
export interface WorkText { kind: 'text'; at: string; msgid: string; content: string; suppressed: number }
export interface WorkCard {
  kind: 'card'
  at: string
  msgid: string
  suppressed: number
  task_id: string
  source: string
  title: string
  desc: string
  sub_title: string
  details: { keyname: string; value: string }[]
  url: string | null
  /** What can be tapped; nothing when the buttons were replaced. */
  buttons: CardButton[]
  replaced: string | null
}
export type WorkMessage = WorkText | WorkCard
export interface GateDevice { dev: string; place: string }
export type ScanKind = 'qr' | 'plate' | 'face' | 'idcard'
export interface Scanned { status: number; body: GateAnswer | null; signature_ok: boolean }
export interface GateAnswer { ok: number; r: string; say?: string; hint?: string; disp?: string[]; act?: object }
export interface Exchange {
  at: string
  direction: 'to_outside' | 'to_service'
  method: string
  path: string
  status: number
  errcode: number | string | null
  request: unknown
  response: unknown
  fault: FaultKind | null
}

export type FaultKind = 'errcode' | 'delay_ms' | 'hang' | 'lost_answer' | 'http_500'
export interface Deliveries { repeats: number; held: boolean; reversed: boolean }
export interface Fault { call: string; kind: FaultKind; errcode?: number | string; ms?: number; times?: number }

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`/sandbox/control${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} ${text.slice(0, 200)}`)
  return (text ? JSON.parse(text) : null) as T
}

const at = encodeURIComponent

export const controls = {
  people: () => call<Person[]>('GET', '/people'),
  addPerson: (nickname: string) => call<Person>('POST', '/people', { nickname }),
  follow: (openid: string, follows: boolean) => call<unknown>('POST', `/people/${at(openid)}/${follows ? 'follow' : 'unfollow'}`),
  chat: (openid: string) => call<ChatLine[]>('GET', `/people/${at(openid)}/chat`),
  tap: (openid: string, key: string) => call<unknown>('POST', `/people/${at(openid)}/tap`, { key }),
  say: (openid: string, text: string) => call<unknown>('POST', `/people/${at(openid)}/say`, { text }),
  block: (openid: string, blocks: boolean) => call<unknown>('POST', `/people/${at(openid)}/${blocks ? 'block' : 'unblock'}`),
  notices: (openid: string) => call<Notice[]>('GET', `/people/${at(openid)}/notices`),
  /** What this person sees: with a tag it may be another. */
  menu: (openid: string) => call<MenuButton[] | null>('GET', `/people/${at(openid)}/menu`),
  sms: (phone: string) => call<Sms[]>('GET', `/sms?phone=${at(phone)}`),
  turnPhone: (phone: string, on: boolean) => call<unknown>('POST', `/sms/${at(phone)}/${on ? 'on' : 'off'}`),
  staff: () => call<StaffMember[]>('GET', '/wecom'),
  messages: (userid: string) => call<WorkMessage[]>('GET', `/wecom/${at(userid)}/messages`),
  press: (userid: string, task_id: string, key: string) =>
    call<unknown>('POST', `/wecom/${at(userid)}/tap`, { task_id, key }),
  gates: () => call<GateDevice[]>('GET', '/gate'),
  scan: (device: string, scan: { k: ScanKind; v: string }) => call<Scanned>('POST', `/gate/${at(device)}/scan`, scan),
  log: () => call<Exchange[]>('GET', '/log'),
  faults: () => call<Fault[]>('GET', '/faults'),
  break: (fault: Fault) => call<unknown>('POST', '/faults', fault),
  deliveries: () => call<Deliveries>('GET', '/deliveries'),
  deliverAs: (deliveries: Deliveries) => call<unknown>('PUT', '/deliveries', deliveries),
  revokeTokens: () => call<unknown>('POST', '/tokens/revoke'),
  mend: () => call<unknown>('DELETE', '/faults'),
}
