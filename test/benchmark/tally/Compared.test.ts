import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { BenchmarkReport } from "spillway/report/BenchmarkReport"
import * as Bootstrap from "spillway/statistics/Bootstrap"
import { sleep } from "../../statistics/sleep.ts"
import { arm, failed, none, report, scored, table } from "./tallied.ts"

/** Scores from 0 to 1 instead of hours, whose differences are a tenth. */
const slept = sleep.first.map((a, i) => ({
  results: [[(a + 2) / 10], [((sleep.second[i] ?? 0) + 2) / 10]]
}))

describe("arms compared in a report", () => {
  it("have Tango's interval and McNemar's exact p-value where items are right or wrong", () => {
    // The airway data (Bentur et al. 2009, in Fagerland, Lydersen and Laake 2014): p 0.0703, 0.026 to 0.517.
    const [found] = report(table(1, 1, 7, 12)).comparisons ?? []
    assert.deepInclude(found, {
      a: "a",
      b: "b",
      items: 21,
      test: "mcnemar",
      table: { both: 1, onlyA: 1, onlyB: 7, neither: 12 }
    })
    assert.closeTo(found?.p ?? 0, 0.0703, 5e-5)
    assert.strictEqual(found?.pHolm, found?.p)
    assert.closeTo(found?.difference ?? 0, 6 / 21, 1e-12)
    assert.closeTo(found?.meanA ?? 0, 2 / 21, 1e-12)
    assert.closeTo(found?.meanB ?? 0, 8 / 21, 1e-12)
    assert.closeTo(found?.ci95?.[0] ?? 0, 0.026, 5e-4)
    assert.closeTo(found?.ci95?.[1] ?? 0, 0.517, 5e-4)
  })

  it("have the interval and p-value of R's paired t-test where scores are on a scale", () => {
    // `t.test(extra ~ group, data = sleep, paired = TRUE)`: p = 0.002833, 0.7001142 to 2.4598858.
    const [found] = report(slept).comparisons ?? []
    assert.deepInclude(found, { items: 10, test: "student", table: null })
    assert.closeTo(found?.p ?? 0, 0.002833, 5e-7)
    assert.closeTo(found?.ci95?.[0] ?? 0, 0.07001142, 5e-9)
    assert.closeTo(found?.ci95?.[1] ?? 0, 0.24598858, 5e-9)
  })

  it("have the bootstrap's interval, the same each time", () => {
    const [found] = report(slept).comparisons ?? []
    const side = (arm: number) =>
      Float64Array.from(slept, ({ results }) => results[arm]?.[0] ?? Number.NaN)
    const expected = Bootstrap.pairedDifference(side(0), side(1), { seed: 1 })
    assert.deepStrictEqual(found?.bootstrapCi95, expected?.ci95)
    assert.deepStrictEqual(report(slept).comparisons?.[0]?.bootstrapCi95, found?.bootstrapCi95)
    // A person whose gain was 4.6 hours makes it longer above than t's, and shorter below.
    assert.isAbove(found?.bootstrapCi95?.[0] ?? 0, found?.ci95?.[0] ?? 1)
  })

  it("draw whole groups for it", () => {
    const items = slept.map((item, index) => ({ ...item, group: `ward ${index % 5}` }))
    const [found] = report(items).comparisons ?? []
    const gains = slept.map(({ results }) => (results[1]?.[0] ?? 0) - (results[0]?.[0] ?? 0))
    const totals = Float64Array.from(
      { length: 5 },
      (_, ward) => (gains[ward] ?? 0) + (gains[ward + 5] ?? 0)
    )
    const expected = Bootstrap.ratio(totals, Float64Array.of(2, 2, 2, 2, 2), { seed: 1 })
    assert.closeTo(found?.bootstrapCi95?.[0] ?? 0, expected?.ci95?.[0] ?? 1, 1e-12)
    assert.closeTo(found?.bootstrapCi95?.[1] ?? 0, expected?.ci95?.[1] ?? 1, 1e-12)
  })

  it("take groups for independent", () => {
    // Differences 1, 1, 0, 0 in two groups, by hand: mean 0.5, residuals of the groups 1 and -1, error √(2 / 16 · 2) = 0.5;
    // t = 1 with one degree of freedom is p = 0.5.
    const items = [1, 1, 0, 0].map((gain, index) => ({
      results: [[0], [gain]],
      group: index < 2 ? "one" : "two"
    }))
    const [found] = report(items).comparisons ?? []
    assert.strictEqual(found?.test, "student")
    assert.closeTo(found?.p ?? 0, 0.5, 1e-9)
  })

  it("are corrected for each other by Holm's method", () => {
    // By hand: a against b 1 to 7, p = 18/256; a against c 0 to 13, p = 2/8192; b against c 0 to 7, p = 2/128. The
    // smallest times 3, the next times 2, the last times 1.
    const items = [
      { count: 7, right: [0, 1, 1] },
      { count: 1, right: [1, 0, 1] },
      { count: 6, right: [0, 0, 1] },
      { count: 9, right: [1, 1, 1] }
    ].flatMap(({ count, right }) =>
      Array.from({ length: count }, () => ({ results: right.map((score) => [score]) }))
    )
    const { comparisons = [] } = report(items, { arms: ["a", "b", "c"].map((label) => arm(label)) })
    const expected = [
      { pair: "ab", p: 18 / 256, pHolm: 18 / 256 },
      { pair: "ac", p: 2 / 8192, pHolm: 6 / 8192 },
      { pair: "bc", p: 2 / 128, pHolm: 4 / 128 }
    ]
    assert.strictEqual(comparisons.length, 3)
    comparisons.forEach(({ a, b, p, pHolm }, index) => {
      assert.strictEqual(a + b, expected[index]?.pair)
      assert.closeTo(p ?? 0, expected[index]?.p ?? 1, 1e-12)
      assert.closeTo(pHolm ?? 0, expected[index]?.pHolm ?? 1, 1e-12)
    })
  })

  it("count an answer that was not given as the benchmark does, and leave out what failed", () => {
    const items = [
      { results: [[1], [none()]] },
      { results: [[1], [failed]] },
      { results: [[0], [1]] },
      { results: [[1], [1]] }
    ]
    const [strict] = report(items).comparisons ?? []
    assert.deepInclude(strict, { items: 3, table: { both: 1, onlyA: 1, onlyB: 1, neither: 0 } })
    const [lenient] = report(items, { noAnswer: "exclude" }).comparisons ?? []
    assert.deepInclude(lenient, { items: 2, table: { both: 1, onlyA: 0, onlyB: 1, neither: 0 } })
  })

  it("compare the means of repeats, however many are left", () => {
    const [found] =
      report([
        {
          results: [
            [1, 0, failed],
            [1, 1, 1]
          ]
        },
        {
          results: [
            [0, 0, 0],
            [1, 0, 0]
          ]
        }
      ]).comparisons ?? []
    assert.closeTo(found?.difference ?? 0, (0.5 + 1 / 3) / 2, 1e-12)
    assert.isNull(found?.table)
  })

  it("are not there for a single arm, and say nothing of arms without an item in common", () => {
    assert.notProperty(report([{ results: [[1]] }], { arms: [arm("a")] }), "comparisons")
    const [found] =
      report([{ results: [[1], [failed]] }, { results: [[failed], [1]] }]).comparisons ?? []
    assert.deepInclude(found, { items: 0, difference: null, ci95: null, p: null, pHolm: null })
  })
})

describe("a report with all of it", () => {
  it("comes back from its JSON as it was", () => {
    const items = Array.from({ length: 12 }, (_, index) => ({
      results: [0, 1].map((side) =>
        [0, 1, 2].map((repeat) =>
          index === 3 && repeat === 0
            ? none("off-schema")
            : scored(
                (index * (side + 2) + repeat) % 3 === 0 ? 0 : 1,
                `${(index * side + repeat) % 4}`
              )
        )
      ),
      tags: [index % 2 === 0 ? "even" : "odd"],
      group: `text ${index % 4}`
    }))
    const arms = [0, 1].map((temperature) =>
      arm(`luna t=${temperature}`, { model: "luna", temperature })
    )
    const made = report(items, { arms })
    for (const field of ["comparisons", "temperatureCurves", "tags"]) assert.property(made, field)
    assert.property(made.arms[0], "repeated")
    const decoded = Schema.decodeUnknownSync(BenchmarkReport)(JSON.parse(JSON.stringify(made)))
    assert.deepStrictEqual(decoded, made)
  })
})
