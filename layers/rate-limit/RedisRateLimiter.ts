/**
 * The rate limiter of many processes on one quota: all of them together stay below the provider's limits, learn from each
 * other's responses, and wait when the provider told one of them to. Queues and timers are `Turnstile.ts`'s, as in
 * `MemoryRateLimiter.ts`; the shared quota is in `redis/`.
 *
 * The protocol is one script (`QuotaLua.ts`), called by each process for each pool (`LeasedQuota.ts`), on the clock of Redis:
 *
 * 1. Somebody waits and the lease does not do: the process calls at once and says what it needs (`want`, `least`). The answer
 *    grants a lease, a slice of the quota for the next 250 ms, or gives a place in the queue of processes and the time to
 *    ask again, a second at most. From the lease requests go out without a round trip.
 * 2. A request was sent or a response came: within 120 ms, with the next call, the process says how much it has sent in
 *    all and what the newest response told (`sent`, `head`). A new limit, a refusal or a pause is told at once.
 * 3. Nobody has used the lease for 250 ms, or somebody needs more than is left: the rest goes back with the next call.
 *    One that holds nothing and waits for nothing leaves, and calls no more until it is needed.
 * 4. A process that has not called for 3 s is dead: what it held goes back. It uses no lease that is older than 1.5 s, so
 *    one that only stood still sends nothing that has been given to others.
 * 5. No answer within 3 s, or no connection: Redis is away. Each process goes on with its share (`LocalShare.ts`), the quota
 *    divided by the processes that were last seen, or by `processes` if that is more, and calls each second until
 *    Redis is back. One that has lost everything is taught limits and levels by whoever calls first.
 *
 * Amounts are absolute, so calls that are lost or arrive twice do no harm. At most the slices under way are sent too much:
 * where a limit falls faster than it is told, or a process dies between sending and saying so.
 *
 * | key, after `spillway:{<pool>}` | holds | ends after the last call |
 * |---|---|---|
 * | `:quota`, a hash | limits, levels, pause, sums of what was sent | 15 min, or what a pause lasts; 24 h with a limit per day |
 * | `:processes`, a hash | of each process the end of its lease, what it holds, has sent, and waits for | as `:quota`; a line 3 s |
 * | `:sent`, a sorted set | sums of what was sent, every 50 ms of the last minute | 2 min |
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
  /** How many processes to divide the quota by while Redis is away, unless more were seen. A whole number from 1. Default 1. */
  readonly processes?: number
}

/** How long the end of the program may take to hand leases back. */
const FAREWELL = Duration.seconds(1)

const makeWith = Effect.fnUntraced(function* (caller: QuotaCalls.Caller, options: RedisOptions) {
  const { prefix = "spillway:", processes = 1 } = options
  if (!Number.isInteger(processes) || processes < 1)
    return yield* Effect.die(
      new RangeError(`processes is ${processes}: use a whole number from 1.`)
    )
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
        return ask === undefined ? Effect.void : call(pool, ask, quota.parts, () => {})
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
      call: (ask, parts, answered) => {
        fork(call(pool, ask, parts, answered))
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
