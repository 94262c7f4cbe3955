import { createRouter, createWebHistory } from 'vue-router'
import { texts } from './texts'

declare module 'vue-router' {
  interface RouteMeta { title: string }
}

// One index answers /h5/…, /p/…, /i/… and /r/…; each page is a chunk of its own, for the first screen's sake.
export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/h5', redirect: '/h5/book' },
    { path: '/h5/book', component: () => import('./pages/BookPage.vue'), meta: { title: texts.titles.book } },
    { path: '/h5/visits/:id', component: () => import('./pages/VisitPage.vue'), props: ({ params }) => ({ id: params.id, by: 'visitor' }), meta: { title: texts.titles.visit } },
    { path: '/h5/visits/:id/edit', component: () => import('./pages/EditPage.vue'), props: true, meta: { title: texts.titles.edit } },
    { path: '/h5/register', component: () => import('./pages/RegisterPage.vue'), meta: { title: texts.titles.register } },
    { path: '/h5/registrations/:id/edit', component: () => import('./pages/RegistrationEditPage.vue'), props: true, meta: { title: texts.register.edit } },
    { path: '/h5/me', component: () => import('./pages/MePage.vue'), meta: { title: texts.me.title } },
    { path: '/r/:token', component: () => import('./pages/ComingPage.vue'), props: true, meta: { title: texts.titles.coming } },
    { path: '/h5/staff', component: () => import('./pages/StaffPage.vue'), meta: { title: texts.titles.staff } },
    { path: '/h5/staff/approvals/:id', component: () => import('./pages/ApprovalPage.vue'), props: true, meta: { title: texts.titles.approval } },
    { path: '/h5/staff/delegation', component: () => import('./pages/DelegationPage.vue'), meta: { title: texts.staff.delegation.title } },
    { path: '/h5/staff/invitations', component: () => import('./pages/InvitePage.vue'), meta: { title: texts.titles.invite } },
    { path: '/h5/staff/invitations/:id', component: () => import('./pages/VisitPage.vue'), props: ({ params }) => ({ id: params.id, by: 'staff' }), meta: { title: texts.titles.visit } },
    { path: '/h5/staff/invitations/:id/edit', component: () => import('./pages/InvitationEditPage.vue'), props: true, meta: { title: texts.titles.invite } },
    { path: '/h5/staff/proxies', component: () => import('./pages/ProxyPage.vue'), meta: { title: texts.proxy.title } },
    { path: '/h5/guard', component: () => import('./pages/GuardPage.vue'), meta: { title: texts.guard.title } },
    { path: '/h5/login', component: () => import('./pages/LoginPage.vue'), meta: { title: texts.login.title } },
    { path: '/i/:token', component: () => import('./pages/InvitedPage.vue'), props: true, meta: { title: texts.titles.invited } },
    { path: '/h5/left', component: () => import('./pages/LeftPage.vue'), meta: { title: texts.titles.left } },
    { path: '/p', component: () => import('./pages/CodePage.vue'), meta: { title: texts.titles.pass } },
    { path: '/p/:token', component: () => import('./pages/PassPage.vue'), props: true, meta: { title: texts.titles.pass } },
    { path: '/:rest(.*)*', component: () => import('./pages/MissingPage.vue'), meta: { title: texts.titles.missing } },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

// WeChat's login must be called with this fragment, and a browser carries it through the redirects.
router.beforeEach((to) => to.hash !== '#wechat_redirect' || { path: to.path, query: to.query, replace: true })

router.afterEach((to) => {
  document.title = to.meta.title
})
