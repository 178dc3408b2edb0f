/**
 * Shows limiter and breaker as Effect metrics, for whatever exporter the program has: `PrometheusMetrics` and `Otlp` of
 * `effect/observability`, or `Metric.snapshot`. Opt-in, and free where it is not provided: nobody watches, so the limiter
 * publishes nothing.
 *
 * ```ts
 * PoolMetrics.layer().pipe(Layer.provideMerge(OnlineGraph.layer))
 * ```
 *
 * `pool` is `<account>/<limit family>`. Absent where nothing is known: an unlimited pool has no limit and no level.
 *
 * | metric | kind | labels | unit and meaning |
 * |---|---|---|---|
 * | `spillway_pool_requests_limit` | gauge | pool | requests a minute |
 * | `spillway_pool_requests_level` | gauge | pool | requests: what is left of the limit as far as known, 0 to the limit |
 * | `spillway_pool_requests_utilisation_ratio` | gauge | pool | share of the limit used over the last minute, 0 to 1 |
 * | `spillway_pool_tokens_limit`, `_tokens_level`, `_tokens_utilisation_ratio` | gauge | pool | likewise, tokens |
 * | `spillway_pool_day_level_ratio` | gauge | pool | share left of the limit per day that has least left, 0 to 1 |
 * | `spillway_pool_waiting` | gauge | pool | requests that wait for quota or for a place in flight |
 * | `spillway_pool_in_flight` | gauge | pool | requests let through and not answered yet |
 * | `spillway_pool_concurrency_limit` | gauge | pool | requests in flight that a server without rate-limit headers bears, as far as found out |
 * | `spillway_pool_paused_seconds` | gauge | pool | seconds for which the provider still asks to send nothing; 0: none |
 * | `spillway_pool_rate_limited_total` | counter | pool | answers with status 429 |
 * | `spillway_pool_immediate_retries_total` | counter | pool | retries that went before fresh work |
 * | `spillway_circuit_state` | gauge | pool, state | 1 for the state that the pool's circuit is in, 0 for the five others |
 * | `spillway_circuit_transitions_total` | counter | pool, from, to | changes of the circuit's state |
 *
 * A busy pool is up to date within 100 ms, a circuit at once. An idle pool changes too, with nobody saying so: its level is
 * refilled, its utilisation falls, its pause runs out. So all pools are looked at every 5 s besides.
 *
 * Two limiters in one program write to the same series if their pools have the same name: give them different
 * `Metric.CurrentMetricAttributes`. When the layer's scope closes, its gauges go and its counters stay.
 */
import { Clock, Duration, Effect, Layer, Schedule, Stream } from "effect"
import { CircuitBreaker } from "../../src/circuit-breaker/CircuitBreaker.ts"
import { type PoolId, RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import { CircuitSeries } from "./CircuitSeries.ts"
import { LimiterSeries } from "./LimiterSeries.ts"

export interface PoolMetricsOptions {
  /** How often pools are looked at where nothing says that they have changed. Above 0; default 5 seconds. */
  readonly every?: Duration.Input
}

export const make = Effect.fnUntraced(function* (options: PoolMetricsOptions = {}) {
  const limiter = yield* RateLimiter
  const breaker = yield* CircuitBreaker
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const pools = new Map<PoolId, LimiterSeries>()
  const circuits = new Map<string, CircuitSeries>()

  const poolOf = (id: PoolId): LimiterSeries => {
    const known = pools.get(id)
    if (known !== undefined) return known
    const series = new LimiterSeries(id, context)
    pools.set(id, series)
    return series
  }
  const circuitOf = (key: string): CircuitSeries => {
    const known = circuits.get(key)
    if (known !== undefined) return known
    const series = new CircuitSeries(key, context)
    circuits.set(key, series)
    return series
  }

  const look = Effect.gen(function* () {
    for (const state of yield* limiter.states) {
      poolOf(state.pool).show(state, clock.currentTimeMillisUnsafe())
      circuitOf(state.pool)
    }
    for (const [key, circuit] of circuits) circuit.show(yield* breaker.state(key))
  })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const series of [...pools.values(), ...circuits.values()]) series.remove()
    })
  )
  // At once, so that nothing that happens after the layer is there is missed.
  const now = { startImmediately: true }
  yield* limiter.changes.pipe(
    Stream.runForEach((state) =>
      // A new pool's circuit is new too.
      pools.has(state.pool)
        ? Effect.sync(() => poolOf(state.pool).show(state, clock.currentTimeMillisUnsafe()))
        : look
    ),
    Effect.forkScoped(now)
  )
  yield* breaker.transitions.pipe(
    Stream.runForEach((transition) =>
      Effect.sync(() => circuitOf(transition.key).moved(transition))
    ),
    Effect.forkScoped(now)
  )
  yield* look.pipe(
    Effect.repeat(Schedule.spaced(options.every ?? Duration.seconds(5))),
    Effect.forkScoped(now)
  )
})

export const layer = (
  options?: PoolMetricsOptions
): Layer.Layer<never, never, RateLimiter | CircuitBreaker> => Layer.effectDiscard(make(options))
