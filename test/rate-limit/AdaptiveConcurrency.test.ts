import { assert, describe, it } from "@effect/vitest"
import { AdaptiveConcurrency } from "spillway/rate-limit/AdaptiveConcurrency"

/** A server that bears so many requests at once and refuses the others; every answer takes 100 ms. */
const rounds = (adaptive: AdaptiveConcurrency, bears: number, count: number) => {
  const seen: Array<number> = []
  let refused = 0
  for (let round = 0; round < count; round++) {
    const inFlight = adaptive.limit
    seen.push(inFlight)
    const [sentAt, now] = [round * 1_100, round * 1_100 + 100]
    for (let n = 0; n < inFlight; n++)
      if (n < bears) adaptive.succeeded(sentAt, inFlight - n)
      else {
        refused++
        adaptive.refused(sentAt, inFlight, now)
      }
  }
  return { seen, refused }
}

describe("adaptive concurrency", () => {
  it("doubles from round to round until the first refusal", () => {
    const adaptive = new AdaptiveConcurrency(1000)
    for (let n = 0; n < 16; n++) adaptive.succeeded(0, adaptive.limit)
    assert.strictEqual(adaptive.limit, 32)
    for (let n = 0; n < 32; n++) adaptive.succeeded(0, adaptive.limit)
    assert.strictEqual(adaptive.limit, 64)
  })

  it("grows by one a round after the first refusal", () => {
    const adaptive = new AdaptiveConcurrency(1000)
    adaptive.refused(0, 16, 10)
    const { limit } = adaptive
    assert.strictEqual(limit, 11)
    for (let n = 0; n < limit + 1; n++) adaptive.succeeded(20, limit)
    assert.strictEqual(adaptive.limit, limit + 1)
  })

  it("does not grow on the word of answers while fewer are in flight than might be", () => {
    const adaptive = new AdaptiveConcurrency(1000)
    for (let n = 0; n < 1000; n++) adaptive.succeeded(0, 10)
    assert.strictEqual(adaptive.limit, 16)
  })

  it("cuts once for all refusals of one moment", () => {
    const adaptive = new AdaptiveConcurrency(1000)
    for (let n = 0; n < 10; n++) adaptive.refused(0, 16, 10 + n)
    assert.strictEqual(adaptive.limit, 11)
  })

  it("cuts again when what was sent after the cut is refused, but not within a second", () => {
    const adaptive = new AdaptiveConcurrency(1000)
    adaptive.refused(0, 16, 10)
    adaptive.refused(20, 11, 500)
    assert.strictEqual(adaptive.limit, 11)
    adaptive.refused(20, 11, 1_500)
    assert.strictEqual(adaptive.limit, 7)
  })

  it("ignores successes that were earned under the limit before the cut", () => {
    const adaptive = new AdaptiveConcurrency(1000)
    adaptive.refused(0, 16, 1_000)
    for (let n = 0; n < 100; n++) adaptive.succeeded(999, 16)
    assert.strictEqual(adaptive.limit, 11)
    for (let n = 0; n < 100; n++) adaptive.succeeded(1_000, 16)
    assert.isAbove(adaptive.limit, 11)
  })

  it("never leaves its bounds", () => {
    const adaptive = new AdaptiveConcurrency(20)
    for (let n = 0; n < 100; n++) adaptive.succeeded(n, 20)
    assert.strictEqual(adaptive.limit, 20)
    for (let n = 1; n < 100; n++) adaptive.refused(n * 2_000, 1, n * 2_000)
    assert.strictEqual(adaptive.limit, 1)
  })

  it("settles near what the server bears", () => {
    const { refused, seen } = rounds(new AdaptiveConcurrency(1000), 50, 300)
    const later = seen.slice(100)
    const mean = later.reduce((sum, size) => sum + size, 0) / later.length
    assert.isAtLeast(mean, 40)
    assert.isAtMost(Math.max(...later), 51)
    assert.isAtMost(refused / seen.reduce((sum, size) => sum + size, 0), 0.02)
  })
})
