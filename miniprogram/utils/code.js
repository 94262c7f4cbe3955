// A QR from its rows of bits, black on white with the quiet zone of the standard, whatever the page's colours.

/** Modules of white around it. */
const QUIET = 4

/**
 * Draws on the canvas that `selector` names on a page.
 * @param {WechatMiniprogram.Page.TrivialInstance} page @param {string} selector
 * @param {{ size: number, rows: number[] }} code of each row the highest of `size` bits is the leftmost module, 1 is dark
 */
function draw(page, selector, { size, rows }) {
  const query = wx.createSelectorQuery().in(page).select(selector).fields({ node: true, size: true })
  query.exec(([found]) => {
    // The page may have gone, or the code with it.
    if (!found || !found.node) return
    const { node: canvas, width } = found
    // As many pixels as the screen has there, and whole ones for each module, so that no edge is blurred.
    const side = Math.round(width * wx.getWindowInfo().pixelRatio)
    const pixels = Math.max(1, Math.floor(side / (size + 2 * QUIET)))
    const margin = Math.floor((side - size * pixels) / 2)
    canvas.width = side
    canvas.height = side
    const brush = canvas.getContext('2d')
    brush.fillStyle = '#fff'
    brush.fillRect(0, 0, side, side)
    brush.fillStyle = '#000'
    rows.forEach((row, y) => {
      for (let x = 0; x < size; x += 1) {
        // The highest bits of 32 do not fit JavaScript's signed shifts.
        const dark = Math.floor(row / 2 ** (size - 1 - x)) % 2 === 1
        if (dark) brush.fillRect(margin + x * pixels, margin + y * pixels, pixels, pixels)
      }
    })
  })
}

module.exports = { draw }
