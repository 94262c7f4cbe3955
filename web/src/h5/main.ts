import { createApp } from 'vue'
import 'vant/es/toast/style'
import '../shared/theme.css'
import '../shared/forms.css'
import App from './App.vue'
import { apply } from './preferences'
import { router } from './router'

// Vant knows the dark by a class; the class follows the phone.
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('van-theme-dark', dark.matches)
dark.addEventListener('change', follow)
follow()
apply()

createApp(App).use(router).mount('#app')
