import { type PageSignature, isInWeChat, staff } from '../shared/api'

interface Found { rawValue: string }
interface Detector { detect(video: HTMLVideoElement): Promise<Found[]> }
interface Bridge {
  invoke(name: string, asked: object, heard: (answer: { err_msg?: string; resultStr?: string }) => void): void
}
declare global {
  interface Window {
    BarcodeDetector?: new (options: { formats: string[] }) => Detector
    WeixinJSBridge?: Bridge
  }
}

/** How this browser reads a QR: by itself, by asking WeChat, or not at all. */
export type Way = 'camera' | 'wechat' | 'none'

export function wayToScan(): Way {
  if (window.BarcodeDetector && 'mediaDevices' in navigator) return 'camera'
  return isInWeChat() ? 'wechat' : 'none'
}

/** Looks through the back camera until a code is seen; gives the way to stop. Fails when there is no camera. */
export async function watchCamera(video: HTMLVideoElement, seen: (code: string) => void): Promise<() => void> {
  if (!window.BarcodeDetector) throw new Error('no detector')
  const detector = new window.BarcodeDetector({ formats: ['qr_code'] })
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  video.srcObject = stream
  await video.play()
  let looking = true
  const stop = () => {
    looking = false
    stream.getTracks().forEach((track) => track.stop())
    video.srcObject = null
  }
  const look = async () => {
    if (!looking) return
    // A frame that cannot be read is followed by the next.
    const found = await detector.detect(video).catch(() => [])
    const code = found[0]?.rawValue
    if (looking && code) {
      stop()
      seen(code)
    } else if (looking) setTimeout(() => void look(), 150)
  }
  void look()
  return stop
}

/**
 * WeChat's own scanner. Its script would come from a foreign host, which our pages ask nothing of, and does no
 * more than these two calls of the bridge that WeChat puts into every page.
 */
export async function scanInWeChat(): Promise<string> {
  const signed = await staff.signPage(location.href.split('#')[0] ?? '')
  const bridge = await wechatBridge()
  await invoke(bridge, 'preVerifyJSAPI', { verifyJsApiList: ['scanQRCode'] }, signed)
  const { resultStr } = await invoke(bridge, 'scanQRCode', { needResult: 1, scanType: ['qrCode'] }, signed)
  return scanned(resultStr ?? '')
}

/** The text itself, or, on some phones, JSON around it. */
function scanned(result: string): string {
  try {
    const { scan_code } = JSON.parse(result) as { scan_code?: { scan_result?: string } }
    return scan_code?.scan_result ?? result
  } catch {
    return result
  }
}

function wechatBridge(): Promise<Bridge> {
  return new Promise((resolve, reject) => {
    if (window.WeixinJSBridge) return resolve(window.WeixinJSBridge)
    const late = setTimeout(() => reject(new Error('no bridge')), 3000)
    document.addEventListener('WeixinJSBridgeReady', () => {
      clearTimeout(late)
      if (window.WeixinJSBridge) resolve(window.WeixinJSBridge)
    }, { once: true })
  })
}

function invoke(bridge: Bridge, name: string, asked: object, signed: PageSignature) {
  const verified = {
    ...asked,
    appId: signed.app_id,
    verifyAppId: signed.app_id,
    verifySignType: 'sha1',
    verifyTimestamp: String(signed.timestamp),
    verifyNonceStr: signed.nonce,
    verifySignature: signed.signature,
  }
  return new Promise<{ resultStr?: string }>((resolve, reject) => {
    bridge.invoke(name, verified, (answer) => {
      if (/:ok$/.test(answer.err_msg ?? '')) resolve(answer)
      else reject(new Error(answer.err_msg ?? name))
    })
  })
}
