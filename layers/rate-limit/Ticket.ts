/**
 * One request's way through the limiter: waiting, granted, sent, left. `MemoryRateLimiter.ts` moves it from stage to
 * stage; the queues of `Pool.ts` hold it while it waits.
 */
import type { Effect } from "effect"
import type { RunStopped } from "../../src/error/RunStopped.ts"
import type { Node } from "../../src/rate-limit/FairQueue.ts"
import type { SendMark } from "../../src/rate-limit/PoolQuota.ts"
import type { Demand, RateLimiterError } from "../../src/rate-limit/RateLimiter.ts"
import type { Pool } from "./Pool.ts"

/** How a wait ends: let through, or sent away. */
export type Outcome = Effect.Effect<void, RateLimiterError | RunStopped>

export type Stage =
  | {
      readonly _tag: "Waiting"
      readonly node: Node<Ticket>
      /** Takes the run's stop listener away. */
      readonly unlisten: () => void
    }
  /** Out of the queue, with the outcome for the fiber that is about to be woken. Holds nothing. */
  | { readonly _tag: "SentAway" }
  | {
      readonly _tag: "Granted"
      readonly at: number
      /** What was taken for it. */
      readonly charge: Demand["charge"]
    }
  | { readonly _tag: "Sent"; readonly mark: SendMark }
  /** With a mark, a late head can still teach something. */
  | { readonly _tag: "Left"; readonly mark: SendMark | undefined }

export interface Ticket {
  readonly pool: Pool
  readonly demand: Demand
  stage: Stage
  /** Wakes the fiber; absent until it is parked. */
  resume: ((outcome: Outcome) => void) | undefined
  outcome: Outcome | undefined
  /** Its refusal was counted. */
  refused: boolean
}
