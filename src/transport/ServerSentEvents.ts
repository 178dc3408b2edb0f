/**
 * Folds an event stream to the final body that the same call has without streaming, so that one decoder serves both.
 * The shape of the events tells what they are: chunks of a chat completion, events of a response, an error, or
 * something else, of which the body is the list. A stream that ends before its end is a failure, never an empty answer.
 */
import { Result } from "effect"
import { Sse } from "effect/encoding"
import { MalformedResponse, type OpenAiReason } from "../error/OpenAiReason.ts"
import * as ChatFold from "./ChatFold.ts"
import * as ErrorMapping from "./ErrorMapping.ts"
import type { StreamEvent } from "./OpenAiTransport.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as ResponsesFold from "./ResponsesFold.ts"
import * as Wire from "./Wire.ts"

/** One kind of stream, put together event by event. */
export interface BodyFold {
  /** Takes the next event; answers the text that it adds. */
  readonly add: (event: Wire.Fields) => string
  /** Whether everything that an answer needs has come. */
  readonly ended: () => boolean
  readonly body: () => unknown
}

export interface StreamFold {
  /** Takes the next piece of text; answers the events that it completes. */
  readonly push: (text: string) => ReadonlyArray<StreamEvent>
  /** At the end of the stream: the body, or why there is none. */
  readonly end: () => Result.Result<unknown, OpenAiReason>
}

/** UTF-16 units of one event: an event of the Responses API can hold a whole answer with its images. */
const MAX_EVENT = 64 * 1024 * 1024

const isDone = (data: string): boolean => data.trim() === "[DONE]"

const parse = (data: string): unknown => {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

/** The error that an event reports: `error` of its own, or the event itself. */
const errorOf = (name: string, event: Wire.Fields): unknown => {
  if (Wire.isError(event.error)) return event.error
  return event.type === "error" || (name === "error" && event.choices === undefined)
    ? event
    : undefined
}

const isResponses = (event: Wire.Fields): boolean =>
  typeof event.type === "string" && event.type.startsWith("response.")

export const make = (head: ResponseHead): StreamFold => {
  const others: Array<unknown> = []
  let fold: BodyFold | undefined
  let failure: OpenAiReason | undefined
  let done = false
  let ending = false
  let out: Array<StreamEvent> = []

  const broken = (message: string): OpenAiReason =>
    new MalformedResponse({ message, status: head.status })

  const take = (name: string, data: string): void => {
    if (done || failure !== undefined) return
    done = isDone(data)
    if (done) return
    const event = parse(data)
    if (!Wire.isFields(event)) {
      // An event that the end of the stream cut in two counts as not sent.
      if (!ending) failure = broken("An event of the stream is not a JSON object.")
      return
    }
    const error = errorOf(name, event)
    if (error !== undefined) failure = ErrorMapping.fromAnswer(error, head)
    else if (isResponses(event)) fold ??= ResponsesFold.make()
    else if (Array.isArray(event.choices)) fold ??= ChatFold.make()
    else if (fold === undefined) others.push(event)
    const delta = failure === undefined ? (fold?.add(event) ?? "") : ""
    out.push({ delta, raw: event })
  }

  const parser = Sse.makeParser(
    (event) => {
      if (event._tag === "Event") take(event.event, event.data)
    },
    { maxEventSize: MAX_EVENT }
  )

  return {
    push: (text) => {
      out = []
      if (parser.feed(text) !== undefined) {
        failure ??= broken(`An event of the stream exceeds ${MAX_EVENT} characters.`)
      }
      return out
    },
    end: () => {
      ending = true
      // Some servers leave out the last blank line; the first line feed may only complete a carriage return.
      parser.feed("\n\n\n")
      if (failure !== undefined) return Result.fail(failure)
      if (fold === undefined) {
        return others.length > 0 || done
          ? Result.succeed(others)
          : Result.fail(broken("The stream ended without a single event."))
      }
      const body = fold.ended() || done ? fold.body() : undefined
      return body === undefined
        ? Result.fail(broken("The stream ended before the end of the answer."))
        : Result.succeed(body)
    }
  }
}

/** The whole text of a stream at once. */
export const fold = (text: string, head: ResponseHead): Result.Result<unknown, OpenAiReason> => {
  const stream = make(head)
  stream.push(text)
  return stream.end()
}
