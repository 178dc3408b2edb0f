/**
 * The way of every request over the pool: what the `openai` package makes of a call is dispatched, and what came of it is
 * settled as an answer or an error. Who uses it: `SdkOpenAiTransport.ts`, `FileTransfers.ts`.
 */
import { Effect, Result } from "effect"
import type { Dispatcher } from "undici"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import {
  AuthenticationFailed,
  InvalidRequest,
  type OpenAiReason
} from "../../src/error/OpenAiReason.ts"
import type { JsonObject } from "../../src/request/GenerateRequest.ts"
import type { ApiCall, ApiResponse } from "../../src/transport/OpenAiTransport.ts"
import { redact } from "../../src/transport/Redaction.ts"
import * as ResponseReader from "../../src/transport/ResponseReader.ts"
import * as ConnectionFailure from "./ConnectionFailure.ts"
import type { Ending, Exchange, Sized } from "./Exchange.ts"
import * as SdkRequests from "./SdkRequests.ts"

export interface Connection {
  readonly pool: Dispatcher
  readonly requests: SdkRequests.SdkRequests
}

/** Sends the call with what `write` makes its body, and reports to the exchange. */
export const dispatch = (
  { pool, requests }: Connection,
  kind: SdkRequests.Kind,
  write: () => string | null | SdkRequests.Content,
  exchange: Exchange<Sized>
): void => {
  const unmade = (error: unknown) => exchange.unmade(error)
  requests.envelope(
    kind,
    (envelope) => {
      if (exchange.aborted) return
      let body: ReturnType<typeof write>
      try {
        body = write()
      } catch (error) {
        return unmade(error)
      }
      try {
        pool.dispatch(SdkRequests.request(envelope, body, kind.attemptId), exchange)
      } catch (error) {
        exchange.fail(error)
      }
    },
    unmade
  )
}

/** A call with a body of JSON, or with none. */
export const start = (
  connection: Connection,
  { attemptId, method, path }: ApiCall<unknown>,
  body: JsonObject | undefined,
  exchange: Exchange<Sized>
): void => {
  const write = () => (body === undefined ? null : JSON.stringify(body))
  dispatch(connection, { method, path, body, attemptId }, write, exchange)
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

/** Why there is no whole answer. */
export const broken = (
  call: ApiCall<unknown>,
  exchange: Exchange<Sized>,
  ending: Exclude<Ending, { readonly _tag: "Whole" }>,
  partial = false
): OpenAiError => {
  const reason =
    ending._tag === "Unmade"
      ? unmade(ending.error)
      : ConnectionFailure.reason(ending.error, exchange.sent)
  const head = exchange.head === undefined ? {} : { head: exchange.head }
  return new OpenAiError({
    operation: call.operation,
    reason,
    ...head,
    ...(partial ? { partial } : {})
  })
}

/**
 * What a whole response comes to.
 *
 * @param now Unix milliseconds
 */
export const settle = <A>(
  call: ApiCall<A>,
  exchange: Exchange<Sized>,
  ending: Ending,
  now: number
): Result.Result<ApiResponse<A>, OpenAiError> =>
  ending._tag === "Whole"
    ? ResponseReader.read(call, ending.text, ending.head, now)
    : Result.fail(broken(call, exchange, ending))

/** The next piece of a body that is handed on; `undefined` after the last one. */
export const pieceOf = <Piece extends Sized>(exchange: Exchange<Piece>) =>
  Effect.callback<Piece | undefined>((resume) => {
    exchange.next((piece) => resume(Effect.succeed(piece)))
  })
