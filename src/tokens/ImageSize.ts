/** The size of a picture that a request carries as a `data:` URL, read from the head of its file: PNG, GIF or JPEG. */
import { Result } from "effect"
import { Base64 } from "effect/encoding"

export interface ImageSize {
  /** Pixels. */
  readonly width: number
  readonly height: number
}

/** A JPEG may carry a preview before its own size; what is further in than this is not looked for. */
const HEAD = 64 * 1_024

const base64Of = (url: string): string | undefined => {
  const comma = url.indexOf(",")
  return url.startsWith("data:image/") && comma < 100 && url.slice(0, comma).endsWith(";base64")
    ? url.slice(comma + 1, comma + 1 + HEAD - (HEAD % 4))
    : undefined
}

const png = (view: DataView): ImageSize | undefined =>
  view.byteLength >= 24 && view.getUint32(0) === 0x89504e47
    ? { width: view.getUint32(16), height: view.getUint32(20) }
    : undefined

const gif = (view: DataView): ImageSize | undefined =>
  view.byteLength >= 10 && view.getUint32(0) === 0x47494638
    ? { width: view.getUint16(6, true), height: view.getUint16(8, true) }
    : undefined

/** Goes from segment to segment to the frame header (0xC0 to 0xCF without tables and arithmetic conditioning). */
const jpeg = (view: DataView): ImageSize | undefined => {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined
  let at = 2
  while (at + 9 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (frame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}

export const sizeOf = (url: string): ImageSize | undefined => {
  const text = base64Of(url)
  if (text === undefined) return undefined
  const bytes = Base64.decode(text)
  if (Result.isFailure(bytes)) return undefined
  const view = new DataView(
    bytes.success.buffer,
    bytes.success.byteOffset,
    bytes.success.byteLength
  )
  const size = png(view) ?? gif(view) ?? jpeg(view)
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined
}
