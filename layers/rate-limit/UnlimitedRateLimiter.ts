/**
 * Lets everything through at once: no quota, no cap on what is in flight, no pause after a 429. For providers without
 * limits and for tests; against a real quota use `MemoryRateLimiter.ts`. A stopped run still gets nothing, and
 * in flight and 429s are still counted, for `states`; `changes` stays silent.
 */
import { Effect, Layer, Stream } from "effect"
import { type PoolId, type PoolState, RateLimiter } from "../../src/rate-limit/RateLimiter.ts"

interface Count {
  inFlight: number
  rateLimited: number
}

const none = { limit: undefined, level: undefined, utilisation: 0 }

const stateOf = (pool: PoolId, count: Count): PoolState => ({
  pool,
  waiting: 0,
  inFlight: count.inFlight,
  requests: none,
  tokens: none,
  pausedUntil: undefined,
  rateLimited: count.rateLimited,
  day: undefined,
  concurrency: undefined,
  immediateRetries: 0
})

export const make = Effect.sync(() => {
  const counts = new Map<PoolId, Count>()
  const countOf = (pool: PoolId): Count => {
    const known = counts.get(pool)
    if (known !== undefined) return known
    const count = { inFlight: 0, rateLimited: 0 }
    counts.set(pool, count)
    return count
  }
  return RateLimiter.of({
    withPermit: (demand, use) =>
      Effect.uninterruptibleMask((restore) => {
        const stop = demand.run.stopped(demand.model)
        if (stop !== undefined) return Effect.fail(stop)
        const count = countOf(demand.pool)
        let refused = false
        count.inFlight++
        const permit = {
          sent: () => {},
          observe: (head: { readonly status: number }) => {
            if (head.status !== 429 || refused) return
            refused = true
            count.rateLimited++
          }
        }
        const leave = () => {
          count.inFlight--
          return undefined
        }
        return Effect.onExitPrimitive(restore(Effect.suspend(() => use(permit))), leave)
      }),
    states: Effect.sync(() => [...counts].map(([pool, count]) => stateOf(pool, count))),
    changes: Stream.never
  })
})

export const layer: Layer.Layer<RateLimiter> = Layer.effect(RateLimiter, make)
