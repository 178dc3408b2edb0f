import { assert, describe, it } from "@effect/vitest"
import { attempts } from "spillway/benchmark/tally/RepeatsTally"
import type { RepeatsReport } from "spillway/report/BenchmarkReport"
import { arm, failed, type Item, none, report, scored } from "./tallied.ts"

const repeated = (
  items: ReadonlyArray<Item>,
  noAnswer: "wrong" | "exclude" = "wrong"
): RepeatsReport => {
  const found = report(items, { arms: [arm("a")], noAnswer }).arms[0]?.repeated
  assert.isDefined(found)
  if (found === undefined) throw new Error("no repeats")
  return found
}

const of = (...repeats: Item["results"][number]): Item => ({ results: [repeats] })

describe("repeats", () => {
  it("split the variance into that within items and that between them", () => {
    // Analysis of variance by hand, of 11, 10 and 00: within 0.5 / 3, between 0.5; less the within, by two repeats: 1 / 6.
    const { variance } = repeated([of(1, 1), of(1, 0), of(0, 0)])
    assert.closeTo(variance.within ?? 0, 1 / 6, 1e-12)
    assert.closeTo(variance.between ?? 0, 1 / 6, 1e-12)
    assert.closeTo(variance.shareWithin ?? 0, 0.5, 1e-12)
    assert.closeTo(variance.shareBetween ?? 0, 0.5, 1e-12)
    assert.closeTo(variance.intraclass ?? 0, 0.5, 1e-12)
  })

  it("agree by what was extracted, and by the score where nothing was", () => {
    // Krippendorff by hand: 2 pairs differ of 6 answers; by chance 30 - (3 · 2 + 2 · 1) of 30: 1 - 5 · 2 / 22.
    const { agreement } = repeated([
      of(scored(1, "4"), scored(1, "4")),
      of(scored(1, "4"), scored(0, "5")),
      of(scored(0, "7"), scored(0, "7"))
    ])
    assert.strictEqual(agreement.items, 3)
    assert.closeTo(agreement.allEqual ?? 0, 2 / 3, 1e-12)
    assert.closeTo(agreement.pairwise ?? 0, 2 / 3, 1e-12)
    assert.closeTo(agreement.alpha ?? 0, 1 - 10 / 22, 1e-12)
    // Two wrong answers that differ agree as scores. Here 15 pairs of 30 do by chance, 12 or 18 answers being right.
    const scores = repeated([of(1, 1), of(1, 0), of(0, 0)]).agreement
    assert.closeTo(scores.alpha ?? 0, 1 - (5 * 2) / (30 - 12), 1e-12)
  })

  it("do not take an answer without a number for the number that is its score", () => {
    const { agreement } = repeated([
      of(scored(1, "1"), scored(1)),
      of(scored(1, "1"), scored(1, "1"))
    ])
    assert.strictEqual(agreement.allEqual, 0.5)
  })

  it("vote: the majority's score can be better than the mean", () => {
    const { majority } = repeated([
      of(scored(1, "4"), scored(1, "4"), scored(0, "5")),
      of(scored(1, "4"), scored(0, "7"), none()),
      of(scored(0, "3"), scored(0, "3"), scored(1, "4")),
      of(none(), none(), failed)
    ])
    // Right; a tie, of which half the draws are right; wrong; nobody answered, which counts as wrong.
    assert.strictEqual(majority.mean, (1 + 0.5 + 0 + 0) / 4)
    assert.strictEqual(majority.n, 4)
    // s² of 1, 0.5, 0, 0 is 0.229167; t with three degrees of freedom is 3.182446. Cut at 0.
    const half = 3.182446 * Math.sqrt(0.229166667 / 4)
    assert.deepStrictEqual(majority.ci95?.[0], 0)
    assert.closeTo(majority.ci95?.[1] ?? 0, Math.min(1, 0.375 + half), 1e-6)
  })

  it("have the score itself of equal ones where nobody votes, not its neighbour", () => {
    // Seven times 0.9 added up is more than 6.3, and a seventh of it more than 0.9.
    const { majority } = repeated([of(...Array<number>(7).fill(0.9)), of(scored(0.9, "4"))])
    assert.strictEqual(majority.mean, 0.9)
  })

  it("have no majority where nothing is extracted", () => {
    assert.deepStrictEqual(repeated([of(1, 0), of(1, 1)]).majority, {
      mean: null,
      ci95: null,
      n: 0
    })
  })

  it("give pass@k and pass^k without bias", () => {
    // Chen et al. 2021: 1 - C(n - c, k) / C(n, k). Five repeats, two right: pass@2 = 1 - 3 / 10; pass^2 = 1 / 10.
    const { passAt } = repeated([of(1, 1, 0, 0, 0)])
    assert.deepStrictEqual(
      passAt.map(({ k }) => k),
      [1, 2, 5]
    )
    const means = passAt.map(({ passAtK, passHatK }) => [passAtK.mean, passHatK.mean])
    ;[
      [0.4, 0.4],
      [0.7, 0.1],
      [1, 0]
    ].forEach(([atK = 0, hatK = 0], index) => {
      assert.closeTo(means[index]?.[0] ?? Number.NaN, atK, 1e-12)
      assert.closeTo(means[index]?.[1] ?? Number.NaN, hatK, 1e-12)
    })
  })

  it("have pass@1 equal to the score, an answer that is not given being a failure or nothing", () => {
    const items = [of(1, none(), 0), of(1, 1, none()), of(failed, 0, 1)]
    for (const noAnswer of ["wrong", "exclude"] as const) {
      const { passAt } = repeated(items, noAnswer)
      // Means of the items: 1/3, 2/3, 1/2; or without the refused 1/2, 1, 1/2.
      const mean = noAnswer === "wrong" ? (1 / 3 + 2 / 3 + 1 / 2) / 3 : (1 / 2 + 1 + 1 / 2) / 3
      assert.closeTo(passAt[0]?.passAtK.mean ?? 0, mean, 1e-12)
      // Too few repeats to say: with a failed one, and where refused ones are nothing, of all three.
      assert.strictEqual(passAt[2]?.k, 3)
      assert.strictEqual(passAt[2]?.passAtK.n, noAnswer === "wrong" ? 2 : 0)
    }
  })

  it("have intervals over items, and over groups where items have them", () => {
    const items = [of(1, 1), of(1, 0), of(0, 0), of(1, 0)]
    const [pass1] = repeated(items).passAt
    // Means 1, 0.5, 0, 0.5: s² = 1/6, t with three degrees of freedom 3.182446.
    assert.closeTo(
      pass1?.passAtK.ci95?.[0] ?? 1,
      Math.max(0, 0.5 - 3.182446 * Math.sqrt(1 / 24)),
      1e-6
    )
    const grouped = items.map((item, index) => ({ ...item, group: index < 2 ? "one" : "two" }))
    const [byGroup] = repeated(grouped).passAt
    // Residuals of the groups 0.5 and -0.5: √(0.5 / 16 · 2) = 0.25, times 12.7062.
    assert.deepStrictEqual(byGroup?.passAtK.ci95, [0, 1])
  })

  it("of a single answer are not there", () => {
    assert.notProperty(report([of(1)], { arms: [arm("a")] }).arms[0], "repeated")
  })

  it("are asked of at 1, 2, 5, 10, … attempts and at all of them", () => {
    assert.deepStrictEqual(attempts(2), [1, 2])
    assert.deepStrictEqual(attempts(3), [1, 2, 3])
    assert.deepStrictEqual(attempts(10), [1, 2, 5, 10])
    assert.deepStrictEqual(attempts(64), [1, 2, 5, 10, 20, 50, 64])
  })
})
