/**
 * Reference values: Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I (81 of 263, 15
 * of 148, 0 of 20, 1 of 29); tables of Student's distribution; the rest from SciPy 1.17 (`binomtest(…).proportion_ci`,
 * `t.interval` on item means) and NumPy (`percentile`).
 */
import { assert, describe, it } from "@effect/vitest"
import * as Percentiles from "spillway/benchmark/Percentiles"
import * as Statistics from "spillway/statistics/Statistics"

const sums = (clusters: ReadonlyArray<ReadonlyArray<number>>) =>
  clusters.reduce(Statistics.add, Statistics.none)

const binary = (right: number, n: number) =>
  sums(Array.from({ length: n }, (_, index) => [index < right ? 1 : 0]))

const close = (actual: Statistics.Interval | null | undefined, expected: Statistics.Interval) => {
  assert.isTrue(actual !== null && actual !== undefined)
  expected.forEach((value, index) => {
    assert.closeTo(actual?.[index] ?? Number.NaN, value, 5e-5)
  })
}

describe("Wilson's interval", () => {
  const published: ReadonlyArray<readonly [number, number, number, number]> = [
    [8, 10, 0.4902, 0.9433],
    [0, 20, 0, 0.1611],
    [20, 20, 0.8389, 1],
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [1, 29, 0.0061, 0.1718]
  ]
  for (const [right, n, low, high] of published) {
    it(`of ${right} in ${n} is ${low} to ${high}`, () => {
      const estimate = Statistics.estimate(binary(right, n))
      assert.closeTo(estimate?.mean ?? Number.NaN, right / n, 1e-12)
      close(estimate?.ci95, [low, high])
    })
  }

  it("stays exactly within 0 and 1 at the ends", () => {
    assert.strictEqual(Statistics.wilson(0, 7)[0], 0)
    assert.strictEqual(Statistics.wilson(1, 7)[1], 1)
  })
})

describe("Student's interval", () => {
  it("uses the tabulated quantiles", () => {
    const tables: ReadonlyArray<readonly [number, number]> = [
      [1, 12.706],
      [2, 4.303],
      [9, 2.262],
      [30, 2.042],
      [120, 1.98]
    ]
    for (const [freedom, quantile] of tables) {
      assert.closeTo(Statistics.student(0, 1, freedom)[1], quantile, 5e-4)
    }
  })

  it("of scores between 0 and 1 is that of t.test", () => {
    const estimate = Statistics.estimate(sums([[0.2], [0.4], [0.5], [0.6], [0.9]]))
    assert.closeTo(estimate?.mean ?? Number.NaN, 0.52, 1e-12)
    close(estimate?.ci95, [0.1986, 0.8414])
  })

  it("is cut at 0 and 1", () => {
    const [, high] = Statistics.estimate(sums([[0.9], [1], [0.8]]))?.ci95 ?? []
    assert.strictEqual(high, 1)
  })
})

describe("an estimate", () => {
  it("of nothing is null, never NaN", () => {
    assert.isNull(Statistics.estimate(Statistics.none))
    assert.isNull(Statistics.estimate(sums([[], []])))
  })

  it("of one item has no interval unless it is a proportion", () => {
    assert.deepStrictEqual(Statistics.estimate(sums([[0.5]])), { mean: 0.5, ci95: null })
    close(Statistics.estimate(sums([[1]]))?.ci95, [0.2065, 1])
  })

  it.each([1, 2, 1000])("of %i equal scores between 0 and 1 has no interval", (items) => {
    const estimate = Statistics.estimate(sums(Array.from({ length: items }, () => [0.3])))
    assert.closeTo(estimate?.mean ?? Number.NaN, 0.3, 1e-12)
    assert.isNull(estimate?.ci95)
  })

  it("of repeats that always agree is that of the items alone", () => {
    const repeated = sums(Array.from({ length: 10 }, (_, n) => Array(5).fill(n < 8 ? 1 : 0)))
    close(Statistics.estimate(repeated)?.ci95, [0.4902, 0.9433])
    const graded = (repeats: number) =>
      Statistics.estimate(
        sums([0.2, 0.4, 0.5, 0.6, 0.9].map((score) => Array(repeats).fill(score)))
      )
    close(graded(4)?.ci95, graded(1)?.ci95 ?? [0, 0])
  })

  it("of repeats that agree no more than chance gains from them, but not beyond independence", () => {
    const mixed = Statistics.estimate(sums(Array.from({ length: 10 }, () => [1, 0])))
    close(mixed?.ci95, Statistics.wilson(0.5, 20))
  })

  it("of items all right in all repeats counts the items", () => {
    close(Statistics.estimate(sums(Array.from({ length: 20 }, () => [1, 1, 1])))?.ci95, [0.8389, 1])
  })

  it("with clusters has the clustered standard error of the item means", () => {
    // Item means 0.5, 1, 0, 0.5, 1: Student's interval is 0.0806 to 1.1194, cut at 1.
    const halves = [
      [0.4, 0.6],
      [1, 1],
      [0, 0],
      [0.5, 0.5],
      [1, 1]
    ]
    const estimate = Statistics.estimate(sums(halves))
    assert.closeTo(estimate?.mean ?? Number.NaN, 0.6, 1e-12)
    close(estimate?.ci95, [0.0806, 1])
  })
})

describe("percentiles", () => {
  it("interpolate as R and NumPy do", () => {
    const all = Percentiles.make()
    for (const value of [40, 15, 35, 50, 20]) all.add(value)
    assert.strictEqual(all.at(0.5), 35)
    assert.closeTo(all.at(0.95) ?? Number.NaN, 48, 1e-9)
    assert.closeTo(all.at(0.4) ?? Number.NaN, 29, 1e-9)
    assert.strictEqual(all.at(0), 15)
    assert.strictEqual(all.at(1), 50)
  })

  it("of nothing are null, and of one value that value", () => {
    const all = Percentiles.make()
    assert.isNull(all.at(0.5))
    all.add(3)
    assert.strictEqual(all.at(0.99), 3)
  })

  it("can be asked for between additions, beyond the first block", () => {
    const all = Percentiles.make()
    for (let value = 1000; value > 0; value--) {
      all.add(value)
      if (value % 100 === 0) all.at(0.5)
    }
    assert.closeTo(all.at(0.5) ?? Number.NaN, 500.5, 1e-9)
  })
})
