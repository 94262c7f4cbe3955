// What tells that a page is in English: nothing of ours on it is in Chinese.
import assert from 'node:assert/strict'
import { BASE_URL } from './browser.mjs'

const CHINESE = /\p{Script=Han}/u

/** What the campus calls its people and places, in whatever language. */
export async function namesOfCampus() {
  const lists = ['areas', 'reasons'].map(async (list) => (await fetch(`${BASE_URL}/api/${list}`)).json())
  const named = (await Promise.all(lists)).flat().map(({ name }) => name)
  return [...named, '信息中心', '丁香水榭社区', '丁香水榭小区', '刘明', '刘*', '陈静', '张三丰', '张*', '王建国', '李小红', '李**', '李四', '李*', '渝A12345', '渝AD12345']
}

/** No text that is shown, read aloud or hinted at is in Chinese, but names and what is marked as Chinese. */
export async function leavesNothing(page, campus) {
  const said = await page.evaluate(() => {
    const found = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
    while (walker.nextNode()) {
      const { currentNode: node } = walker
      if ((node.closest ? node : node.parentElement).closest('[lang|="zh"], nav[hidden], script, style, noscript')) continue
      if (node.nodeType === Node.TEXT_NODE) found.push(node.data)
      else found.push(...['aria-label', 'alt', 'title', 'placeholder'].map((name) => node.getAttribute(name) ?? ''))
    }
    return [document.title, ...found]
  })
  const left = said.map((text) => campus.reduce((rest, name) => rest.replaceAll(name, ''), text)).filter((text) => CHINESE.test(text))
  assert.deepEqual(left, [], `untranslated on ${page.url()}`)
}
