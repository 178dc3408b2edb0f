/**
 * How far an open run is, as numbers: for a display (`layers/cli/LiveDisplay.ts`), a metric, or a program's own use.
 */

import type { Duration } from "effect"
import { Clock, Effect, Stream } from "effect"
import { CircuitBreaker, type CircuitSnapshot } from "../circuit-breaker/CircuitBreaker.ts"
import { type PoolState, RateLimiter } from "../rate-limit/RateLimiter.ts"
import type { ActiveRun, BatchGauge } from "./ActiveRun.ts"

export interface Progress {
  /** Items that have ended, those from the store and those delivered before included. */
  readonly done: number
  /** All items, where the number is known; it grows where answers lead to more requests (`RunCounters.added`). */
  readonly total: number | undefined
  readonly failed: number
  readonly noAnswer: number
  readonly fromStore: number
  /** Requests in flight now, of all runs on the same limiter. */
  readonly inFlight: number
  /** Outcomes a second that came over the network, over about the last 10 seconds. */
  readonly perSecond: number
  /** Seconds to the end at that rate; nothing where total or rate is unknown. */
  readonly etaSeconds: number | undefined
  /** Share of the quota in use, 0 to 1: that of the tightest bucket of the busiest pool. */
  readonly quotaShare: number
  /** What is with the Batch API now; nothing where no batch is. */
  readonly batches: Readonly<BatchGauge> | undefined
  /** Why nothing is sent for the moment, where that is so; shown to whoever wonders. */
  readonly held: Held | undefined
  readonly sent: number
  readonly retries: number
  readonly rateLimited: number
  /** Spent by this invocation, and by all of them together. */
  readonly costUsd: number
  readonly totalCostUsd: number
  readonly capUsd: number | undefined
  readonly elapsedSeconds: number
}

/** What holds requests back besides the usual wait for quota. */
export type Held =
  /** The provider asked to wait, or a limit per day is used up. */
  | { readonly _tag: "Paused"; readonly seconds: number }
  /** The provider fails, and is probed until it answers. */
  | { readonly _tag: "CircuitOpen"; readonly circuits: number }

/** A moment that the rate is measured from. */
interface Mark {
  readonly at: number
  readonly overNetwork: number
}

const RATE_WINDOW_MS = 10_000

const share = (pools: ReadonlyArray<PoolState>): number =>
  Math.max(
    0,
    ...pools.flatMap(({ requests, tokens }) => [requests.utilisation, tokens.utilisation])
  )

const heldBy = (
  pools: ReadonlyArray<PoolState>,
  circuits: ReadonlyArray<CircuitSnapshot>,
  now: number
): Held | undefined => {
  const open = circuits.filter(({ state }) => state === "open" || state === "half-open").length
  if (open > 0) return { _tag: "CircuitOpen", circuits: open }
  const pause = Math.max(
    0,
    ...pools.map(({ pausedUntil = now, waiting }) => (waiting === 0 ? 0 : pausedUntil - now))
  )
  // A second's pause is over before anybody has read of it.
  return pause < 1000 ? undefined : { _tag: "Paused", seconds: pause / 1000 }
}

const snapshot = (
  active: ActiveRun,
  { circuits, pools }: Observed,
  known: number | undefined,
  times: { readonly startedAt: number; readonly now: number; readonly mark: Mark }
): Progress => {
  const { batches, counters, journal, cap } = active
  const ended = counters.answered + counters.noAnswer + counters.failed
  const done = ended + counters.delivered
  const seconds = (times.now - times.mark.at) / 1000
  const perSecond =
    seconds <= 0 ? 0 : (ended - counters.fromStore - times.mark.overNetwork) / seconds
  const total = known === undefined ? undefined : known + counters.added
  const left = total === undefined ? undefined : total - done
  return {
    done,
    total,
    failed: counters.failed,
    noAnswer: counters.noAnswer,
    fromStore: counters.fromStore + counters.delivered,
    inFlight: pools.reduce((sum, pool) => sum + pool.inFlight, 0),
    perSecond,
    // Answers of batches come many at once: their rate says nothing about the next ones.
    etaSeconds:
      left === undefined || perSecond <= 0 || batches.open > 0 ? undefined : left / perSecond,
    quotaShare: share(pools),
    batches: batches.open === 0 ? undefined : { ...batches },
    held: heldBy(pools, circuits, times.now),
    sent: counters.sent,
    retries: counters.retries,
    rateLimited: counters.rateLimited,
    costUsd: counters.spent / 1e9,
    totalCostUsd: (journal.recovered.spent + counters.spent) / 1e9,
    capUsd: cap === undefined ? undefined : cap / 1e9,
    elapsedSeconds: (times.now - times.startedAt) / 1000
  }
}

interface Observed {
  readonly pools: ReadonlyArray<PoolState>
  readonly circuits: ReadonlyArray<CircuitSnapshot>
}

const observer = Effect.gen(function* () {
  const limiter = yield* RateLimiter
  const breaker = yield* CircuitBreaker
  return { now: Effect.all({ pools: limiter.states, circuits: breaker.snapshot }) }
})

/** A snapshot now and at every interval, until the consumer ends it. */
export const stream = (
  active: ActiveRun,
  options: { readonly total?: number | undefined; readonly every: Duration.Input }
): Stream.Stream<Progress, never, RateLimiter | CircuitBreaker> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const observe = yield* observer
      const startedAt = yield* Clock.currentTimeMillis
      const marks: Array<Mark> = [{ at: startedAt, overNetwork: 0 }]
      return Stream.tick(options.every).pipe(
        Stream.mapEffect(() =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            const progress = snapshot(active, yield* observe.now, options.total, {
              startedAt,
              now,
              mark: marks[0] ?? { at: now, overNetwork: 0 }
            })
            const { answered, noAnswer, failed, fromStore } = active.counters
            marks.push({ at: now, overNetwork: answered + noAnswer + failed - fromStore })
            while (marks.length > 2 && now - (marks[0]?.at ?? now) > RATE_WINDOW_MS) marks.shift()
            return progress
          })
        )
      )
    })
  )

/** One snapshot, its rate that of the time since `startedAt` (Unix milliseconds): the last word of a display. */
export const now = Effect.fnUntraced(function* (
  active: ActiveRun,
  options: { readonly total?: number | undefined; readonly startedAt: number }
): Effect.fn.Return<Progress, never, RateLimiter | CircuitBreaker> {
  const observe = yield* observer
  const { startedAt, total } = options
  const times = { startedAt, now: yield* Clock.currentTimeMillis }
  const mark = { at: startedAt, overNetwork: 0 }
  return snapshot(active, yield* observe.now, total, { ...times, mark })
})
