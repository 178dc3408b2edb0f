/**
 * What one pool may send now, and what responses teach about it. `BucketMirror.ts` keeps it for one process;
 * `layers/rate-limit/redis/` leases it from a quota that several processes share. Synchronous: it is asked several times a
 * request. The caller brings the time, in milliseconds of a monotonic clock.
 */
import type { BucketState, Demand } from "./RateLimiter.ts"
import type { RateLimitHeaders } from "./RateLimitHeaders.ts"

export type Charge = Demand["charge"]

/** When a request left, and what had left before it. */
export interface SendMark {
  /** Grows with every request sent. */
  readonly order: number
  readonly at: number
  readonly requests: Departure
  readonly tokens: Departure
}

/** In the units of one bucket. */
export interface Departure {
  /** All charges sent so far, this one included. */
  readonly sent: number
  /** Charges sent shortly before it, which may have overtaken it or been overtaken. */
  readonly fenced: number
  /** Of this request alone. */
  readonly charge: number
  /** Refill that found the bucket full until then, and so was nobody's. */
  readonly overflow?: number
  /** Charges sent shortly after it, once that is known. */
  after?: number
}

/** A limit that a charge can never fit into. */
export interface Excess {
  readonly dimension: "requests" | "tokens"
  readonly charge: number
  readonly limit: number
  readonly per: "minute" | "day"
}

export interface PoolQuota {
  /** Nothing is sent before this time; -Infinity: no pause. */
  readonly pausedUntil: number
  /** The provider asks everybody to wait until then. A shorter pause than the present one changes nothing. */
  pause(until: number, now: number): void
  /** When the charge may go, if nothing else does before: `now` or later; Infinity: the quota will say (`onRoom`). */
  nextAdmission(charge: Charge, now: number): number
  /** Whether others take much, and no answer has told for a while how much: what is sent now is sent for its answer. */
  blind(now: number): boolean
  /** When the limits per day let the charge go: `now` or later. That may be hours away. */
  dayAdmission(charge: Charge, now: number): number
  /** The limit that makes waiting pointless, if there is one. */
  excess(charge: Charge): Excess | undefined
  /** The charge as a share of a minute's limit, of the dimension where it weighs most: what fairness counts in. */
  share(charge: Charge): number
  /** Takes the charge, whether or not there is room: ask `nextAdmission` before. */
  take(charge: Charge, now: number): void
  /** What was taken at `takenAt` is not sent after all. */
  refund(charge: Charge, takenAt: number): void
  /** What was taken is sent now. */
  depart(charge: Charge, now: number): SendMark
  /**
   * Learns from the response to the request that left at `mark`. False: the headers told nothing.
   *
   * @param refused with 429: the provider counted the request, but did not take its tokens
   */
  observe(headers: RateLimitHeaders, mark: SendMark, now: number, refused: boolean): boolean
  /** The provider said `slow_down`. */
  slowDown(now: number): void
  requestsState(now: number): BucketState
  /** Where several limits of tokens hold, the one that binds. */
  tokensState(now: number): BucketState
  /** Of the limits per day the one with the least left; `undefined`: none is known. */
  dayState(now: number): BucketState | undefined
  /** Nobody will ask any more. */
  close(): void
}

/** Makes the quota of a pool. `onRoom` is to be called when `nextAdmission` may answer something better than Infinity. */
export type MakeQuota = (pool: string, now: number, onRoom: () => void) => PoolQuota
