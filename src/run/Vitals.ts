/**
 * Notes in a run's log how it is doing, for the plots over time of its report: `report/html/`. A look costs nothing
 * that grows with the run, and so few are kept that a log does not grow by them.
 */
import { Clock, Effect, Fiber, Option } from "effect"
import type * as Arr from "effect/Array"
import type { Vitals } from "../checkpoint/RunRecord.ts"
import { type PoolState, RateLimiter } from "../rate-limit/RateLimiter.ts"
import type { ActiveRun } from "./ActiveRun.ts"

/** From one look to the next, at first: a run of some seconds wants to be seen too. */
const FIRST_MS = 250

/**
 * Later a hundredth of the time that has gone by: a plot cannot show more, and a start of a day is looked at about 900
 * times, one of a week 1,100 times.
 */
const SHARE = 1 / 100

const delay = (elapsedMs: number): number => Math.max(FIRST_MS, elapsedMs * SHARE)

const quotaShare = (pools: ReadonlyArray<PoolState>): number =>
  Math.max(
    0,
    ...pools.flatMap(({ requests, tokens }) => [requests.utilisation, tokens.utilisation])
  )

const gauges = (pools: ReadonlyArray<PoolState> | undefined) =>
  pools === undefined
    ? {}
    : {
        inFlight: pools.reduce((sum, pool) => sum + pool.inFlight, 0),
        quotaShare: quotaShare(pools)
      }

const look = (
  { batches, counters }: ActiveRun,
  times: { readonly start: number; readonly at: number },
  pools: ReadonlyArray<PoolState> | undefined
): Vitals => {
  const { answered, noAnswer, failed, fromStore, sent, retries, rateLimited, spent } = counters
  const { open, lines, done } = batches
  return {
    _tag: "Vitals",
    ...times,
    ...{ answered, noAnswer, failed, fromStore, sent, retries, rateLimited, spent },
    ...gauges(pools),
    ...(open === 0 ? {} : { batches: { open, lines, done } })
  }
}

/** The share of the quota fades by itself, and is no change. */
const isChanged = (one: Vitals, other: Vitals): boolean =>
  one.answered !== other.answered ||
  one.noAnswer !== other.noAnswer ||
  one.failed !== other.failed ||
  one.sent !== other.sent ||
  one.rateLimited !== other.rateLimited ||
  one.spent !== other.spent ||
  one.inFlight !== other.inFlight ||
  one.batches?.open !== other.batches?.open ||
  one.batches?.done !== other.batches?.done

/**
 * Does the work, and looks at the run meanwhile: at the beginning, at the end, and in between where something changed.
 * The end of a pause is noted with what ended it, so that a plot shows the pause. A store that cannot note it is no
 * failure here: the run's own records meet it too.
 */
export const during = <A, E, R>(
  active: ActiveRun,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const limiter = Option.getOrUndefined(yield* Effect.serviceOption(RateLimiter))
    // A benchmark works in several rounds, and its judges after them: they are one start.
    active.began.at ??= yield* Clock.currentTimeMillis
    const start = active.began.at
    const now = Effect.gen(function* () {
      const pools = limiter === undefined ? undefined : yield* limiter.states
      return look(active, { start, at: yield* Clock.currentTimeMillis }, pools)
    })
    let kept: Vitals | undefined
    let passedOver: Vitals | undefined
    const note = Effect.fnUntraced(function* (always: boolean) {
      const seen = yield* now
      if (!always && kept !== undefined && !isChanged(seen, kept)) {
        passedOver = seen
        return
      }
      const records: Arr.NonEmptyReadonlyArray<Vitals> =
        passedOver === undefined ? [seen] : [passedOver, seen]
      kept = seen
      passedOver = undefined
      yield* Effect.exit(active.journal.append(records))
    }, Effect.uninterruptible)
    const looking = Effect.gen(function* () {
      yield* note(true)
      while (true) {
        yield* Effect.sleep(delay((yield* Clock.currentTimeMillis) - start))
        yield* note(false)
      }
    })
    return yield* Effect.acquireUseRelease(
      Effect.forkChild(Effect.interruptible(looking)),
      () => work,
      // The fiber is gone before the last look: the records of a start lie in the order of time.
      (fiber) => Effect.andThen(Fiber.interrupt(fiber), note(true))
    )
  })
