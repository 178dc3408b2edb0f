/**
 * A rate limiter over any quota: queues, timers and the cap on what is in flight are the same whether this process has
 * the quota for itself (`MemoryRateLimiter.ts`) or shares it (`RedisRateLimiter.ts`).
 *
 * Time is the monotonic clock: a wall clock that jumps neither stalls a waiter nor opens the gates. `Clock` and `Random`
 * are taken from where the layer is built.
 */
import { Clock, Effect, Fiber, Random } from "effect"
import { problems, RateLimitConfig } from "../../src/config/RateLimitConfig.ts"
import type { MakeQuota } from "../../src/rate-limit/PoolQuota.ts"
import { RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import * as PoolWatch from "./PoolWatch.ts"
import { Turnstile } from "./Turnstile.ts"

/** Dies on settings out of their range, naming each: whoever made them had to check. */
export const make = Effect.fnUntraced(function* (makeQuota: MakeQuota) {
  const settings = yield* RateLimitConfig
  const wrong = problems(settings)
  if (wrong.length > 0)
    return yield* Effect.die(new RangeError(`RateLimitConfig: ${wrong.join(" ")}`))
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const scope = yield* Effect.scope
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const fork = (effect: Effect.Effect<void>) => Fiber.runIn(runFork(effect), scope)
  const { changed, changes } = yield* PoolWatch.make(clock, fork)
  const turnstile = new Turnstile(settings, { clock, random, fork, makeQuota, changed })
  yield* Effect.addFinalizer(() => Effect.sync(() => turnstile.close()))
  return RateLimiter.of({
    withPermit: turnstile.withPermit,
    states: Effect.sync(() => turnstile.states()),
    changes
  })
})
