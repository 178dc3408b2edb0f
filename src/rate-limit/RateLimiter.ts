/**
 * Lets requests through as fast as the provider's quota allows and no faster, and bounds how many are in flight.
 * Implementations: `layers/rate-limit/`. The arithmetic: `BucketMirror.ts`; the headers: `RateLimitHeaders.ts`.
 */
import { Brand, Context, type Effect, Schema, type Stream } from "effect"
import type { RunStopped } from "../error/RunStopped.ts"
import { type Verdict, verdict } from "../error/Verdict.ts"
import type { RunSignal } from "../run/RunSignal.ts"
import type { ResponseHead } from "../transport/ResponseHead.ts"

/** `<account>/<limit family>`: what one quota covers. Two accounts never share a pool by accident. */
export type PoolId = string & Brand.Brand<"spillway/PoolId">
export const PoolId = Brand.nominal<PoolId>()

export interface Demand {
  readonly pool: PoolId
  /** For a stop of this model only. */
  readonly model: string
  /** Whose request it is: fairness, weight, and what sends its waiters away on a stop. */
  readonly run: RunSignal
  /** What the provider will charge: tokens as max(output bound, estimate of the input). */
  readonly charge: { readonly requests: number; readonly tokens: number }
  /** Deferred retries queue behind fresh work. */
  readonly lane: "fresh" | "retry"
}

export interface Permit {
  /** To be called at the moment of sending. Leaving before it gives everything back; after it, nothing. */
  readonly sent: () => void
  /** What the head of the response says about the quota, as soon as it is in. Idempotent; never throws. */
  readonly observe: (head: ResponseHead, body?: { readonly message: string }) => void
}

/** The request cannot be let through. */
export class RateLimiterError extends Schema.TaggedError<RateLimiterError>()("RateLimiterError", {
  reason: Schema.Literals([
    /** The charge exceeds the whole limit: no wait can help. */
    "request-too-large",
    /** More waiters than the queue may hold. */
    "queue-full",
    /** The provider asked to wait longer than `maxWait`. */
    "hint-too-long"
  ]),
  pool: Schema.String,
  problem: Schema.String,
  fix: Schema.String,
  /** Unix milliseconds from which it could pass. */
  resumeAt: Schema.optionalKey(Schema.Finite)
}) {
  override get message(): string {
    return `Rate limiter, pool ${this.pool}: ${this.problem} ${this.fix}`
  }
  get verdict(): Verdict {
    return verdict({ blast: this.reason === "hint-too-long" ? "run" : "item", advice: this.fix })
  }
}

/** One pool, as a display or a metric sees it. */
export interface PoolState {
  readonly pool: PoolId
  readonly waiting: number
  readonly inFlight: number
  readonly requests: BucketState
  readonly tokens: BucketState
  /** The provider's own wish: nothing is sent before this time (Unix milliseconds). */
  readonly pausedUntil: number | undefined
  /** 429s since the start. */
  readonly rateLimited: number
  /** Of the limits per day, where there are any, the one with the least left. */
  readonly day: BucketState | undefined
  /** Where the server tells no limits: how many requests it bears at once, as far as found out. */
  readonly concurrency: number | undefined
  /** Retries that went before fresh work since the start: at most 20% of the sends in any 10 s, and one a second. */
  readonly immediateRetries: number
}
export interface BucketState {
  /** Per minute, or per day; `undefined`: none. */
  readonly limit: number | undefined
  /** Left of it as far as known, 0 to `limit`. */
  readonly level: number | undefined
  /** Share of the limit used over the last minute, 0 to 1. */
  readonly utilisation: number
}

export class RateLimiter extends Context.Service<
  RateLimiter,
  {
    /**
     * Waits for room, then runs `use` with the permit. Interruptible while it waits; a stop of the run ends the wait
     * with `RunStopped`. One release covers all ends: waiting, granted, sent.
     */
    readonly withPermit: <A, E, R>(
      demand: Demand,
      use: (permit: Permit) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | RateLimiterError | RunStopped, R>
    /** The pools as they are now. */
    readonly states: Effect.Effect<ReadonlyArray<PoolState>>
    /** A pool's state after each change, at most every 100 ms a pool. */
    readonly changes: Stream.Stream<PoolState>
  }
>()("spillway/rate-limit/RateLimiter") {}
