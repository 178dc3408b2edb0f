/**
 * The real transport: the `openai` package says how requests look, a pool of undici connections carries them. The
 * package sends nothing itself, so that its retries and timeouts have no part in it: the one retry layer and the one
 * deadline are `generate/RetryPolicy.ts` and its caller.
 */
import { Clock, Effect, Layer, Redacted, Result } from "effect"
import OpenAI from "openai"
import type { Dispatcher } from "undici"
import { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import {
  AuthenticationFailed,
  InvalidRequest,
  type OpenAiReason
} from "../../src/error/OpenAiReason.ts"
import type { JsonObject } from "../../src/request/GenerateRequest.ts"
import {
  type ApiCall,
  type ApiResponse,
  OpenAiTransport,
  type SendHooks
} from "../../src/transport/OpenAiTransport.ts"
import { redact } from "../../src/transport/Redaction.ts"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import * as ResponseReader from "../../src/transport/ResponseReader.ts"
import * as ServerSentEvents from "../../src/transport/ServerSentEvents.ts"
import { streaming } from "../../src/transport/StreamRequest.ts"
import * as ConnectionFailure from "./ConnectionFailure.ts"
import * as ConnectionPool from "./ConnectionPool.ts"
import { type Ending, Exchange } from "./Exchange.ts"
import * as ProviderIdentity from "./ProviderIdentity.ts"
import * as SdkRequests from "./SdkRequests.ts"

/** Everything is given, so that no variable of the environment changes what is sent or logged. */
const makeClient = (config: OpenAiConfig["Service"]): OpenAI =>
  new OpenAI({
    apiKey: Redacted.value(config.apiKey),
    adminAPIKey: null,
    baseURL: config.baseUrl,
    organization: config.organization ?? null,
    project: config.project ?? null,
    maxRetries: 0,
    logLevel: "off"
  })

interface Connection {
  readonly pool: Dispatcher
  readonly requests: SdkRequests.SdkRequests
}

const start = (
  { pool, requests }: Connection,
  call: ApiCall<unknown>,
  body: JsonObject | undefined,
  exchange: Exchange
): void => {
  const unmade = (error: unknown) => exchange.unmade(error)
  requests.envelope(
    { method: call.method, path: call.path, body },
    (envelope) => {
      if (exchange.aborted) return
      let text: string | null
      try {
        text = body === undefined ? null : JSON.stringify(body)
      } catch (error) {
        return unmade(error)
      }
      try {
        pool.dispatch(SdkRequests.request(envelope, text), exchange)
      } catch (error) {
        exchange.fail(error)
      }
    },
    unmade
  )
}

/** No more than the package's own words, which may quote a header: an invalid one is the key, the organization or the project. */
const unmade = (error: unknown): OpenAiReason => {
  const said = error instanceof Error ? error.message : ""
  return /\bheader\b/i.test(said)
    ? new AuthenticationFailed({
        message: "The API key, organization or project holds characters that no header can carry."
      })
    : new InvalidRequest({ message: `No request could be made of the call: ${redact(said)}` })
}

/** The head of a refusal waits for its body, which says why; it is told once, also where the body never ends. */
const headTeller = (hooks: SendHooks | undefined) => {
  let told = hooks?.onHead === undefined
  return (head: ResponseHead | undefined, error?: { readonly message: string }): void => {
    if (told || head === undefined) return
    told = true
    hooks?.onHead?.(head, error)
  }
}

type Settled<A> = Result.Result<ApiResponse<A>, OpenAiError>

/** @param body the body where it was already folded from a stream */
const settle = <A>(
  call: ApiCall<A>,
  exchange: Exchange,
  ending: Ending,
  tell: ReturnType<typeof headTeller>,
  now: number,
  streamed?: { readonly body: Result.Result<unknown, OpenAiReason>; readonly partial: boolean }
): Settled<A> => {
  const { head: known } = exchange
  // A stream that came to its end is an answer, however the connection closed after it.
  if (streamed !== undefined && known !== undefined) {
    if (ending._tag === "Whole" || Result.isSuccess(streamed.body))
      return ResponseReader.decode(call, streamed.body, known, streamed.partial)
  }
  if (ending._tag !== "Whole") {
    const reason =
      ending._tag === "Unmade"
        ? unmade(ending.error)
        : ConnectionFailure.reason(ending.error, exchange.sent)
    tell(known)
    return Result.fail(
      new OpenAiError({
        operation: call.operation,
        reason,
        ...(known === undefined ? {} : { head: known }),
        ...(streamed?.partial === true ? { partial: true } : {})
      })
    )
  }
  const { head, text } = ending
  if (ResponseReader.isSuccess(head)) return ResponseReader.read(call, text, head, now)
  const reason = ResponseReader.refusal(call, text, head, now)
  tell(head, { message: reason.message })
  return Result.fail(ResponseReader.fail(call, reason, head))
}

const whole = <A>(
  connection: Connection,
  call: ApiCall<A>,
  hooks: SendHooks | undefined,
  clock: Clock.Clock
) =>
  Effect.callback<ApiResponse<A>, OpenAiError>((resume) => {
    const tell = headTeller(hooks)
    const exchange = new Exchange({
      sent: hooks?.onSent,
      head: (head) => {
        if (ResponseReader.isSuccess(head)) tell(head)
        return false
      },
      end: (ending) => {
        const now = clock.currentTimeMillisUnsafe()
        resume(Effect.fromResult(settle(call, exchange, ending, tell, now)))
      }
    })
    start(connection, call, call.body, exchange)
    return Effect.sync(() => {
      exchange.abort()
      tell(exchange.head)
    })
  })

const pieceOf = (exchange: Exchange) =>
  Effect.callback<string | undefined>((resume) => {
    exchange.next((piece) => resume(Effect.succeed(piece)))
  })

const streamed = Effect.fnUntraced(function* <A>(
  connection: Connection,
  call: ApiCall<A>,
  hooks: SendHooks,
  onEvent: NonNullable<SendHooks["onEvent"]>,
  clock: Clock.Clock
) {
  const tell = headTeller(hooks)
  const exchange = new Exchange({
    sent: hooks.onSent,
    head: (head) => {
      if (!ResponseReader.isSuccess(head)) return false
      tell(head)
      return ResponseReader.isEventStream(head)
    },
    end: () => undefined
  })
  const receive = Effect.gen(function* () {
    let fold: ServerSentEvents.StreamFold | undefined
    let partial = false
    while (true) {
      const piece = yield* pieceOf(exchange)
      if (piece === undefined || exchange.head === undefined) break
      fold ??= ServerSentEvents.make(exchange.head)
      for (const event of fold.push(piece)) {
        partial ||= event.delta !== ""
        yield* onEvent(event)
      }
    }
    const ending = exchange.ending ?? { _tag: "Broken", error: undefined }
    const body = fold === undefined ? undefined : { body: fold.end(), partial }
    const now = clock.currentTimeMillisUnsafe()
    return yield* Effect.fromResult(settle(call, exchange, ending, tell, now, body))
  })
  start(connection, call, streaming(call.path, call.body), exchange)
  return yield* Effect.onExit(receive, () =>
    Effect.sync(() => {
      exchange.abort()
      tell(exchange.head)
    })
  )
})

/** Open until the scope closes. */
export const make = Effect.gen(function* () {
  const config = yield* OpenAiConfig
  const clock = yield* Clock.Clock
  const pool = yield* ConnectionPool.make(config)
  const connection = { pool, requests: SdkRequests.make(makeClient(config)) }
  return OpenAiTransport.of({
    provider: ProviderIdentity.make(config),
    send: (call, hooks) =>
      hooks?.onEvent === undefined
        ? whole(connection, call, hooks, clock)
        : streamed(connection, call, hooks, hooks.onEvent, clock)
  })
})

export const layer: Layer.Layer<OpenAiTransport, never, OpenAiConfig> = Layer.effect(
  OpenAiTransport,
  make
)
