import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import { ChargeScale } from "spillway/rate-limit/ChargeScale"
import { PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"

describe("the scale of charges", () => {
  it("takes our own reckoning until a refusal says otherwise", () => {
    assert.strictEqual(new ChargeScale().of(1000, 0), 1000)
  })

  it("is set right by the first refusal", () => {
    const scale = new ChargeScale()
    scale.learn(1500, 1000, 0)
    assert.strictEqual(scale.of(2000, 0), 3000)
  })

  it("never goes below our own reckoning", () => {
    const scale = new ChargeScale()
    scale.learn(100, 1000, 0)
    assert.strictEqual(scale.of(1000, 0), 1000)
  })

  it("is bounded whatever a refusal says", () => {
    const scale = new ChargeScale()
    scale.learn(1e12, 1, 0)
    // One odd request moves it by half.
    assert.strictEqual(scale.of(10, 0), 15)
    for (let n = 0; n < 20; n++) scale.learn(1e12, 1, 0)
    scale.learn(Number.NaN, 10, 0)
    scale.learn(10, 0, 0)
    assert.strictEqual(scale.of(10, 0), 160)
  })

  it("follows lower ratios slowly, and forgets within the hour", () => {
    const scale = new ChargeScale()
    scale.learn(1500, 1000, 0)
    scale.learn(1000, 1000, 0)
    assert.strictEqual(scale.of(1000, 0), 1450)
    assert.isAtMost(scale.of(1000, 3_600_000), 1020)
  })

  it.effect("makes the limiter charge what the provider does, after one refusal", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const demand = {
        pool: PoolId("account/model"),
        model: "model",
        run: RunSignal.make({ id: "r" }),
        charge: { requests: 1, tokens: 1000 },
        lane: "fresh"
      } as const
      const told = (status: number, message: string) =>
        limiter.withPermit(demand, (permit) => {
          permit.sent()
          const headers = {
            "x-ratelimit-limit-tokens": "100000",
            "x-ratelimit-remaining-tokens": "50000"
          }
          permit.observe({ status, headers }, { message })
          return Effect.void
        })
      const level = Effect.map(limiter.states, ([state]) => state?.tokens.level ?? 0)
      yield* told(200, "")
      yield* told(
        429,
        "Rate limit reached on tokens per min (TPM): Limit 100000, Used 99000, Requested 1500. Please try again in 10ms."
      )
      yield* TestClock.adjust("1 second")
      const before = yield* level
      const after = yield* limiter.withPermit(demand, (permit) => {
        permit.sent()
        return level
      })
      // It has begun to wear off.
      assert.approximately(before - after, 1500, 5)
    }).pipe(Effect.provide(MemoryRateLimiter.layer))
  )
})
