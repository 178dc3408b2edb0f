/** One pool of the limiter as metrics. Names and meanings: `PoolMetrics.ts`. */
import { type Context, Metric } from "effect"
import type { BucketState, PoolId, PoolState } from "../../src/rate-limit/RateLimiter.ts"
import { GaugeSeries } from "./GaugeSeries.ts"

type Shown = (state: PoolState, wall: number) => number | undefined

const leftOf = ({ level, limit }: BucketState): number | undefined =>
  level === undefined || limit === undefined ? undefined : level / limit

/** A bucket without a limit has no share of it that could be used. */
const usedOf = ({ limit, utilisation }: BucketState): number | undefined =>
  limit === undefined ? undefined : utilisation

const GAUGES: ReadonlyArray<readonly [name: string, description: string, shown: Shown]> = [
  ["requests_limit", "Requests a minute that the quota allows", ({ requests }) => requests.limit],
  ["requests_level", "Requests left in the quota", ({ requests }) => requests.level],
  [
    "requests_utilisation_ratio",
    "Share of the limit of requests used over the last minute",
    ({ requests }) => usedOf(requests)
  ],
  ["tokens_limit", "Tokens a minute that the quota allows", ({ tokens }) => tokens.limit],
  ["tokens_level", "Tokens left in the quota", ({ tokens }) => tokens.level],
  [
    "tokens_utilisation_ratio",
    "Share of the limit of tokens used over the last minute",
    ({ tokens }) => usedOf(tokens)
  ],
  [
    "day_level_ratio",
    "Share left of the limit per day that has least left",
    ({ day }) => (day === undefined ? undefined : leftOf(day))
  ],
  ["waiting", "Requests that wait for quota or a place in flight", ({ waiting }) => waiting],
  ["in_flight", "Requests let through and not answered yet", ({ inFlight }) => inFlight],
  [
    "concurrency_limit",
    "Requests in flight that a server without rate-limit headers bears",
    ({ concurrency }) => concurrency
  ],
  [
    "paused_seconds",
    "Time for which the provider still asks to send nothing",
    ({ pausedUntil }, wall) => Math.max(0, (pausedUntil ?? wall) - wall) / 1000
  ]
]

/** A total that the limiter has counted since its start, told to a counter that may be older. */
class Total {
  private told = 0
  private readonly metric: Metric.Counter<number>
  private readonly context: Context.Context<never>

  constructor(name: string, description: string, pool: PoolId, context: Context.Context<never>) {
    this.metric = Metric.counter(name, { description, attributes: { pool }, incremental: true })
    this.context = context
    this.metric.updateUnsafe(0, context)
  }

  reach(total: number): void {
    // A state that was published earlier may come later.
    if (total <= this.told) return
    this.metric.updateUnsafe(total - this.told, this.context)
    this.told = total
  }
}

export class LimiterSeries {
  private readonly gauges: ReadonlyArray<readonly [GaugeSeries, Shown]>
  private readonly rateLimited: Total
  private readonly immediateRetries: Total

  constructor(pool: PoolId, context: Context.Context<never>) {
    this.gauges = GAUGES.map(([name, description, shown]) => [
      new GaugeSeries(`spillway_pool_${name}`, description, { pool }, context),
      shown
    ])
    const total = (name: string, description: string) =>
      new Total(`spillway_pool_${name}_total`, description, pool, context)
    this.rateLimited = total("rate_limited", "Answers with status 429")
    this.immediateRetries = total("immediate_retries", "Retries that went before fresh work")
  }

  /** @param wall Unix milliseconds */
  show(state: PoolState, wall: number): void {
    for (const [gauge, shown] of this.gauges) gauge.set(shown(state, wall))
    this.rateLimited.reach(state.rateLimited)
    this.immediateRetries.reach(state.immediateRetries)
  }

  remove(): void {
    for (const [gauge] of this.gauges) gauge.set(undefined)
  }
}
