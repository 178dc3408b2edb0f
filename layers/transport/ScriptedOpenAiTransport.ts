/**
 * A transport for tests: it answers what the test says, step by step or by a function, and keeps the calls it got. What a
 * step says is written as the provider would write it and read as a real response is, errors included.
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import { ConnectionFailed } from "../../src/error/OpenAiReason.ts"
import type { JsonObject } from "../../src/request/GenerateRequest.ts"
import {
  type ApiCall,
  type ApiResponse,
  OpenAiTransport,
  type Provider,
  type SendHooks
} from "../../src/transport/OpenAiTransport.ts"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import * as ResponseReader from "../../src/transport/ResponseReader.ts"
import * as ServerSentEvents from "../../src/transport/ServerSentEvents.ts"
import { streaming } from "../../src/transport/StreamRequest.ts"
import { type ScriptedAnswer, write } from "./ScriptedAnswer.ts"

export type { ScriptedAnswer } from "./ScriptedAnswer.ts"

/** What happens to one call. */
export type Step = (
  | { readonly _tag: "Answer"; readonly answer: ScriptedAnswer }
  | {
      readonly _tag: "Raw"
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  | { readonly _tag: "Hang" }
  | { readonly _tag: "Disconnect"; readonly sent: boolean }
) & {
  /** Between sending and the head of the response, by `Clock`. Default: none. */
  readonly latency?: Duration.Duration
}

type Options = Omit<ScriptedAnswer, "text">

export const answer = (text: string, options: Options = {}): Step => ({
  _tag: "Answer",
  answer: { ...options, text }
})

/** The model declines in its own words. */
export const refuse = (refusal: string, options: Options = {}): Step =>
  answer("", { ...options, refusal })

/** The answer is cut off at its output bound after this text, which may be empty. */
export const truncate = (text: string, options: Options = {}): Step =>
  answer(text, { ...options, finishReason: "length" })

/** One vector for each input of an embeddings call. */
export const vectors = (
  embeddings: ReadonlyArray<ReadonlyArray<number>>,
  options: Options = {}
): Step => answer("", { ...options, embeddings })

/** Any response, byte for byte. Names of headers in lower case. */
export const raw = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string
): Step => ({ _tag: "Raw", status, headers, body })

/** A response of this status: a 429 by default is a rate limit, a 401 a bad key, and so on, as the body says. */
export const status = (
  code: number,
  body: JsonObject | string = {
    error: { message: `scripted ${code}`, type: null, param: null, code: null }
  },
  headers: Readonly<Record<string, string>> = {}
): Step =>
  typeof body === "string"
    ? raw(code, headers, body)
    : raw(code, { "content-type": "application/json", ...headers }, JSON.stringify(body))

/** Sent, and never answered; interruptible. */
export const hang: Step = { _tag: "Hang" }

/** The connection breaks: before the request left, or (by default) after it. */
export const disconnect = (options: { readonly sent?: boolean } = {}): Step => ({
  _tag: "Disconnect",
  sent: options.sent ?? true
})

/** The same step after a while. */
export const delayed = (step: Step, latency: Duration.Input): Step => ({
  ...step,
  latency: Duration.fromInputUnsafe(latency)
})

/** The steps in the order of the calls, or a function of the call and its 0-based number. */
export type Script =
  | ReadonlyArray<Step>
  | ((call: ApiCall<unknown>, n: number) => Step | Effect.Effect<Step>)

/** What the scripted transport was asked to send. */
export class ScriptedCalls extends Context.Service<
  ScriptedCalls,
  {
    /** Every call so far, in the order they came, those that failed or hang included. */
    readonly all: Effect.Effect<ReadonlyArray<ApiCall<unknown>>>
  }
>()("spillway/layers/transport/ScriptedCalls") {}

export interface Settings {
  /** Who seems to answer. Default: a simulated provider named `scripted`. */
  readonly provider?: Provider
}

const scripted: Provider = { id: "scripted", account: "scripted", simulated: true }

const stepOf = (script: Script, call: ApiCall<unknown>, n: number): Effect.Effect<Step> => {
  if (typeof script === "function") {
    const step = script(call, n)
    return Effect.isEffect(step) ? step : Effect.succeed(step)
  }
  const step = script[n]
  return step === undefined
    ? Effect.die(new Error(`The script has ${script.length} steps, and call ${n + 1} came.`))
    : Effect.succeed(step)
}

export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * The response that a step gives, or `undefined` where it gives none: for a test server that plays the same script.
 *
 * @param stream whether the caller asked for events
 */
export const respond = (
  step: Step,
  call: Pick<ApiCall<unknown>, "path" | "body">,
  n: number,
  stream: boolean
): Response | undefined => {
  switch (step._tag) {
    case "Answer": {
      const { contentType, text } = write(
        step.answer,
        `scripted-${n}`,
        call.path,
        call.body,
        stream
      )
      const headers = { "content-type": contentType, "x-request-id": `req_scripted_${n}` }
      return { status: 200, headers, body: text }
    }
    case "Raw":
      return step
    case "Hang":
    case "Disconnect":
      return undefined
  }
}

const sever = (call: ApiCall<unknown>, sent: boolean): OpenAiError =>
  new OpenAiError({
    operation: call.operation,
    reason: new ConnectionFailed({ message: "The script breaks the connection.", sent })
  })

/** Reads the response as the real transport does, handing on the events of a stream. */
const receive = Effect.fnUntraced(function* <A>(
  call: ApiCall<A>,
  head: ResponseHead,
  text: string,
  hooks: SendHooks | undefined
): Effect.fn.Return<ApiResponse<A>, OpenAiError> {
  const now = yield* Clock.currentTimeMillis
  if (!ResponseReader.isSuccess(head)) {
    const reason = ResponseReader.refusal(call, text, head, now)
    hooks?.onHead?.(head, { message: reason.message })
    return yield* ResponseReader.fail(call, reason, head)
  }
  hooks?.onHead?.(head)
  if (hooks?.onEvent === undefined || !ResponseReader.isEventStream(head)) {
    return yield* Effect.fromResult(ResponseReader.read(call, text, head, now))
  }
  const fold = ServerSentEvents.make(head)
  let partial = false
  for (const event of fold.push(text)) {
    partial ||= event.delta !== ""
    yield* hooks.onEvent(event)
  }
  return yield* Effect.fromResult(ResponseReader.decode(call, fold.end(), head, partial))
})

/** The service together with the calls it got, for a test that holds both in its hands. */
export const make = (script: Script, settings: Settings = {}) =>
  Effect.sync(() => {
    const calls: Array<ApiCall<unknown>> = []
    const send = Effect.fnUntraced(function* <A>(
      call: ApiCall<A>,
      hooks?: SendHooks
    ): Effect.fn.Return<ApiResponse<A>, OpenAiError> {
      const n = calls.push(call) - 1
      const step = yield* stepOf(script, call, n)
      if (step._tag === "Disconnect" && !step.sent) return yield* sever(call, false)
      hooks?.onSent?.()
      if (step.latency !== undefined) yield* Effect.sleep(step.latency)
      if (step._tag === "Hang") return yield* Effect.never
      const asked = hooks?.onEvent === undefined ? call.body : streaming(call.path, call.body)
      const response = respond(step, call, n, asked?.stream === true)
      if (response === undefined) return yield* sever(call, true)
      const head = ResponseReader.makeHead(response.status, response.headers)
      return yield* receive(call, head, response.body, hooks)
    })
    const service = OpenAiTransport.of({ provider: settings.provider ?? scripted, send })
    const all = Effect.sync((): ReadonlyArray<ApiCall<unknown>> => [...calls])
    return { service, calls: all }
  })

/** The transport, and `ScriptedCalls` for a test that wants to see what was sent. */
export const layer = (
  script: Script,
  settings: Settings = {}
): Layer.Layer<OpenAiTransport | ScriptedCalls> =>
  Layer.effectContext(
    Effect.map(make(script, settings), ({ calls, service }) =>
      Context.make(OpenAiTransport, service).pipe(Context.add(ScriptedCalls, { all: calls }))
    )
  )
