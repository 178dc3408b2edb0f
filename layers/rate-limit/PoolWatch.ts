/**
 * Publishes pools' states to who watches: at once after a change, then at most every 100 ms a pool, the last change
 * included. Without watchers it does nothing, and without changes no timer runs.
 */
import { type Clock, Duration, Effect, type Fiber, PubSub, Stream } from "effect"
import type { PoolState } from "../../src/rate-limit/RateLimiter.ts"
import type { Pool } from "./Pool.ts"

/** Milliseconds between two published states of one pool. */
const EVERY = 100

interface Last {
  at: number
  /** A timer will publish. */
  pending: boolean
}

export const make = Effect.fnUntraced(function* (
  clock: Clock.Clock,
  fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
) {
  // Who does not keep up misses old states, not the newest.
  const published = yield* PubSub.sliding<PoolState>(1024)
  const lasts = new Map<Pool, Last>()
  let watchers = 0
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const publish = (pool: Pool, last: Last) => {
    last.pending = false
    last.at = now()
    PubSub.publishUnsafe(published, pool.state(last.at, clock))
  }
  const lastOf = (pool: Pool): Last => {
    const known = lasts.get(pool)
    if (known !== undefined) return known
    const last = { at: Number.NEGATIVE_INFINITY, pending: false }
    lasts.set(pool, last)
    return last
  }
  return {
    changed: (pool: Pool): void => {
      if (watchers === 0) return
      const last = lastOf(pool)
      if (last.pending) return
      const wait = last.at + EVERY - now()
      if (wait <= 0) {
        publish(pool, last)
        return
      }
      last.pending = true
      const later = Effect.sync(() => publish(pool, last))
      fork(Effect.andThen(clock.sleep(Duration.millis(Math.ceil(wait))), later))
    },
    changes: Stream.unwrap(
      Effect.gen(function* () {
        yield* Effect.acquireRelease(
          Effect.sync(() => watchers++),
          () => Effect.sync(() => watchers--)
        )
        return Stream.fromSubscription(yield* PubSub.subscribe(published))
      })
    )
  }
})
