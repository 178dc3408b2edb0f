/**
 * Settings of the rate limiter. Override with `Layer.succeed(RateLimitConfig, { ...defaults, … })`.
 * What they do: `rate-limit/BucketMirror.ts`.
 */
import { Context, Duration } from "effect"

export interface RateLimits {
  /** Requests in flight at once, over all pools, runs and retries. 1 to 100,000. Default 256. */
  readonly maxInFlight: number
  /**
   * Requests per minute of a pool before a response has told it. 1 to 1e12. Default 500, the lowest paid tier. Until
   * a first response corrects it, a tenth of it may go out at once and the rest evenly.
   */
  readonly requestsPerMinute: number
  /** Tokens per minute of a pool before a response has told it, likewise. 1 to 1e12. Default 200,000. */
  readonly tokensPerMinute: number
  /**
   * Requests and tokens per day, where the account has such limits and no response has told them yet. 1 to 1e15.
   * Default: none, until a response tells of one.
   */
  readonly requestsPerDay: number | undefined
  readonly tokensPerDay: number | undefined
  /** Never exceed the limits above, even where the provider's headers grant more. Default false. */
  readonly capAtConfigured: boolean
  /** Level of the bucket held back once, as a share of one minute's limit, 0 to 0.5. Default 0.05. */
  readonly headroom: number
  /**
   * Share of a minute's limit that may go out at once after idleness, 0 to 1. In any 60 seconds at most
   * `(1 + burst) × limit` goes out. Default 1 (the provider's own burst).
   */
  readonly burst: number
  /** A hint to wait longer than this stops the run, resumable. Default 10 minutes. */
  readonly maxWait: Duration.Duration
  /** Waiters in all queues; one more fails with `queue-full`. 0 to 100,000,000. Default 1,000,000. */
  readonly maxQueue: number
}

export const defaults: RateLimits = {
  maxInFlight: 256,
  requestsPerMinute: 500,
  tokensPerMinute: 200_000,
  requestsPerDay: undefined,
  tokensPerDay: undefined,
  capAtConfigured: false,
  headroom: 0.05,
  burst: 1,
  maxWait: Duration.minutes(10),
  maxQueue: 1_000_000
}

const ranges = {
  maxInFlight: [1, 100_000],
  requestsPerMinute: [1, 1e12],
  tokensPerMinute: [1, 1e12],
  requestsPerDay: [1, 1e15],
  tokensPerDay: [1, 1e15],
  headroom: [0, 0.5],
  burst: [0, 1],
  maxQueue: [0, 100_000_000]
} as const

/** What is wrong with the settings, one sentence a field; empty if they can be used. */
export const problems = (limits: RateLimits): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  for (const field of Object.keys(ranges) as Array<keyof typeof ranges>) {
    const [least, most] = ranges[field]
    const value = limits[field]
    if (value === undefined && field.endsWith("PerDay")) continue
    if (!(value !== undefined && value >= least && value <= most))
      wrong.push(`${field} is ${value}: use a number from ${least} to ${most}.`)
  }
  for (const field of ["maxInFlight", "maxQueue"] as const)
    if (Number.isFinite(limits[field]) && !Number.isInteger(limits[field]))
      wrong.push(`${field} is ${limits[field]}: use a whole number.`)
  const wait = Duration.toMillis(limits.maxWait)
  if (!(wait >= 0)) wrong.push(`maxWait is ${wait} ms: use a duration from 0.`)
  return wrong
}

export const RateLimitConfig = Context.Reference<RateLimits>("spillway/config/RateLimitConfig", {
  defaultValue: () => defaults
})
