import { assert, describe, it } from "@effect/vitest"
import { Neighbours } from "spillway/rate-limit/Neighbours"

/** Refill of a bucket of 60,000 a minute, per millisecond. */
const REFILL = 1

/** Readings of a bucket from which others take `drain` per millisecond, one every half second. */
const hear = (
  neighbours: Neighbours,
  drain: number,
  from: number,
  to: number,
  start = 0
): number => {
  let constant = start
  for (let at = from; at <= to; at += 500) {
    constant = start - drain * (at - from)
    neighbours.sent(at)
    neighbours.read({ at, low: constant, high: constant }, REFILL, false, at)
  }
  return constant
}

describe("what neighbours take", () => {
  it("is nothing until something is missing", () => {
    const neighbours = new Neighbours(0)
    hear(neighbours, 0, 0, 10_000)
    assert.strictEqual(neighbours.rate(10_000), 0)
    assert.strictEqual(neighbours.timeTo(500, REFILL, 10_000), 500)
  })

  it("is what is missing", () => {
    const neighbours = new Neighbours(0)
    hear(neighbours, 0.5, 0, 10_000)
    assert.approximately(neighbours.rate(10_000), 0.5, 1e-9)
    assert.approximately(neighbours.taken(9_000, 10_000), 500, 1)
  })

  it("is seen within two seconds", () => {
    const neighbours = new Neighbours(0)
    const level = hear(neighbours, 0, 0, 10_000)
    hear(neighbours, 0.8, 10_000, 12_000, level)
    assert.isAtLeast(neighbours.rate(12_000), 0.79)
  })

  it("never exceeds the refill: what was there before is in the level already", () => {
    const neighbours = new Neighbours(0)
    hear(neighbours, 5, 0, 4_000)
    assert.strictEqual(neighbours.rate(4_000), REFILL)
  })

  it("falls slowly when they leave: one reading sets little free", () => {
    const neighbours = new Neighbours(0)
    const level = hear(neighbours, 1, 0, 10_000)
    hear(neighbours, 0, 10_500, 13_000, level)
    assert.isAtLeast(neighbours.rate(13_000), 0.9)
    hear(neighbours, 0, 13_500, 500_000, level)
    assert.isAtMost(neighbours.rate(500_000), 0.06)
  })

  it("is forgotten when nothing is heard: else nothing would ever be sent again", () => {
    const neighbours = new Neighbours(0)
    hear(neighbours, 1, 0, 10_000)
    assert.isAtLeast(neighbours.rate(11_000), 0.9)
    assert.isAtMost(neighbours.rate(60_000), 0.02)
    assert.isBelow(neighbours.timeTo(1000, REFILL, 10_000), 10_000)
  })

  it("is not forgotten while an answer is under way", () => {
    const neighbours = new Neighbours(0)
    hear(neighbours, 1, 0, 10_000)
    neighbours.sent(10_500)
    assert.strictEqual(neighbours.rate(13_500), 1)
  })

  it("does not take for a neighbour what may have overtaken on the way", () => {
    const neighbours = new Neighbours(0)
    for (let at = 0; at <= 20_000; at += 1_000) {
      const overtaken = (at / 1_000) % 2 === 0 ? 0 : -3_000
      neighbours.read({ at, low: overtaken, high: overtaken + 3_000 }, REFILL, false, at)
    }
    assert.strictEqual(neighbours.rate(20_000), 0)
  })

  it("does not take for a neighbour what found the bucket full", () => {
    const neighbours = new Neighbours(0)
    neighbours.read({ at: 0, low: 60_000, high: 60_000 }, REFILL, true, 0)
    neighbours.read({ at: 30_000, low: 30_000, high: 30_000 }, REFILL, true, 30_000)
    assert.strictEqual(neighbours.rate(30_000), 0)
  })

  it("tells exactly when a level will have refilled, their share taken off", () => {
    for (const drain of [0.1, 0.5, 0.9, 1])
      for (const short of [1, 100, 5_000, 60_000]) {
        const neighbours = new Neighbours(0)
        hear(neighbours, drain, 0, 10_000)
        const time = neighbours.timeTo(short, REFILL, 10_000)
        const refilled = REFILL * time - neighbours.taken(10_000, 10_000 + time)
        assert.approximately(refilled, short, short * 1e-3 + 1e-3)
      }
  })
})
