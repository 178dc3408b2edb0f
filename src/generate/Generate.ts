/**
 * Many requests in, a stream of outcomes out, as they finish. Online, batch or hybrid is a choice of layer.
 * Implementations: `layers/generate/`.
 */
import { Context, type Effect, type Stream } from "effect"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import type { RequestKey } from "../checkpoint/RequestKey.ts"
import type { Failure } from "../checkpoint/RunRecord.ts"
import type { CircuitOpen } from "../circuit-breaker/CircuitBreaker.ts"
import type { OpenAiError } from "../error/OpenAiError.ts"
import type { RunStopped } from "../error/RunStopped.ts"
import type { RateLimiterError } from "../rate-limit/RateLimiter.ts"
import type { GenerateRequest, ResolvedRequest } from "../request/GenerateRequest.ts"
import type { ModelResponse, NoAnswerReason } from "../request/ModelResponse.ts"
import type { RequestRefused } from "../request/RequestRefused.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import type { Provider } from "../transport/OpenAiTransport.ts"

/** What one item can fail with. `CircuitOpen` only where the breaker is set to fail fast or its queue is full. */
export type GenerateError = OpenAiError | RateLimiterError | CircuitOpen | RequestRefused

export interface GenerateItem {
  /** The caller's number of the item, handed back in its outcome. */
  readonly index: number
  readonly key: RequestKey
  readonly request: ResolvedRequest
}

/** Where an outcome came from: the provider, in real time or by a batch, or an earlier start. */
export type From = "network" | "batch" | "store"

/** Identity only, never the caller's item: a batch answers hours after the item has left memory. */
export type Outcome = { readonly index: number; readonly key: RequestKey } & (
  | {
      readonly _tag: "Answered"
      readonly response: ModelResponse
      readonly from: From
    }
  /** The model's doing: refused, truncated, filtered or empty. Paid for and kept. */
  | {
      readonly _tag: "NoAnswer"
      readonly reason: NoAnswerReason
      readonly response: ModelResponse
      readonly from: From
    }
  /** Ours or the network's. */
  | { readonly _tag: "Failed"; readonly failure: Failure; readonly from: From }
)

export interface GenerateOptions {
  /** Default: a run in memory that ends with the call. */
  readonly run?: ActiveRun
  /** The text as it arrives. */
  readonly onDelta?: (text: string) => Effect.Effect<void>
  /** Which sample of the same request; 0 by default. */
  readonly repeat?: number
}

export class Generate extends Context.Service<
  Generate,
  {
    readonly provider: Provider
    /** How `generateMany` answers: in real time, by the Batch API, or by both. */
    readonly mode: "online" | "batch" | "hybrid"
    /**
     * Outcomes in the order of finishing, each durable in the run's journal before it is emitted. Answers that the
     * journal has are emitted without a request; so are earlier failures, unless `retryFailed`.
     * On a stop of the run it sends nothing more, brings home what is in flight, then fails with `RunStopped`.
     */
    readonly generateMany: <E, R>(
      items: Stream.Stream<GenerateItem, E, R>,
      run: ActiveRun,
      options?: { readonly retryFailed?: boolean }
    ) => Stream.Stream<Outcome, E | StoreError | RunStopped, R>
    /** One request, checked against the catalogue first. */
    readonly generate: (
      request: GenerateRequest,
      options?: GenerateOptions
    ) => Effect.Effect<ModelResponse, GenerateError | StoreError | RunStopped>
  }
>()("spillway/generate/Generate") {}

/** One request through the program's `Generate`. */
export const generate = (request: GenerateRequest, options?: GenerateOptions) =>
  Generate.use((service) => service.generate(request, options))
