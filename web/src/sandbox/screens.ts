// What a reader's camera makes of the screens on the table: of their pixels alone, by a library that has nothing of ours.

/** Pixels of a side: enough for the largest code of a pass. */
const SIDE = 600

/** What a QR says that the first of the screens shows; nothing when none shows one. */
export async function lookAtScreens(): Promise<string | undefined> {
  for (const frame of document.querySelectorAll('iframe')) {
    const shown = frame.contentDocument?.querySelectorAll<Element>('svg[role="img"], canvas, img') ?? []
    for (const element of shown) {
      const code = await read(element)
      if (code) return code
    }
  }
  return undefined
}

async function read(element: Element): Promise<string | undefined> {
  const picture = await pictureOf(element)
  const brush = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE }).getContext('2d')
  if (!picture || !brush) return undefined
  brush.fillStyle = '#fff'
  brush.fillRect(0, 0, SIDE, SIDE)
  brush.drawImage(picture, 0, 0, SIDE, SIDE)
  const { default: decode } = await import('jsqr')
  return decode(brush.getImageData(0, 0, SIDE, SIDE).data, SIDE, SIDE)?.data
}

/** Of another window, so its own classes say nothing here. */
async function pictureOf(element: Element): Promise<CanvasImageSource | undefined> {
  if (element.tagName === 'CANVAS') return element as HTMLCanvasElement
  const image = new Image()
  image.src = element.tagName === 'IMG' ? (element as HTMLImageElement).src : drawn(element)
  return image.decode().then(() => image, () => undefined)
}

function drawn(drawing: Element): string {
  const copy = drawing.cloneNode(true) as Element
  copy.setAttribute('width', String(SIDE))
  copy.setAttribute('height', String(SIDE))
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
}
