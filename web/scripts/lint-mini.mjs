// What WeChat's own compilers and the developer tools would say of the mini-program: its templates and style are sound,
// and whatever is named is there.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { MINIPROGRAM, readAll } from '../mp-harness/compile.mjs'

const files = Object.keys(await readAll())
const compilers = join(dirname(createRequire(import.meta.url).resolve('miniprogram-compiler/package.json')), 'bin/linux')
const scratch = mkdtempSync(join(tmpdir(), 'lint-mini-'))

/** Runs one of WeChat's compilers, which are programs for Linux on x86-64. */
function compile(name, kind) {
  const program = join(compilers, name)
  chmodSync(program, 0o755)
  const output = join(scratch, name)
  const sources = files.filter((file) => file.endsWith(kind)).map((file) => `./${file}`)
  const { status, stdout, stderr, error } = spawnSync(program, ['-o', output, ...sources], { cwd: MINIPROGRAM, encoding: 'utf8' })
  if (error) throw error
  assert.equal(status, 0, `${name}: ${stdout}${stderr}`)
  assert.ok(existsSync(output), `${name} wrote nothing: ${stdout}${stderr}`)
}

try {
  if (process.platform === 'linux' && process.arch === 'x64') {
    compile('wcc', '.wxml')
    compile('wcsc', '.wxss')
  } else {
    console.warn('wcc and wcsc were left out: they do not run on this machine')
  }
} finally {
  rmSync(scratch, { recursive: true })
}

const read = (file) => JSON.parse(readFileSync(join(MINIPROGRAM, file), 'utf8'))
const app = read('app.json')
const theme = read(app.themeLocation)
assert.deepEqual(Object.keys(theme.light), Object.keys(theme.dark), 'both themes have the same colours')
const named = [...app.pages]
// The list grows while it is walked: a component may name others.
for (const path of named) {
  for (const kind of ['js', 'json', 'wxml']) assert.ok(files.includes(`${path}.${kind}`), `${path}.${kind} is missing`)
  const using = Object.entries(read(`${path}.json`).usingComponents ?? {})
  const template = readFileSync(join(MINIPROGRAM, `${path}.wxml`), 'utf8')
  const tags = new Set([...template.matchAll(/<([a-z]+-[a-z-]+)/g)].map(([, tag]) => tag).filter((tag) => tag !== 'page-meta'))
  assert.deepEqual(using.map(([tag]) => tag).sort(), [...tags].sort(), `${path} names the components that it uses`)
  for (const [, component] of using) if (!named.includes(component.slice(1))) named.push(component.slice(1))
}
for (const file of files.filter((file) => /^(pages|components)\/.*\.js$/.test(file))) {
  assert.ok(named.includes(file.slice(0, -'.js'.length)), `${file} is named nowhere`)
}
for (const { pagePath } of app.tabBar.list) assert.ok(app.pages.includes(pagePath), pagePath)
assert.equal(app.componentFramework, undefined, 'the framework is the one that WeChat has everywhere')
// What WeChat takes of one package.
const bytes = files.reduce((sum, file) => sum + readFileSync(join(MINIPROGRAM, file)).length, 0)
assert.ok(bytes < 2 * 1024 * 1024, `${bytes} bytes`)
