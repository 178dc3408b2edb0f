import { assert, describe, it } from "@effect/vitest"
import * as Quota from "spillway/simulator/Quota"
import { goDuration, rateHeaders, retryHeaders, spoilHeaders } from "spillway/simulator/RateHeaders"

describe("the headers of the rate limits", () => {
  it("write durations as Go does", () => {
    const cases: ReadonlyArray<readonly [number, string]> = [
      [0, "0s"],
      [0.2, "0s"],
      [12, "12ms"],
      [999.6, "1s"],
      [1_000, "1s"],
      [8_640, "8.64s"],
      [60_000, "1m0s"],
      [360_000, "6m0s"],
      [92_500, "1m32.5s"],
      [3_723_000, "1h2m3s"],
      [86_400_000, "24h0m0s"]
    ]
    for (const [millis, text] of cases) assert.strictEqual(goDuration(millis), text)
  })

  it("tell limit, remaining and the time until the bucket is full again", () => {
    const pool = Quota.debit(
      Quota.makePool({ requestsPerMinute: 5_000, tokensPerMinute: 160_000 }),
      { tokens: 28, inputTokens: 28 }
    )
    assert.deepStrictEqual(rateHeaders(pool), {
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-remaining-requests": "4999",
      "x-ratelimit-reset-requests": "12ms",
      "x-ratelimit-limit-tokens": "160000",
      "x-ratelimit-remaining-tokens": "159972",
      "x-ratelimit-reset-tokens": "11ms"
    })
  })

  it("let the day stand for requests where it is tighter than the minute", () => {
    const limits = { requestsPerMinute: 3, tokensPerMinute: 100, requestsPerDay: 2 }
    assert.strictEqual(rateHeaders(Quota.makePool(limits))["x-ratelimit-limit-requests"], "2")
  })

  it("hint in whole seconds and in milliseconds", () => {
    assert.deepStrictEqual(retryHeaders(900), { "retry-after": "1", "retry-after-ms": "900" })
    assert.deepStrictEqual(retryHeaders(2_001), { "retry-after": "3", "retry-after-ms": "2001" })
  })

  it("lose or break only what concerns the limits", () => {
    const headers = { "x-ratelimit-limit-tokens": "10", "retry-after": "1", "x-request-id": "r" }
    assert.deepStrictEqual(
      spoilHeaders(headers, "missing", () => 0),
      { "x-request-id": "r" }
    )
    const broken = spoilHeaders(headers, "malformed", () => 0.3)
    assert.deepStrictEqual(broken, {
      "x-ratelimit-limit-tokens": "NaN",
      "retry-after": "NaN",
      "x-request-id": "r"
    })
  })
})
