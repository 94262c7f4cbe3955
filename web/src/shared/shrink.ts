// 1600 px still reads the small print of an ID card; at 0.85 that is 200 to 400 KB of JPEG.
const LONGEST = 1600
const QUALITY = 0.85

/** A JPEG of the picture, upright and no larger than it must be; fails on what is no picture. */
export async function shrink(file: Blob): Promise<Blob> {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale))
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale))
    const brush = canvas.getContext('2d')
    if (!brush) throw new Error('no canvas')
    // JPEG has no transparency: what was clear would turn black.
    brush.fillStyle = '#fff'
    brush.fillRect(0, 0, canvas.width, canvas.height)
    brush.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no blob'))), 'image/jpeg', QUALITY),
    )
  } finally {
    URL.revokeObjectURL(url)
  }
}
