import { assert, describe, it } from "@effect/vitest"
import * as Comparisons from "spillway/report/Comparisons"
import * as ItemMeans from "spillway/report/ItemMeans"

describe("which arms are compared", () => {
  it("is all of them with each other up to ten, and more with the first alone", () => {
    assert.deepStrictEqual(Comparisons.pairsOf(1), [])
    assert.deepStrictEqual(Comparisons.pairsOf(3), [
      [0, 1],
      [0, 2],
      [1, 2]
    ])
    assert.strictEqual(Comparisons.pairsOf(10).length, 45)
    assert.deepStrictEqual(
      Comparisons.pairsOf(11),
      Array.from({ length: 10 }, (_, other): Comparisons.Pair => [0, other + 1])
    )
  })
})

describe("the bootstrap of a comparison", () => {
  /** An arm that is right on two of three, and one that is right on three of four. */
  const compare = (items: number, labels: ReadonlyArray<string>) => {
    const comparisons = Comparisons.make(labels)
    for (let item = 0; item < items; item++) {
      comparisons.add(labels.map((_, arm) => [(item * (arm + 1)) % (arm + 3) === 0 ? 0 : 1]))
    }
    return comparisons.result()
  }

  it("agrees with the interval by formula on many items", () => {
    const [found] = compare(1_200, ["a", "b"])
    const [low, high] = found?.ci95 ?? [Number.NaN, Number.NaN]
    assert.closeTo(found?.bootstrapCi95?.[0] ?? Number.NaN, low, (high - low) / 20)
    assert.closeTo(found?.bootstrapCi95?.[1] ?? Number.NaN, high, (high - low) / 20)
  })

  it("is left out where pairs and items are too many for its time", () => {
    const labels = Array.from({ length: 10 }, (_, arm) => `${arm}`)
    const found = compare(12_000, labels)
    assert.strictEqual(found.length, 45)
    assert.isTrue(found.every(({ bootstrapCi95 }) => bootstrapCi95 === null))
    assert.isTrue(found.every(({ ci95 }) => ci95 !== null))
  })

  it("has nothing to draw from where all items differ by the same", () => {
    const same = Comparisons.make(["a", "b"])
    for (let item = 0; item < 20; item++) same.add([[1], [1]])
    const [found] = same.result()
    assert.isNull(found?.bootstrapCi95)
    assert.isNotNull(found?.ci95)
  })
})

describe("the means that are kept for it", () => {
  it("are those of the items that both arms have, one unit for each group", () => {
    const means = ItemMeans.make(2, 10)
    means.add([0, 1], undefined)
    means.add([0.5, 1], 3)
    means.add([Number.NaN, 1], 4)
    means.add([1, 0], 3)
    assert.deepStrictEqual(means.differences(0, 1, true), {
      totals: Float64Array.of(1, -0.5),
      sizes: Float64Array.of(1, 2)
    })
    assert.deepStrictEqual(means.differences(1, 0, false), {
      totals: Float64Array.of(-1, -0.5, 1),
      sizes: undefined
    })
  })

  it("are given up once there are too many", () => {
    const means = ItemMeans.make(2, 1_000)
    for (let item = 0; item < 1_000; item++) means.add([0, 1], undefined)
    assert.strictEqual(means.differences(0, 1, false)?.totals.length, 1_000)
    means.add([0, 1], undefined)
    assert.isUndefined(means.differences(0, 1, false))
  })
})
