let attempt = { body: '', key: '' }

/**
 * The Idempotency-Key of a form: the same for the same words, so that a second tap after a lost
 * answer makes no second visit, and a new one as soon as anything was corrected.
 */
export function attemptKey(form: unknown): string {
  const body = JSON.stringify(form)
  if (attempt.body !== body) attempt = { body, key: randomId() }
  return attempt.key
}

// crypto.randomUUID is missing in the oldest browsers that WeChat still brings.
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
