import { assert, describe, it } from "@effect/vitest"
import { MAX_MILLIS } from "spillway/transport/GoDuration"
import * as RetryHint from "spillway/transport/RetryHint"

const now = Date.parse("2026-11-22T12:00:00Z")

describe("RetryHint", () => {
  it("prefers milliseconds to seconds, and headers to the message", () => {
    const headers = { "retry-after-ms": "1500", "retry-after": "20" }
    assert.strictEqual(RetryHint.parse(headers, "try again in 5s", now), 1_500)
    assert.strictEqual(RetryHint.parse({ "retry-after": "20" }, "try again in 5s", now), 20_000)
    assert.strictEqual(RetryHint.parse({}, "try again in 5s", now), 5_000)
  })

  it("reads an HTTP date as the time left until then", () => {
    const headers = { "retry-after": "Sun, 22 Nov 2026 12:01:30 GMT" }
    assert.strictEqual(RetryHint.fromHeaders(headers, now), 90_000)
  })

  for (const value of ["-3", "NaN", "", "soon", "Sun, 22 Nov 2026 11:00:00 GMT", "1e9", "0x10"]) {
    it(`ignores a retry-after of ${JSON.stringify(value)}`, () =>
      assert.isUndefined(RetryHint.fromHeaders({ "retry-after": value }, now)))
  }

  it("keeps an absurdly long hint as one that is very long", () => {
    assert.strictEqual(RetryHint.fromHeaders({ "retry-after": "9".repeat(400) }, now), MAX_MILLIS)
  })

  const messages: ReadonlyArray<readonly [string, number | undefined]> = [
    ["Limit 60000, Used 54134, Requested 6465. Please try again in 599ms. Visit", 599],
    ["Please try again in 1m2.5s.", 62_500],
    ["Please try again in 20s. Visit https://platform.openai.com", 20_000],
    ["Please retry after 26 seconds.", 26_000],
    ["Please retry after 1 second.", 1_000],
    ["Please try again in 2 days.", 172_800_000],
    ["Please try again later.", undefined],
    ["Please try again in -5s.", undefined],
    ["Please try again in 5", undefined]
  ]
  for (const [message, millis] of messages) {
    it(`reads ${millis ?? "nothing"} from "${message}"`, () =>
      assert.strictEqual(RetryHint.fromMessage(message), millis))
  }
})
