import { assert, describe, it } from "@effect/vitest"
import * as Percentiles from "spillway/benchmark/Percentiles"

const of = (values: ReadonlyArray<number>, exact?: number) => {
  const percentiles = Percentiles.make(exact)
  values.forEach(percentiles.add)
  return percentiles
}

describe("percentiles", () => {
  it("lie between neighbours as NumPy's and R's do", () => {
    // R: `quantile(c(3, 1, 2, 10), c(0, .25, .5, .95, 1))` is 1, 1.75, 2.5, 8.95, 10.
    const percentiles = of([3, 1, 2, 10])
    const found = [0, 0.25, 0.5, 0.95, 1].map(percentiles.at)
    ;[1, 1.75, 2.5, 8.95, 10].forEach((value, index) => {
      assert.closeTo(found[index] ?? Number.NaN, value, 1e-12)
    })
  })

  it("of nothing are unknown", () => {
    assert.isNull(of([]).at(0.5))
  })

  it("take values after they were asked for", () => {
    const percentiles = of([2])
    assert.strictEqual(percentiles.at(0.5), 2)
    percentiles.add(4)
    assert.strictEqual(percentiles.at(0.5), 3)
  })

  it("of more values than are kept are right to one part in 2,000", () => {
    // 0.01 to 100 seconds, evenly in their logarithms, in an order of no use: 7,919 shares no factor with 10,001.
    const values = Array.from(
      { length: 10_001 },
      (_, n) => 10 ** (((n * 7919) % 10_001) / 2500 - 2)
    )
    const [kept, counted] = [of(values), of(values, 100)]
    for (const share of [0, 0.01, 0.5, 0.95, 0.99, 1]) {
      const exactly = kept.at(share) ?? Number.NaN
      const roughly = counted.at(share) ?? Number.NaN
      assert.isAtMost(Math.abs(roughly / exactly - 1), 1 / 1990)
    }
    assert.closeTo(kept.at(0.5) ?? 0, 1, 1e-9)
  })

  it("of more values than are kept stay within what can be told apart", () => {
    const percentiles = of([0, -1, 1e-9, 1e300, Number.POSITIVE_INFINITY], 2)
    assert.strictEqual(percentiles.at(0), 0)
    assert.isTrue((percentiles.at(1) ?? 0) >= 9.99e9)
    assert.isTrue(Number.isFinite(percentiles.at(1) ?? Number.NaN))
  })
})
