import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Random } from "effect"
import { TestClock } from "effect/testing"
import { defaults, RateLimitConfig, type RateLimits } from "spillway/config/RateLimitConfig"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import { PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"

/** A server that bears so many requests at once, refuses the others at once, and sends no header about it. */
const makeServer = (bears: number) => {
  const seen = { inFlight: 0, most: 0, served: 0, refused: 0 }
  const answer = Effect.gen(function* () {
    if (seen.inFlight >= bears) {
      seen.refused++
      yield* Effect.sleep(20)
      return { status: 429, headers: {} }
    }
    seen.inFlight++
    seen.most = Math.max(seen.most, seen.inFlight)
    yield* Effect.sleep(yield* Random.nextBetween(500, 1500))
    seen.inFlight--
    seen.served++
    return { status: 200, headers: {} }
  })
  return { seen, answer }
}

const load = (
  server: ReturnType<typeof makeServer>,
  minutes: number,
  settings: Partial<RateLimits> = {}
) =>
  Effect.gen(function* () {
    const limiter = yield* RateLimiter
    const run = RunSignal.make({ id: "r" })
    const demand = {
      pool: PoolId("local/model"),
      model: "model",
      run,
      charge: { requests: 1, tokens: 1000 },
      lane: "fresh"
    } as const
    const one = limiter.withPermit(demand, (permit) =>
      Effect.gen(function* () {
        permit.sent()
        permit.observe(yield* server.answer)
      })
    )
    const workers = yield* Effect.forkChild(
      Effect.forEach(Array(400).keys(), () => Effect.forever(one), {
        concurrency: "unbounded",
        discard: true
      })
    )
    yield* TestClock.adjust(`${minutes} minutes`)
    const [state] = yield* limiter.states
    const seen = { ...server.seen, state }
    yield* Fiber.interrupt(workers)
    return seen
  }).pipe(
    Effect.provide(
      MemoryRateLimiter.layer.pipe(
        Layer.provide(Layer.succeed(RateLimitConfig, { ...defaults, ...settings }))
      )
    ),
    Random.withSeed(5)
  )

describe("a server that sends no rate-limit headers", () => {
  it.effect("is used as far as it bears, found out by its refusals", () =>
    Effect.gen(function* () {
      const result = yield* load(makeServer(100), 10)
      // 100 at once of one second each: 6,000 a minute. The guess of 500 a minute binds nobody.
      assert.isAtLeast(result.served, 0.8 * 60_000)
      assert.isAtMost(result.refused / result.served, 0.01)
      assert.approximately(result.state?.concurrency ?? 0, 85, 20)
    })
  )

  it.effect("is never sent more than maxInFlight at once", () =>
    Effect.gen(function* () {
      const result = yield* load(makeServer(1000), 5, { maxInFlight: 64 })
      assert.strictEqual(result.most, 64)
      assert.strictEqual(result.refused, 0)
      assert.strictEqual(result.state?.concurrency, 64)
    })
  )

  it.effect("is held to the configured limits where they are to be kept", () =>
    Effect.gen(function* () {
      const settings = { capAtConfigured: true, requestsPerMinute: 120, tokensPerMinute: 1_000_000 }
      const result = yield* load(makeServer(100), 10, settings)
      assert.isAtMost(result.served, 11 * 120)
      assert.isAtLeast(result.served, 9 * 120)
    })
  )

  it.effect("counts as one with limits as soon as a response tells them", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const demand = {
        pool: PoolId("local/model"),
        model: "model",
        run: RunSignal.make({ id: "r" }),
        charge: { requests: 1, tokens: 10 },
        lane: "fresh"
      } as const
      const hear = (headers: Record<string, string>) =>
        limiter.withPermit(demand, (permit) => {
          permit.sent()
          permit.observe({ status: 200, headers })
          return Effect.void
        })
      for (let n = 0; n < 5; n++) yield* hear({})
      assert.strictEqual((yield* limiter.states)[0]?.concurrency, 16)
      yield* hear({ "x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "50" })
      const [state] = yield* limiter.states
      assert.strictEqual(state?.concurrency, undefined)
      assert.strictEqual(state?.requests.limit, 100)
    }).pipe(Effect.provide(MemoryRateLimiter.layer))
  )
})
