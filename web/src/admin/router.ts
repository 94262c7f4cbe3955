import { createRouter, createWebHistory } from 'vue-router'
import { sections } from './menu'
import { texts } from './texts'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    /** Shown without asking who looks at it, and without the menu. */
    bare?: true
    /** The list that a form belongs to, which stays lit in the menu. */
    list?: string
  }
}

const { titles } = texts

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/admin', component: () => import('./pages/FirstPage.vue'), meta: { title: texts.app } },
    ...sections.flatMap(({ entries }) =>
      entries.map(({ path, title, page }) => ({ path, component: page, meta: { title } })),
    ),
    { path: '/admin/invite', component: () => import('./pages/InvitePage.vue'), meta: { title: titles.invite, list: '/admin/visits' } },
    { path: '/admin/proxy', component: () => import('./pages/ProxyPage.vue'), meta: { title: titles.proxy, list: '/admin/visits' } },
    { path: '/admin/groups/new', component: () => import('./pages/GroupFormPage.vue'), meta: { title: titles.group, list: '/admin/groups' } },
    { path: '/admin/groups/:id/correct', component: () => import('./pages/GroupFormPage.vue'), props: true, meta: { title: titles.correct, list: '/admin/groups' } },
    { path: '/admin/visits/:id/correct', component: () => import('./pages/CorrectPage.vue'), props: true, meta: { title: titles.correct, list: '/admin/visits' } },
    { path: '/admin/left', component: () => import('./pages/LeftPage.vue'), meta: { title: titles.left, bare: true } },
    { path: '/:rest(.*)*', component: () => import('./pages/MissingPage.vue'), meta: { title: titles.missing } },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? {} : { top: 0 }),
})

router.afterEach((to) => {
  document.title = `${to.meta.title} · ${texts.app}`
})
