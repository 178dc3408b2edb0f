import { assert, describe, it } from "@effect/vitest"
import * as Sensitivity from "spillway/report/Sensitivity"

describe("what a benchmark could show", () => {
  it("of two arms is Connor's smallest difference", () => {
    // Connor 1987 by hand, for the difference d that it gives: ((1.959964 √0.2 + 0.841621 √(0.2 - d²)) / d)² = 1,319.
    const { smallestDifferences } = Sensitivity.make({ items: 1_319, clusters: null, arms: 2 })
    const [first, second] = smallestDifferences
    assert.strictEqual(first?.discordance, 0.2)
    const d = first?.smallest ?? Number.NaN
    assert.closeTo(
      ((1.959964 * Math.sqrt(0.2) + 0.841621 * Math.sqrt(0.2 - d ** 2)) / d) ** 2,
      1_319,
      0.01
    )
    assert.closeTo(d, 0.03446, 1e-5)
    assert.isNull(first?.smallestByGroup ?? null)
    assert.strictEqual(second?.discordance, 0.5)
    assert.isAbove(second?.smallest ?? 0, d)
  })

  it("of several arms asks for more, as each pair is tested at a part of the level", () => {
    const three = Sensitivity.make({ items: 1_319, clusters: null, arms: 3 })
    assert.strictEqual(three.comparisons, 3)
    const d = three.smallestDifferences[0]?.smallest ?? Number.NaN
    // The normal quantile of 1 - 0.05 / 6 is 2.393980.
    assert.closeTo(
      ((2.39398 * Math.sqrt(0.2) + 0.841621 * Math.sqrt(0.2 - d ** 2)) / d) ** 2,
      1_319,
      0.01
    )
  })

  it("of one arm is the length of its interval", () => {
    const { comparisons, halfWidths, smallestDifferences } = Sensitivity.make({
      items: 100,
      clusters: 25,
      arms: 1
    })
    assert.strictEqual(comparisons, 0)
    assert.deepStrictEqual(smallestDifferences, [])
    // Wilson's at 50 of 100 is 0.40383 to 0.59617, and at 12.5 of 25 z / (2 √(25 + z²)) either way.
    assert.closeTo(halfWidths[0]?.halfWidth ?? 0, 0.09617, 5e-6)
    assert.closeTo(
      halfWidths[0]?.halfWidthByGroup ?? 0,
      1.959964 / (2 * Math.sqrt(25 + 1.959964 ** 2)),
      1e-7
    )
  })

  it("is said in words", () => {
    const lines = (items: number, clusters: number | null, arms: number) =>
      Sensitivity.lines(Sensitivity.make({ items, clusters, arms })).map((line) => line.join("|"))
    assert.deepStrictEqual(lines(1_319, null, 3), [
      "shows|on 1,319 items, two arms are told apart (80% power, 5% level corrected for 3 pairs)",
      "|  from 4.0 points on, if they disagree on 20% of the items",
      "|  from 6.3 points on, if they disagree on 50% of the items"
    ])
    assert.strictEqual(
      lines(1_319, 200, 2)[3],
      "|  and were the items of each of the 200 groups alike: from 8.8 points on, and from 13.9 points on"
    )
    assert.deepStrictEqual(lines(3, null, 2), [
      "shows|on 3 items, two arms are told apart (80% power, 5% level)",
      "|  not at all, if they disagree on 20% of the items",
      "|  not at all, if they disagree on 50% of the items"
    ])
    assert.deepStrictEqual(lines(100, 25, 1), [
      "shows|on 100 items, a score with a 95% interval of",
      "|  ±9.6 points, if it is 50%",
      "|  ±6.0 points, if it is 90%",
      "|  and were the items of each of the 25 groups alike: ±18.2 points, and ±12.2 points"
    ])
    assert.deepStrictEqual(lines(0, null, 2), [])
  })
})
