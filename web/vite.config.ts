import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { VantResolver } from '@vant/auto-import-resolver'
import components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig, type Plugin } from 'vite'
import { compile } from './mp-harness/compile.mjs'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Vant's icons are a font, given as a data: URL and, failing that, from a foreign host. Our
// Content-Security-Policy allows neither, and 45 KB is much for a handful of strokes.
const ownIcons: Plugin = {
  name: 'own-icons',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('/vant/es/icon/index.css')) return null
    return readFileSync(here('src/shared/icons.css'), 'utf8')
  },
}

// miniprogram/ as it is, for the phone of the sandbox's page and of the tests.
const MINI_PROGRAM = 'virtual:mini-program'
const miniProgram: Plugin = {
  name: 'mini-program',
  resolveId: (id) => (id === MINI_PROGRAM ? `\0${id}` : null),
  load: (id) => (id === `\0${MINI_PROGRAM}` ? compile() : null),
}

export default defineConfig({
  plugins: [
    vue(),
    ownIcons,
    miniProgram,
    components({ dirs: [], resolvers: [VantResolver(), ElementPlusResolver()], dts: 'src/components.d.ts' }),
  ],
  build: {
    // WeChat's browsers lag: the Chromium of older Android WeChat and iOS 15 still turn up. Sheets are <dialog>s.
    target: ['chrome87', 'safari15.4'],
    modulePreload: { polyfill: false },
    rollupOptions: { input: { h5: here('h5/index.html'), admin: here('admin/index.html'), sandbox: here('sandbox/index.html'), mini: here('mini/index.html') } },
  },
})
