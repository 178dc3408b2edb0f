/** Settings of the rate limiter. Override with `Layer.succeed(RateLimitConfig, { ...defaults, … })`. */
import { Context, Duration } from "effect"

export interface RateLimits {
  /** Requests in flight at once, over all pools, runs and retries. 1 to 100,000. Default 256. */
  readonly maxInFlight: number
  /**
   * Requests per minute of a pool before a response has told it. Default 500, the lowest paid tier: a first response
   * corrects it.
   */
  readonly requestsPerMinute: number
  /** Tokens per minute of a pool before a response has told it. Default 200,000. */
  readonly tokensPerMinute: number
  /** Never exceed the two limits above, even where the provider's headers grant more. Default false. */
  readonly capAtConfigured: boolean
  /** Level of the bucket held back once, as a share of one minute's limit, 0 to 0.5. Default 0.05. */
  readonly headroom: number
  /** Share of a minute's limit that may go out at once at the start, 0 to 1. Default 1 (the provider's own burst). */
  readonly burst: number
  /** A hint to wait longer than this stops the run, resumable. Default 10 minutes. */
  readonly maxWait: Duration.Duration
  /** Waiters in all queues; one more fails with `queue-full`. Default 1,000,000. */
  readonly maxQueue: number
}

export const defaults: RateLimits = {
  maxInFlight: 256,
  requestsPerMinute: 500,
  tokensPerMinute: 200_000,
  capAtConfigured: false,
  headroom: 0.05,
  burst: 1,
  maxWait: Duration.minutes(10),
  maxQueue: 1_000_000
}

export const RateLimitConfig = Context.Reference<RateLimits>("spillway/config/RateLimitConfig", {
  defaultValue: () => defaults
})
