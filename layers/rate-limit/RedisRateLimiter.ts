/**
 * The rate limiter of many processes on one quota: all of them together stay below the provider's limits, learn from each
 * other's responses, and wait when the provider told one of them to. Queues and timers are `Turnstile.ts`'s, as in
 * `MemoryRateLimiter.ts`; the shared quota is in `redis/`: `QuotaLua.ts` decides, `LeasedQuota.ts` asks.
 *
 * Each process leases a slice of the quota, so most requests cost no round trip. What a process held that died is back
 * after three seconds. Too much goes out by the slices at most, where limits shrink faster than they are told. While Redis
 * is away (or takes longer than a second), every process goes on with its share: the quota divided by the processes that
 * were last seen, or by `processes` if that is more.
 */
import { randomUUID } from "node:crypto"
import { Clock, Duration, Effect, Fiber, Layer, type Redacted } from "effect"
import * as Redis from "effect/persistence/Redis"
import { RateLimitConfig } from "../../src/config/RateLimitConfig.ts"
import { RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import * as LazyRedis from "./redis/LazyRedis.ts"
import { LeasedQuota } from "./redis/LeasedQuota.ts"
import * as QuotaCalls from "./redis/QuotaCalls.ts"
import * as TurnstileLimiter from "./TurnstileLimiter.ts"

export interface RedisOptions {
  /** What all keys in Redis begin with. Default `spillway:`. */
  readonly prefix?: string
  /** How many processes to divide the quota by while Redis is away, unless more were seen. 1 or more. Default 1. */
  readonly processes?: number
}

/** How long the end of the program may take to hand leases back. */
const FAREWELL = Duration.seconds(1)

const makeWith = Effect.fnUntraced(function* (caller: QuotaCalls.Caller, options: RedisOptions) {
  const { prefix = "spillway:", processes = 1 } = options
  const settings = yield* RateLimitConfig
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const fork = (effect: Effect.Effect<void>) => Fiber.runIn(runFork(effect), scope)
  const worker = randomUUID()
  const call = QuotaCalls.make(caller, prefix)
  const quotas = new Map<string, LeasedQuota>()
  // Runs after the limiter has closed, which was made later.
  yield* Effect.addFinalizer(() =>
    Effect.forEach(
      quotas,
      ([pool, quota]) => {
        const ask = quota.farewell()
        return ask === undefined ? Effect.void : call(pool, ask, () => {})
      },
      { concurrency: "unbounded", discard: true }
    ).pipe(Effect.timeoutOption(FAREWELL), Effect.asVoid)
  )
  return yield* TurnstileLimiter.make((pool, _now, onRoom) => {
    const quota = new LeasedQuota({
      settings,
      worker,
      processes,
      onRoom,
      now: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
      call: (ask, answered) => {
        fork(call(pool, ask, answered))
      },
      after: (ms, run) => {
        const wait = clock.sleep(Duration.millis(Math.ceil(ms)))
        const fiber = fork(Effect.andThen(wait, Effect.sync(run)))
        return () => fiber.interruptUnsafe()
      }
    })
    quotas.set(pool, quota)
    return quota
  })
})

/** Over the program's own Redis. Dies on settings out of their range, as `MemoryRateLimiter.make`. */
export const make = Effect.fn("RedisRateLimiter.make")(function* (options: RedisOptions = {}) {
  const redis = yield* Redis.Redis
  return yield* makeWith({ eval: redis.eval, suspect: Effect.void }, options)
})

export const layer = (options: RedisOptions = {}): Layer.Layer<RateLimiter, never, Redis.Redis> =>
  Layer.effect(RateLimiter, make(options))

/** By URL, as `redis://user:password@host:6379/0` or `rediss://…`. Starts whether or not Redis is there. */
export const layerUrl = (
  url: Redacted.Redacted,
  options: RedisOptions = {}
): Layer.Layer<RateLimiter> =>
  Layer.effect(
    RateLimiter,
    Effect.flatMap(LazyRedis.make(url), (caller) => makeWith(caller, options))
  )
