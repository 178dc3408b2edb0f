/**
 * The rate limiter of one process that has the quota for itself. The arithmetic of quotas is in
 * `src/rate-limit/BucketMirror.ts`, the queues and timers in `Turnstile.ts`.
 */
import { Effect, Layer } from "effect"
import { RateLimitConfig } from "../../src/config/RateLimitConfig.ts"
import { BucketMirror } from "../../src/rate-limit/BucketMirror.ts"
import { RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import * as TurnstileLimiter from "./TurnstileLimiter.ts"

/** Dies on settings out of their range, naming each: whoever made them had to check. */
export const make = Effect.gen(function* () {
  const settings = yield* RateLimitConfig
  return yield* TurnstileLimiter.make((_pool, now) => new BucketMirror(settings, now))
})

export const layer: Layer.Layer<RateLimiter> = Layer.effect(RateLimiter, make)
