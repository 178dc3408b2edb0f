/** Runs against each other on the items they have in common. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ItemRecord } from "spillway/checkpoint/ItemRecord"
import { A, B, compared, run } from "./compared.ts"
import { ended, item, type Stored, scored } from "./storedRuns.ts"

describe("two runs on the same items", () => {
  it.effect("are compared pairwise: table, difference, exact McNemar, bootstrap", () =>
    Effect.gen(function* () {
      const { pairs, scorer, sides } = yield* compared([run("a", A), run("b", B)])
      assert.strictEqual(scorer, "lastNumber@1")
      const [pair] = pairs
      assert.deepInclude(pair, { a: "a", b: "b", common: 10, onlyInA: 0, onlyInB: 0, unpaired: 0 })
      const comparison = pair?.comparison
      assert.deepInclude(comparison, {
        ...{ items: 10, meanA: 0.3, meanB: 0.8, test: "mcnemar" },
        table: { both: 2, onlyA: 1, onlyB: 6, neither: 1 }
      })
      assert.closeTo(comparison?.difference ?? 0, 0.5, 1e-12)
      assert.closeTo(comparison?.p ?? 0, 0.125, 1e-12)
      assert.closeTo(comparison?.pHolm ?? 0, 0.125, 1e-12)
      const [low = 1, high = 0] = comparison?.bootstrapCi95 ?? []
      assert.isTrue(low < 0.5 && 0.5 < high && low >= -1 && high <= 1)
      assert.deepStrictEqual(
        sides.map(({ name, noAnswerWrong, wrong }) => [name, noAnswerWrong.mean, wrong]),
        [
          ["a", 0.3, 7],
          ["b", 0.8, 2]
        ]
      )
      assert.deepStrictEqual(
        [pair?.betterA, pair?.betterB].map((won) => [won?.items, won?.listed.map((w) => w.index)]),
        [
          [1, [0]],
          [6, [1, 2, 3, 4, 5, 6]]
        ]
      )
      assert.deepInclude(pair?.betterB.listed[0], {
        ...{ itemId: "item-1", line: 2, prompt: "What is 1?", target: "1", a: 0, b: 1 }
      })
    })
  )

  it.effect("are matched by the item's id, wherever it stands, and tell what only one has", () =>
    Effect.gen(function* () {
      const shuffled: Stored = {
        name: "b",
        items: [...run("b", [...B, 1, 1]).items]
          .toReversed()
          .slice(0, 10)
          .map((one, at) => ({ ...one, index: at, line: at + 1 }))
      }
      const [pair] = (yield* compared([run("a", A), shuffled])).pairs
      assert.deepInclude(pair, { common: 8, onlyInA: 2, onlyInB: 2 })
      assert.deepStrictEqual(pair?.comparison.table, { both: 2, onlyA: 0, onlyB: 5, neither: 1 })
    })
  )

  it.effect("have failed, missing and unjudged items in no pair, and count them", () =>
    Effect.gen(function* () {
      const bad = ended(0, "scored", { scores: [{ scorer: "lastNumber@1", failed: "threw" }] })
      const other = run("b", [1, 1, 1, 1])
      const a: Stored = {
        name: "a",
        items: [...run("a", ["failed", "missing", 1]).items, item(3, [bad])]
      }
      const { pairs, sides } = yield* compared([a, other])
      assert.deepInclude(pairs[0], { common: 4, unpaired: 3 })
      assert.strictEqual(pairs[0]?.comparison.items, 1)
      assert.deepInclude(sides[0], {
        requests: 4,
        scored: 2,
        failed: 1,
        missing: 1,
        scoreFailed: 1
      })
      assert.strictEqual(pairs[0]?.betterB.items, 0)
    })
  )

  it.effect("are judged under both ways to count no answer", () =>
    Effect.gen(function* () {
      const runs = [run("a", [1, "refused", 1, "truncated"]), run("b", [1, 1, 0, "off-schema"])]
      const wrong = yield* compared(runs)
      assert.strictEqual(wrong.noAnswerPolicy, "wrong")
      const [pair] = wrong.pairs
      assert.deepStrictEqual(
        [pair?.comparison.items, pair?.comparison.difference, pair?.otherPolicy.items],
        [4, 0, 2]
      )
      assert.strictEqual(pair?.otherPolicy.difference, -0.5)
      const excluded = yield* compared(runs, { noAnswer: "exclude" })
      assert.deepStrictEqual(excluded.pairs[0]?.comparison, pair?.otherPolicy)
      assert.deepStrictEqual(excluded.pairs[0]?.otherPolicy, pair?.comparison)
      assert.deepInclude(wrong.sides[1], { offSchema: 1, refused: 0 })
      assert.deepStrictEqual(
        wrong.sides.map(({ noAnswerExcluded, noAnswerWrong }) => [
          noAnswerWrong.mean,
          noAnswerExcluded.mean
        ]),
        [
          [0.5, 1],
          [0.5, 2 / 3]
        ]
      )
    })
  )

  it.effect("take an item's repeats together, and groups for one cluster", () =>
    Effect.gen(function* () {
      const repeated = (
        name: string,
        values: ReadonlyArray<readonly [number, number]>
      ): Stored => ({
        name,
        items: values.map((some, n) =>
          item(
            n,
            some.map((value, repeat) => scored(n, value, { repeat })),
            {
              group: `g${n % 3}`
            }
          )
        )
      })
      const { pairs } = yield* compared([
        repeated("a", [
          [1, 0],
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
          [0, 0]
        ]),
        repeated("b", [
          [1, 1],
          [1, 0],
          [1, 1],
          [1, 1],
          [0, 0],
          [1, 1]
        ])
      ])
      const comparison = pairs[0]?.comparison
      assert.deepInclude(comparison, { items: 6, table: null, test: "student" })
      assert.closeTo(comparison?.difference ?? 0, 2 / 6, 1e-12)
      assert.deepStrictEqual(
        pairs[0]?.betterB.listed.map(({ a, b }) => [a, b]),
        [
          [0.5, 1],
          [0, 0.5],
          [0.5, 1],
          [0, 1]
        ]
      )
    })
  )

  it.effect("are thousands as well, with their groups", () =>
    Effect.gen(function* () {
      const right = (n: number, by: number) => (n % by === 0 ? 0 : 1)
      const many = (name: string, by: number): Stored => ({
        name,
        items: Array.from({ length: 5_000 }, (_, n) =>
          item(n, [scored(n, right(n, by))], n % 2 === 0 ? { group: `g${n % 100}` } : {})
        )
      })
      const { pairs } = yield* compared([many("a", 3), many("b", 5)])
      const count = (a: number, b: number) =>
        Array.from({ length: 5_000 }, (_, n) => n).filter(
          (n) => right(n, 3) === a && right(n, 5) === b
        ).length
      assert.deepInclude(pairs[0]?.comparison, {
        ...{ items: 5_000, test: "student" },
        table: { both: count(1, 1), onlyA: count(1, 0), onlyB: count(0, 1), neither: count(0, 0) }
      })
      assert.deepStrictEqual(
        [pairs[0]?.betterA.listed.length, pairs[0]?.betterB.listed.length],
        [count(1, 0), count(0, 1)]
      )
    })
  )

  it.effect("have cost and latency side by side; what was shared is paid once", () =>
    Effect.gen(function* () {
      const items = (run("a", [1, 1]).items as ReadonlyArray<ItemRecord>).map((one, n) =>
        n === 0 ? one : { ...one, trials: one.trials.map((t) => ({ ...t, shared: true as const })) }
      )
      const { cost: _, ...unpriced } = scored(0, 1)
      const { sides } = yield* compared([
        { name: "a", items },
        { name: "b", items: [item(0, [unpriced]), item(1, [scored(1, 1)])] }
      ])
      assert.deepInclude(sides[0], { costUsd: 1e-6, inputTokens: 100, outputTokens: 20 })
      assert.closeTo(sides[0]?.latencySeconds.p50 ?? 0, 0.1005, 1e-9)
      assert.isNull(sides[1]?.costUsd)
    })
  )
})
