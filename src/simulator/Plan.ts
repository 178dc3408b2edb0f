/**
 * What the simulated provider does about one request, as a value. An interpreter performs it: on any `Clock`
 * (`layers/transport/SimulatedOpenAiTransport.ts`), or on a socket (`layers/simulator/HttpSimulator.ts`).
 * All times are milliseconds on the clock that `handle` was given.
 */

/** A piece of a stream of server-sent events, in the form of the wire. */
export interface TimedText {
  readonly at: number
  readonly text: string
}

export type Payload =
  | { readonly _tag: "Body"; readonly text: string }
  /** The last event stands for the end, orderly or not. */
  | { readonly _tag: "Events"; readonly events: ReadonlyArray<TimedText> }
  /** A file, made piece by piece while it is read; every call of `chunks` makes the same bytes anew. */
  | {
      readonly _tag: "Content"
      readonly bytes: number
      readonly chunks: () => Iterable<Uint8Array>
    }

export type Plan =
  | {
      readonly _tag: "Reply"
      /** The rate limits let it in. */
      readonly admitted: boolean
      readonly status: number
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>
      readonly headAt: number
      readonly firstByteAt: number
      readonly doneAt: number
      readonly payload: Payload
    }
  /** No answer, however long one waits. */
  | { readonly _tag: "Hang" }
  /** The connection breaks at this moment, without a head. */
  | { readonly _tag: "Drop"; readonly at: number; readonly processed: boolean }

/** The whole of an answer that is no stream, as text. */
export const bodyText = (payload: Exclude<Payload, { readonly _tag: "Events" }>): string => {
  if (payload._tag === "Body") return payload.text
  const decoder = new TextDecoder()
  let text = ""
  for (const chunk of payload.chunks()) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
