// The mini-program as one module for a browser: its templates compiled by glass-easel's own compiler, its scripts as
// functions, its settings and its style as they are.
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const { TmplGroup } = require('glass-easel-template-compiler')

export const MINIPROGRAM = fileURLToPath(new URL('../../miniprogram', import.meta.url))

/** WeChat's wheel, of which the harness is the browser's half (phone.js). */
const PICKER = '<button aria-label="{{ariaLabel}}" bind:tap="open"><slot /></button>'

/** Every file of the mini-program: its path from the top, and its text. */
export async function readAll() {
  const entries = await readdir(MINIPROGRAM, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const read = async (file) => [relative(MINIPROGRAM, file), await readFile(file, 'utf8')]
  return Object.fromEntries(await Promise.all(files.map(read)))
}

/** The module's text; the service is the one that serves it, whatever config.js names. */
export async function compile() {
  const files = await readAll()
  const of = (kind) => Object.entries(files).filter(([path]) => path.endsWith(kind))
  const templates = new TmplGroup()
  for (const [path, text] of of('.wxml')) {
    const faults = templates.addTmpl(path.slice(0, -'.wxml'.length), text)
    if (faults.length) throw new Error(`${path}: ${JSON.stringify(faults)}`)
  }
  templates.addTmpl('picker', PICKER)
  const scripts = of('.js').map(([path, text]) => {
    const body = path === 'config.js' ? "module.exports = { BASE_URL: '' }" : text
    return `${JSON.stringify(path)}(require, module, exports, wx, App, Page, Component) {${body}\n}`
  })
  const settings = of('.json').map(([path, text]) => `${JSON.stringify(path)}: ${text}`)
  return [
    `export const scripts = {${scripts.join(',\n')}}`,
    `export const templates = ${templates.getTmplGenObjectGroups()}`,
    `export const settings = {${settings.join(',\n')}}`,
    `export const style = ${JSON.stringify(files['app.wxss'])}`,
  ].join('\n')
}
