/**
 * One request on its way: what undici reports about it, gathered with as little work as possible. The head goes out as soon
 * as it is in; the body is kept as text, or handed on piece by piece where somebody listens.
 */
import { StringDecoder } from "node:string_decoder"
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib"
import type { Dispatcher } from "undici"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import { makeHead } from "../../src/transport/ResponseReader.ts"

/** Pieces that may wait for the listener before the connection is told to pause. */
const MAX_WAITING = 256

export type Ending =
  /** The text is empty where the pieces were handed on. */
  | { readonly _tag: "Whole"; readonly head: ResponseHead; readonly text: string }
  | { readonly _tag: "Broken"; readonly error: unknown }
  /** No request could be made of the call. */
  | { readonly _tag: "Unmade"; readonly error: unknown }

/** The headers as undici has them: lower-case names, several values as a list. */
type RawHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2]

const plainHeaders = (raw: RawHeaders): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const name in raw) {
    const value = raw[name]
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ")
  }
  return headers
}

const decompressors: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync
}

/** No compression is asked for. A body that is labelled compressed and is not, is taken as it is. */
const decompress = (encoding: string | undefined, bytes: Buffer): Buffer => {
  const inverse = encoding === undefined ? undefined : decompressors[encoding.trim().toLowerCase()]
  if (inverse === undefined) return bytes
  try {
    return inverse(bytes)
  } catch {
    return bytes
  }
}

const interrupted = new Error("interrupted")

export class Exchange implements Dispatcher.DispatchHandler {
  /** The request was written to a connection, or began to be. */
  sent = false
  head: ResponseHead | undefined
  #controller: Dispatcher.DispatchController | undefined
  #aborted = false
  #chunks: Array<Buffer> = []
  #waiting: Array<string> = []
  #decoder: StringDecoder | undefined
  #ending: Ending | undefined
  #wake: (() => void) | undefined

  readonly #onSent: (() => void) | undefined
  readonly #onHead: ((head: ResponseHead) => boolean) | undefined
  readonly #onEnd: (ending: Ending) => void

  constructor(on: {
    readonly sent?: (() => void) | undefined
    /** Answers whether the pieces of the body are wanted as they come, by `next`. */
    readonly head?: ((head: ResponseHead) => boolean) | undefined
    /** Once, at the end of the body or of the connection; not after `abort`. */
    readonly end: (ending: Ending) => void
  }) {
    this.#onSent = on.sent
    this.#onHead = on.head
    this.#onEnd = on.end
  }

  /** Gives the request up, wherever it is; nothing is reported after it. */
  abort(): void {
    if (this.#aborted || this.#ending !== undefined) return
    this.#aborted = true
    this.#controller?.abort(interrupted)
  }

  /** The next piece of the body; `undefined` once all are taken and the end is in. Calls back at once if it can. */
  next(take: (piece: string | undefined) => void): void {
    const piece = this.#waiting.shift()
    if (piece !== undefined) {
      if (this.#waiting.length === 0 && this.#controller?.paused) this.#controller.resume()
      take(piece)
    } else if (this.#ending !== undefined) take(undefined)
    else this.#wake = () => this.next(take)
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get ending(): Ending | undefined {
    return this.#ending
  }

  fail(error: unknown): void {
    this.#end({ _tag: "Broken", error })
  }

  /** Has no effect once the exchange has begun to end by itself. */
  unmade(error: unknown): void {
    this.#end({ _tag: "Unmade", error })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted) {
      controller.abort(interrupted)
      return
    }
    this.sent = true
    this.#onSent?.()
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: RawHeaders
  ): void {
    if (status < 200 || this.#aborted) return
    this.head = makeHead(status, plainHeaders(headers))
    const compressed = this.head.headers["content-encoding"] !== undefined
    if (this.#onHead?.(this.head) === true && !compressed) this.#decoder = new StringDecoder("utf8")
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#decoder === undefined) {
      this.#chunks.push(chunk)
      return
    }
    const piece = this.#decoder.write(chunk)
    if (piece === "") return
    this.#waiting.push(piece)
    if (this.#waiting.length >= MAX_WAITING) controller.pause()
    this.#alarm()
  }

  onResponseEnd(): void {
    const { head } = this
    if (head === undefined) {
      this.fail(new Error("the connection closed without an answer"))
      return
    }
    const rest = this.#decoder?.end() ?? ""
    if (rest !== "") this.#waiting.push(rest)
    const [first] = this.#chunks
    const bytes =
      first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    const text = decompress(head.headers["content-encoding"], bytes).toString("utf8")
    this.#end({ _tag: "Whole", head, text })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  #alarm(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #end(ending: Ending): void {
    if (this.#ending !== undefined) return
    this.#ending = ending
    this.#chunks = []
    if (!this.#aborted) this.#onEnd(ending)
    this.#alarm()
  }
}
