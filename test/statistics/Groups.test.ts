import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Groups from "spillway/statistics/Groups"
import * as Statistics from "spillway/statistics/Statistics"
import { districts } from "./districts.ts"
import { holds } from "./holds.ts"

describe("groups", () => {
  it("have the clustered standard error of R's survey package", () => {
    // `svymean(~api00, svydesign(id = ~dnum, weights = ~pw, data = apiclus1))` prints 644.17 and 23.779.
    const groups = Groups.make()
    districts.forEach(({ total, schools }, district) => {
      for (let school = 0; school < schools; school++) groups.add([total / schools], `${district}`)
    })
    const sums = groups.sums()
    assert.closeTo(sums.total / sums.scores, 644.17, 5e-3)
    assert.closeTo(Statistics.standardError(sums) ?? 0, 23.779, 5e-4)
  })

  it("of one item each are the items alone", () => {
    const scores = [0.2, 0.4, 0.5, 0.6, 0.9]
    const grouped = Groups.make()
    const alone = Groups.make()
    scores.forEach((score, index) => {
      grouped.add([score], `${index}`)
      alone.add([score])
    })
    assert.deepStrictEqual(grouped.sums(), alone.sums())
    // s / √n by hand: s² = 0.067.
    assert.closeTo(Statistics.standardError(alone.sums()) ?? 0, Math.sqrt(0.067 / 5), 1e-12)
  })

  it("take the repeats of an item into its group, and nothing of an item without scores", () => {
    const groups = Groups.make()
    groups.add([1, 0], "text")
    groups.add([1], "text")
    groups.add([], "other")
    assert.deepInclude(groups.sums(), { clusters: 1, scores: 3, total: 2, totalSquared: 4 })
  })

  it("that agree throughout count as one item each, and those of mixed items as no more than the items", () => {
    const all = (scores: ReadonlyArray<number>) => {
      const groups = Groups.make()
      scores.forEach((score, index) => {
        groups.add([score], `${Math.floor(index / 4)}`)
      })
      return Statistics.estimate(groups.sums())?.ci95
    }
    const agreeing = all(Array.from({ length: 40 }, (_, index) => (index < 32 ? 1 : 0)))
    assert.closeTo(agreeing?.[0] ?? 0, Statistics.wilson(0.8, 10)[0], 1e-12)
    const mixed = all(Array.from({ length: 40 }, (_, index) => index % 2))
    assert.closeTo(mixed?.[0] ?? 0, Statistics.wilson(0.5, 40)[0], 1e-12)
    const equal = all(Array.from({ length: 40 }, () => 1))
    assert.closeTo(equal?.[0] ?? 0, Statistics.wilson(1, 10)[0], 1e-12)
  })

  it("give an interval from 0 to 1 around the mean, in whatever order they come", () => {
    const items = fc.array(
      fc.record({
        score: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
        group: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined })
      }),
      { minLength: 1, maxLength: 40 }
    )
    holds(
      fc.property(items, (all) => {
        const [forth, back] = [all, all.toReversed()].map((some) => {
          const groups = Groups.make()
          for (const { score, group } of some) groups.add([score], group)
          return Statistics.estimate(groups.sums())
        })
        assert.isTrue(forth !== undefined && forth !== null && back !== undefined && back !== null)
        if (!forth || !back) return
        assert.closeTo(forth.mean, back.mean, 1e-9)
        assert.strictEqual(forth.ci95 === null, back.ci95 === null)
        if (forth.ci95 === null || back.ci95 === null) return
        const [low, high] = forth.ci95
        // 1e-6: a spread that is nothing but rounding.
        assert.closeTo(low, back.ci95[0], 1e-6)
        assert.isTrue(low >= 0 && low <= forth.mean + 1e-9)
        assert.isTrue(high <= 1 && high >= forth.mean - 1e-9)
      })
    )
  })

  it("by number are those by name, in whatever order they come", () => {
    const named = Groups.make()
    const numbered = Groups.numbered()
    const numbers = Groups.numbering()
    holds(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
        fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
        (scores, group) => {
          const name = group === undefined ? undefined : `text ${group}`
          named.add(scores, name)
          numbered.add(scores, name === undefined ? undefined : numbers.of(name))
        }
      )
    )
    assert.isAbove(numbers.size(), 100)
    const [one, other] = [named.sums(), numbered.sums()]
    assert.deepInclude(other, { clusters: one.clusters, scores: one.scores })
    assert.closeTo(other.total, one.total, 1e-9)
    assert.closeTo(other.totalSquared, one.totalSquared, 1e-9)
  })
})
