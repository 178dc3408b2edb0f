import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { defaults } from "spillway/config/RateLimitConfig"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import { BucketMirror } from "spillway/rate-limit/BucketMirror"
import { PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import type { BucketReport, RateLimitHeaders } from "spillway/rate-limit/RateLimitHeaders"
import { isDaily } from "spillway/rate-limit/Resource"
import * as RunSignal from "spillway/run/RunSignal"

const DAY = 86_400_000

const one = { requests: 1, tokens: 10 }

const mirrorOf = (over: Partial<typeof defaults> = {}): BucketMirror =>
  new BucketMirror({ ...defaults, headroom: 0, ...over }, 0)

const daily = (limit: number, remaining: number): RateLimitHeaders => ({
  requests: { limit, remaining, resetMs: ((limit - remaining) * DAY) / limit },
  tokens: { limit: 200_000, remaining: 200_000, resetMs: 0 }
})

const minutely = (limit: number, remaining: number): RateLimitHeaders => ({
  requests: { limit, remaining, resetMs: ((limit - remaining) * 60_000) / limit }
})

const hear = (mirror: BucketMirror, headers: RateLimitHeaders, now: number): void => {
  mirror.take(one, now)
  mirror.observe(headers, mirror.depart(one, now), now, false)
}

describe("a limit per day", () => {
  const reports: ReadonlyArray<readonly [string, BucketReport, boolean]> = [
    [
      "a day's, as published: 8.64s for one",
      { limit: 10_000, remaining: 9_999, resetMs: 8_640 },
      true
    ],
    ["a day's, half used", { limit: 200, remaining: 100, resetMs: 43_200_000 }, true],
    ["a minute's", { limit: 500, remaining: 499, resetMs: 120 }, false],
    [
      "a minute's, rounded up to seconds",
      { limit: 10_000, remaining: 9_999, resetMs: 1_000 },
      false
    ],
    ["a minute's, empty", { limit: 500, remaining: 0, resetMs: 60_000 }, false],
    ["full", { limit: 500, remaining: 500, resetMs: 0 }, false],
    ["no time until full", { limit: 500, remaining: 3 }, false]
  ]
  for (const [name, report, expected] of reports)
    it(`is told by the time until full: ${name}`, () => {
      assert.strictEqual(isDaily(report), expected)
    })

  it("is learned from responses, and leaves the limit per minute alone", () => {
    const mirror = mirrorOf()
    for (let n = 1; n <= 5; n++) hear(mirror, daily(200, 200 - n), n * 1_000)
    assert.strictEqual(mirror.dayState(5_000)?.limit, 200)
    assert.strictEqual(mirror.requestsState(5_000).limit, defaults.requestsPerMinute)
    for (let n = 6; n <= 200; n++) hear(mirror, daily(200, 200 - n), n * 1_000)
    const wait = mirror.nextAdmission(one, 200_000) - 200_000
    assert.approximately(wait, DAY / 200, 1_000)
    assert.strictEqual(mirror.dayAdmission(one, 200_000), mirror.nextAdmission(one, 200_000))
  })

  it("is not believed on one report alone", () => {
    const mirror = mirrorOf()
    hear(mirror, daily(200, 0), 1_000)
    assert.strictEqual(mirror.dayState(1_000), undefined)
    assert.strictEqual(mirror.nextAdmission(one, 2_000), 2_000)
  })

  it("is given up when reports about the minute contradict it", () => {
    const mirror = mirrorOf()
    for (let n = 0; n < 4; n++) hear(mirror, daily(200, 0), 1_000 + n)
    assert.isAbove(mirror.nextAdmission(one, 2_000), 60_000)
    for (let n = 0; n < 3; n++) hear(mirror, minutely(500, 400), 3_000 + n)
    assert.strictEqual(mirror.dayState(4_000), undefined)
    assert.strictEqual(mirror.nextAdmission(one, 4_000), 4_000)
  })

  it("holds from the start where it is configured, all of it at once if need be", () => {
    const mirror = mirrorOf({ requestsPerDay: 1_000 })
    for (let n = 0; n < 1_000; n++) {
      assert.strictEqual(mirror.dayAdmission(one, n), n)
      mirror.take(one, n)
    }
    assert.isAbove(mirror.dayAdmission(one, 1_000), 60_000)
  })

  it.effect("told alone leaves the minute's to the words of a refusal", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const demand = {
        pool: PoolId("account/model"),
        model: "model",
        run: RunSignal.make({ id: "r" }),
        charge: one,
        lane: "fresh"
      } as const
      const headers = {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-remaining-requests": "14370",
        "x-ratelimit-reset-requests": "3m0s"
      }
      const hear = (status: number, message: string) =>
        limiter.withPermit(demand, (permit) => {
          permit.sent()
          permit.observe({ status, headers }, { message })
          return Effect.void
        })
      yield* hear(200, "")
      yield* hear(
        429,
        "Rate limit reached on requests per minute (RPM): Limit 30, Used 30, Requested 1. Please try again in 2s."
      )
      const [state] = yield* limiter.states
      assert.strictEqual(state?.requests.limit, 30)
      assert.isAtMost(state?.requests.level ?? 30, 0)
    }).pipe(Effect.provide(MemoryRateLimiter.layer))
  )

  it("of tokens makes a charge that exceeds it fail at once", () => {
    const mirror = mirrorOf({ tokensPerDay: 100_000, capAtConfigured: true })
    assert.deepStrictEqual(mirror.excess({ requests: 1, tokens: 150_000 }), {
      dimension: "tokens",
      charge: 150_000,
      limit: 100_000,
      per: "day"
    })
  })
})
