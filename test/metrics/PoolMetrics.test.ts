import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Layer, Metric, Random, Scope } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { CircuitBreaker } from "spillway/circuit-breaker/CircuitBreaker"
import * as BreakerConfig from "spillway/config/CircuitBreakerConfig"
import * as LimitConfig from "spillway/config/RateLimitConfig"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as PoolMetrics from "spillway/layers/metrics/PoolMetrics"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import * as UnlimitedRateLimiter from "spillway/layers/rate-limit/UnlimitedRateLimiter"
import { type Demand, PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"

const pool = PoolId("account/model")

const services = (settings: Partial<LimitConfig.RateLimits> = {}) =>
  Layer.mergeAll(MemoryRateLimiter.layer, MemoryCircuitBreaker.layer).pipe(
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(LimitConfig.RateLimitConfig, { ...LimitConfig.defaults, ...settings }),
        Layer.succeed(BreakerConfig.CircuitBreakerConfig, {
          ...BreakerConfig.defaults,
          minimumCalls: 2
        })
      )
    )
  )

/** Watched, with a registry of the test's own. */
const watched = <A, E>(
  test: Effect.Effect<A, E, RateLimiter | CircuitBreaker>,
  graph: Layer.Layer<RateLimiter | CircuitBreaker> = services()
) =>
  test.pipe(
    Effect.provide(Layer.provideMerge(PoolMetrics.layer(), graph)),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )

const demand = (over: Partial<Demand> = {}): Demand => ({
  pool,
  model: "model",
  run: RunSignal.make({ id: "r" }),
  charge: { requests: 1, tokens: 1_000 },
  lane: "fresh",
  ...over
})

/** A provider that allows 600 requests and 60,000 tokens a minute, as it stands after this one request. */
const told = {
  "x-ratelimit-limit-requests": "600",
  "x-ratelimit-remaining-requests": "599",
  "x-ratelimit-limit-tokens": "60000",
  "x-ratelimit-remaining-tokens": "59000"
}

const answered = (status: number, headers: Record<string, string> = told) =>
  RateLimiter.use((limiter) =>
    limiter.withPermit(demand(), (permit) =>
      Effect.sync(() => {
        permit.sent()
        permit.observe({ status, headers }, { message: "" })
      })
    )
  )

const called = (result: "success" | "failure") =>
  CircuitBreaker.use((breaker) => breaker.protect(pool, Effect.void, () => result))

/** The lines about samples, without the exporter's comments. */
const lines = Effect.map(PrometheusMetrics.format(), (text) =>
  text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
)

/** One sample's value as the exporter writes it. */
const sample = (name: string, labels: Record<string, string> = { pool }) => {
  const list = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const series = `${name}{${list.join(",")}} `
  return Effect.map(lines, (all) =>
    all.find((line) => line.startsWith(series))?.slice(series.length)
  )
}

/** As long as the limiter may take to publish a change. */
const publish = TestClock.adjust("100 millis")

describe("what the limiter does", () => {
  it.effect("reads in Prometheus's format, each metric with its kind and meaning", () =>
    Effect.gen(function* () {
      yield* answered(200)
      yield* publish
      const text = yield* PrometheusMetrics.format()
      assert.include(
        text,
        "# HELP spillway_pool_tokens_limit Tokens a minute that the quota allows\n" +
          "# TYPE spillway_pool_tokens_limit gauge\n" +
          'spillway_pool_tokens_limit{pool="account/model"} 60000\n'
      )
      assert.include(text, "# TYPE spillway_pool_rate_limited_total counter\n")
      assert.deepStrictEqual(
        (yield* lines).filter((line) => line.startsWith("spillway_pool_re")),
        [
          'spillway_pool_requests_limit{pool="account/model"} 600',
          'spillway_pool_requests_level{pool="account/model"} 600',
          `spillway_pool_requests_utilisation_ratio{pool="account/model"} ${1 / 600}`
        ]
      )
    }).pipe(watched)
  )

  it.effect("shows who is in flight and who waits", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const one = limiter.withPermit(demand(), () => Effect.never)
      for (let i = 0; i < 5; i++) yield* Effect.forkChild(one)
      yield* publish
      assert.strictEqual(yield* sample("spillway_pool_in_flight"), "2")
      assert.strictEqual(yield* sample("spillway_pool_waiting"), "3")
    }).pipe((test) => watched(test, services({ maxInFlight: 2 })))
  )

  it.effect("counts each 429 once, however often the pool is looked at", () =>
    Effect.gen(function* () {
      yield* answered(200)
      yield* publish
      assert.strictEqual(yield* sample("spillway_pool_rate_limited_total"), "0")
      yield* answered(429)
      yield* TestClock.adjust("1 minute")
      yield* answered(429)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* sample("spillway_pool_rate_limited_total"), "2")
    }).pipe(watched)
  )

  it.effect("shows the pause that the provider asks for, until it is over", () =>
    Effect.gen(function* () {
      yield* answered(429, { ...told, "retry-after": "20" })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* sample("spillway_pool_paused_seconds"), "15")
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* sample("spillway_pool_paused_seconds"), "0")
    }).pipe(watched)
  )

  it.effect("follows an idle pool as it is refilled, which no change announces", () =>
    Effect.gen(function* () {
      yield* answered(200, { ...told, "x-ratelimit-remaining-tokens": "10000" })
      yield* publish
      const before = Number(yield* sample("spillway_pool_tokens_level"))
      yield* TestClock.adjust("10 seconds")
      const after = Number(yield* sample("spillway_pool_tokens_level"))
      // 1,000 a second, last looked at up to 5 seconds ago.
      assert.isAtLeast(after - before, 5_000)
      assert.isAtMost(after - before, 10_000)
    }).pipe(watched)
  )

  it.effect("says nothing about limits that a pool does not have", () =>
    Effect.gen(function* () {
      yield* answered(429)
      yield* TestClock.adjust("5 seconds")
      const names = (yield* lines).map((line) => line.slice(0, line.indexOf("{")))
      assert.includeMembers(names, ["spillway_pool_in_flight", "spillway_pool_rate_limited_total"])
      for (const missing of ["requests_limit", "tokens_level", "tokens_utilisation_ratio"])
        assert.notInclude(names, `spillway_pool_${missing}`)
    }).pipe((test) =>
      watched(test, Layer.merge(UnlimitedRateLimiter.layer, MemoryCircuitBreaker.layer))
    )
  )
})

describe("what the breaker does", () => {
  const inState = (state: string) => sample("spillway_circuit_state", { pool, state })
  const moves = (from: string, to: string) =>
    sample("spillway_circuit_transitions_total", { pool, from, to })

  it.effect("is shown from the pool's first request on", () =>
    Effect.gen(function* () {
      yield* answered(200)
      yield* publish
      assert.strictEqual(yield* inState("closed"), "1")
      assert.strictEqual(yield* inState("open"), "0")
    }).pipe(watched)
  )

  it.effect("is shown and counted when the circuit opens, and when its time has come", () =>
    Effect.gen(function* () {
      yield* called("failure")
      yield* called("failure")
      yield* Effect.yieldNow
      assert.strictEqual(yield* inState("open"), "1")
      assert.strictEqual(yield* inState("closed"), "0")
      assert.strictEqual(yield* moves("closed", "open"), "1")
      // Nobody calls: it is time alone that has passed.
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* inState("half-open"), "1")
      assert.strictEqual(yield* inState("open"), "0")
      assert.strictEqual(yield* moves("open", "half-open"), "1")
    }).pipe(watched, Random.withSeed("breaker"))
  )
})

it.effect("takes its gauges away with it, and leaves its counters", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const graph = yield* Layer.buildWithScope(
      Layer.provideMerge(PoolMetrics.layer({ every: Duration.seconds(1) }), services()),
      scope
    )
    yield* Effect.provide(answered(429), graph)
    yield* TestClock.adjust("1 second")
    assert.strictEqual(yield* sample("spillway_pool_in_flight"), "0")
    yield* Scope.close(scope, Exit.void)
    const left = new Set((yield* lines).map((line) => line.slice(0, line.indexOf("{"))))
    assert.deepStrictEqual(
      [...left],
      ["spillway_pool_rate_limited_total", "spillway_pool_immediate_retries_total"]
    )
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)
