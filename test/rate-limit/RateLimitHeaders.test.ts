import { assert, describe, it } from "@effect/vitest"
import * as RateLimitHeaders from "spillway/rate-limit/RateLimitHeaders"
import * as Refusal from "spillway/rate-limit/Refusal"

/** What the headers tell, without what they do not. */
const told = (headers: Readonly<Record<string, string>>, now: number): unknown =>
  JSON.parse(JSON.stringify(RateLimitHeaders.parse(headers, now)))

const full = {
  "x-ratelimit-limit-requests": "500",
  "x-ratelimit-remaining-requests": "499",
  "x-ratelimit-reset-requests": "120ms",
  "x-ratelimit-limit-tokens": "200000",
  "x-ratelimit-remaining-tokens": "199000",
  "x-ratelimit-reset-tokens": "6m0s",
  "x-ratelimit-limit-project-tokens": "100000",
  "x-ratelimit-remaining-project-tokens": "99000",
  "x-ratelimit-reset-project-tokens": "600ms",
  "retry-after": "2"
}

describe("rate limit headers", () => {
  it("all families are parsed into one value (row 7)", () => {
    assert.deepStrictEqual(told(full, 0), {
      requests: { limit: 500, remaining: 499, resetMs: 120 },
      tokens: { limit: 200_000, remaining: 199_000, resetMs: 360_000 },
      projectTokens: { limit: 100_000, remaining: 99_000, resetMs: 600 },
      retryAfterMs: 2000
    })
  })

  it("absent headers give an empty value", () => {
    assert.deepStrictEqual(told({ "content-type": "application/json" }, 0), {})
  })

  const hostile = [
    ...["-1", "NaN", "1e308", "Infinity", "", " ", "12.5", "0x1F", "1,000", "5; 6"],
    "9999999999999999999999"
  ]
  for (const value of hostile) {
    it(`a limit and a rest of ${JSON.stringify(value)} count as absent`, () => {
      const headers = {
        "x-ratelimit-limit-tokens": value,
        "x-ratelimit-remaining-tokens": value,
        "x-ratelimit-reset-tokens": value
      }
      assert.deepStrictEqual(told(headers, 0), {})
    })
  }

  it("a limit of 0 counts as absent, a rest of 0 does not", () => {
    const headers = {
      "x-ratelimit-limit-requests": "0",
      "x-ratelimit-remaining-requests": "0"
    }
    assert.deepStrictEqual(told(headers, 0), { requests: { remaining: 0 } })
  })

  it("a rest above the limit is the limit", () => {
    const headers = {
      "x-ratelimit-limit-requests": "10",
      "x-ratelimit-remaining-requests": "500"
    }
    const parsed = told(headers, 0)
    assert.deepStrictEqual(parsed, { requests: { limit: 10, remaining: 10 } })
  })
})

describe("what a refusal asks of the pool", () => {
  const read = (status: number, message: string, headers: Record<string, string> = {}) =>
    Refusal.read({ status, headers }, message, 0)
  const told =
    "Rate limit reached for gpt on tokens per min (TPM): Limit 60000, Used 54134, Requested 6465."

  it("a hint in the headers comes before the one in the message (row 5)", () => {
    const message = `${told} Please try again in 599ms.`
    assert.deepStrictEqual(read(429, message), { _tag: "Wait", ms: 599 })
    assert.deepStrictEqual(read(429, message, { "retry-after-ms": "700" }), {
      _tag: "Wait",
      ms: 700
    })
  })

  it("a rate limit without a hint is told apart from an empty account", () => {
    assert.deepStrictEqual(read(429, told), { _tag: "Unhinted" })
    assert.deepStrictEqual(read(429, ""), { _tag: "Unhinted" })
    const quota = "You exceeded your current quota, please check your plan and billing details."
    assert.deepStrictEqual(read(429, quota), { _tag: "NotShared" })
  })

  it("a request that is too large by itself stops nobody else (row 8)", () => {
    const message =
      "Request too large for gpt: Limit 30000, Requested 45000. Please try again in 1s."
    assert.deepStrictEqual(read(429, message), { _tag: "NotShared" })
  })

  it("slow_down is heard with 429 and with 503", () => {
    assert.deepStrictEqual(read(429, "slow_down"), { _tag: "SlowDown", ms: undefined })
    assert.deepStrictEqual(read(503, "Slow Down", { "retry-after": "3" }), {
      _tag: "SlowDown",
      ms: 3000
    })
  })

  it("a success and a plain server error ask nothing", () => {
    assert.isUndefined(read(200, ""))
    assert.isUndefined(read(503, "The server is overloaded."))
  })
})
