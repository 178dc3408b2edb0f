import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Agreement from "spillway/statistics/Agreement"
import { holds } from "./holds.ts"

const agreement = (items: ReadonlyArray<ReadonlyArray<string>>) => {
  const accumulator = Agreement.make()
  items.forEach(accumulator.add)
  return accumulator.result()
}

/** One string a repeat, one letter an item, a dot for a repeat without an answer. */
const columns = (...repeats: ReadonlyArray<string>) =>
  Array.from({ length: repeats[0]?.length ?? 0 }, (_, item) =>
    repeats.map((answers) => answers[item] ?? ".").filter((answer) => answer !== ".")
  )

describe("Krippendorff's alpha", () => {
  it("of two observers is that of his example", () => {
    // Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section B: 0.692.
    const { alpha, pairwise } = agreement(columns("aabbdcccedda", "babbbccceddd"))
    assert.closeTo(alpha ?? 0, 0.692, 5e-4)
    assert.closeTo(pairwise ?? 0, 9 / 12, 1e-12)
  })

  it("of four observers with gaps is that of his example", () => {
    // The same, section C: 0.743; the last unit has one value only and does not count.
    const { alpha, items } = agreement(
      columns("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    )
    assert.closeTo(alpha ?? 0, 0.743, 5e-4)
    assert.strictEqual(items, 11)
  })

  it("of ratings by fourteen judges is Fleiss' kappa corrected for the number of ratings", () => {
    // Wikipedia's example of Fleiss' kappa, 0.210; alpha is (1 - kappa) / (N n) above it.
    const counts = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7]
    ]
    const { alpha, pairwise, allEqual } = agreement(
      counts.map((row) => row.flatMap((count, category) => Array(count).fill(`${category}`)))
    )
    assert.closeTo(alpha ?? 0, 0.21 + 0.79 / 140, 5e-4)
    // The mean of the P of each subject: 0.378.
    assert.closeTo(pairwise ?? 0, 0.378, 5e-4)
    assert.closeTo(allEqual ?? 0, 0.1, 1e-12)
  })
})

describe("agreement", () => {
  it("is 1 where the repeats of each item agree and items differ", () => {
    assert.deepStrictEqual(agreement([["4", "4"], ["7", "7", "7"], ["x"]]), {
      items: 2,
      allEqual: 1,
      pairwise: 1,
      alpha: 1
    })
  })

  it("says nothing beyond chance where all answers are the same", () => {
    assert.deepStrictEqual(
      agreement([
        ["4", "4"],
        ["4", "4"]
      ]),
      { items: 2, allEqual: 1, pairwise: 1, alpha: null }
    )
  })

  it("is below chance where repeats never agree", () => {
    const { allEqual, pairwise, alpha } = agreement(columns("aabb", "bbaa"))
    assert.strictEqual(allEqual, 0)
    assert.strictEqual(pairwise, 0)
    assert.closeTo(alpha ?? 0, 1 - (7 * 4 * 2) / (8 * 4), 1e-12)
  })

  it("of nothing is null", () => {
    const none = { items: 0, allEqual: null, pairwise: null, alpha: null }
    assert.deepStrictEqual(agreement([]), none)
    assert.deepStrictEqual(agreement([["a"], []]), none)
  })

  it("does not depend on the order of repeats or items, and alpha is at most 1", () => {
    const item = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 5 })
    holds(
      fc.property(fc.array(item, { maxLength: 20 }), (items) => {
        const one = agreement(items)
        const other = agreement(items.toReversed().map((answers) => answers.toReversed()))
        assert.closeTo(one.pairwise ?? -9, other.pairwise ?? -9, 1e-12)
        assert.closeTo(one.alpha ?? -9, other.alpha ?? -9, 1e-9)
        assert.isTrue((one.alpha ?? 0) <= 1 && (one.pairwise ?? 0) >= (one.allEqual ?? 0) - 1e-12)
      })
    )
  })

  it("knows so many answers again, and takes later ones for those of one item each", () => {
    const all = Agreement.make()
    for (let item = 0; item < Agreement.TOLD_APART; item++) all.add([`${item}`, `${item}`])
    const before = all.result()
    all.add(["late", "later"])
    all.add(["late", "later"])
    const { alpha, items } = all.result()
    assert.strictEqual(before.alpha, 1)
    assert.strictEqual(items, Agreement.TOLD_APART + 2)
    const answers = 2 * items
    const differByChance = answers * (answers - 1) - 2 * Agreement.TOLD_APART
    assert.closeTo(alpha ?? 0, 1 - ((answers - 1) * 4) / differByChance, 1e-15)
  })
})
