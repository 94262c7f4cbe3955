import { createApp } from 'vue'
import '../shared/theme.css'
import './sandbox.css'
import App from './App.vue'

createApp(App).mount('#app')
