/** Server-sent events before they are timed and put on the wire. */
import type { Timing } from "./Latency.ts"
import type { TimedText } from "./Plan.ts"

export interface ServerEvent {
  /** The `event:` line; Chat Completions has none. */
  readonly name?: string
  /** An object, or the literal `[DONE]`. */
  readonly data: unknown
  /** Output tokens that were generated before it could be sent. */
  readonly after: number
}

const onWire = (event: ServerEvent): string => {
  const data = typeof event.data === "string" ? event.data : JSON.stringify(event.data)
  return event.name === undefined ? `data: ${data}\n\n` : `event: ${event.name}\ndata: ${data}\n\n`
}

export const timed = (
  events: ReadonlyArray<ServerEvent>,
  timing: Timing,
  now: number
): ReadonlyArray<TimedText> =>
  events.map((event) => ({
    at: now + timing.firstMs + event.after * timing.msPerToken,
    text: onWire(event)
  }))

/** A busy server sends several tokens an event. */
const PIECE = /[\s\S]{1,16}(?<![\uD800-\uDBFF])/g

/** A text in the pieces in which it is streamed; never half a surrogate pair. */
export const pieces = (text: string): ReadonlyArray<string> => text.match(PIECE) ?? []
