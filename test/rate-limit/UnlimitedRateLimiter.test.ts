import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as UnlimitedRateLimiter from "spillway/layers/rate-limit/UnlimitedRateLimiter"
import { PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"
import { rateLimiterContract } from "../contracts/RateLimiterContract.ts"

rateLimiterContract("UnlimitedRateLimiter", UnlimitedRateLimiter.layer)

it.effect("lets everything through at once, after a 429 too", () =>
  Effect.gen(function* () {
    const limiter = yield* RateLimiter
    const demand = {
      pool: PoolId("p"),
      model: "m",
      run: RunSignal.make({ id: "r" }),
      charge: { requests: 1, tokens: 1e12 },
      lane: "fresh"
    } as const
    let most = 0
    yield* Effect.forEach(
      Array(2000).keys(),
      () =>
        limiter.withPermit(demand, (permit) => {
          permit.observe({ status: 429, headers: { "retry-after": "90" } })
          return Effect.andThen(
            Effect.yieldNow,
            Effect.map(limiter.states, ([state]) => {
              most = Math.max(most, state?.inFlight ?? 0)
            })
          )
        }),
      { concurrency: "unbounded", discard: true }
    )
    assert.strictEqual(most, 2000)
  }).pipe(Effect.provide(UnlimitedRateLimiter.layer))
)
