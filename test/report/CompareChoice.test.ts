/** Which runs and arms are compared, how they are called, and what cannot be compared. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { layer } from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as Compare from "spillway/report/compare/Compare"
import { A, B, compared, run, stored } from "./compared.ts"
import { report } from "./report.ts"
import { item, type Stored, score, scored } from "./storedRuns.ts"

describe("several runs and arms", () => {
  const two = (name: string): Stored => ({
    name,
    items: A.map((value, n) => item(n, [scored(n, value), scored(n, B[n] ?? 0, { arm: "terra" })]))
  })

  it.effect("make a side each, all pairs of them corrected by Holm", () =>
    Effect.gen(function* () {
      const { pairs, sides } = yield* compared([two("x"), run("y", B)])
      assert.deepStrictEqual(
        sides.map(({ name }) => name),
        ["x luna", "x terra", "y luna"]
      )
      assert.deepStrictEqual(
        pairs.map(({ comparison: { p, pHolm } }) => [p, pHolm]),
        [
          [0.125, 0.375],
          [0.125, 0.375],
          [1, 1]
        ]
      )
    })
  )

  it.effect("are chosen by --arm, and named as shortly as can be", () =>
    Effect.gen(function* () {
      const across = yield* compared([two("x"), two("y")], { arms: ["terra"] })
      assert.deepStrictEqual(
        across.sides.map(({ arm, name }) => [name, arm]),
        [
          ["x", "terra"],
          ["y", "terra"]
        ]
      )
      const within = yield* compared([two("x")])
      assert.deepStrictEqual(
        within.sides.map(({ name }) => name),
        ["luna", "terra"]
      )
      const namesakes = yield* compared([run("x", A), run("x", B)])
      for (const { name, runId } of namesakes.sides) assert.strictEqual(name, `x (${runId})`)
    })
  )
})

describe("what cannot be compared", () => {
  const refusal = (runs: ReadonlyArray<Stored>, options?: Compare.Options) =>
    Effect.flip(compared(runs, options))

  it.effect("says why no item is in common, and what to do", () =>
    Effect.gen(function* () {
      const other: Stored = {
        name: "b",
        items: [...run("b", B).items].map((one) => ({ ...one, itemId: `other-${one.itemId}` }))
      }
      const error = yield* refusal([run("a", A), other])
      assert.deepInclude(error, { _tag: "CompareError", reason: "no-common-items" })
      assert.match(String(error), /"a" \(10 items\) and "b" \(10 items\) have no item in common\./)
      assert.match(String(error), /comes from its content.*`id`.*Compare runs of the same dataset/)
    })
  )

  it.effect("names the scorers that differ, in name or version", () =>
    Effect.gen(function* () {
      const scores = [score(1, { scorer: "lastNumber@2" })]
      const error = yield* refusal([run("a", A), run("b", [1, 1], { scores })])
      assert.deepInclude(error, { reason: "scorers-differ" })
      assert.match(String(error), /"b" was scored by "lastNumber@2", not by "lastNumber@1"/)
      assert.match(String(error), /Another version.*spillway score b --scorer lastNumber/)
      const asked = yield* refusal([run("a", A), run("b", B)], { scorer: "exact@1" })
      assert.match(String(asked), /No run was scored by "exact@1".* by "lastNumber@1"/)
      const version = yield* refusal([run("a", A), run("b", B)], { scorer: "lastNumber@2" })
      assert.match(String(version), /--scorer "lastNumber@2": "a" was scored by "lastNumber@1"/)
    })
  )

  it.effect("goes by the first scorer that all have, and says so", () =>
    Effect.gen(function* () {
      const scores = [score(0, { scorer: "judge@3" }), score(1)]
      const both = run("b", [1, 1], { scores })
      const { scorer, sides, warnings } = yield* compared([run("a", A), both])
      assert.strictEqual(scorer, "lastNumber@1")
      assert.strictEqual(sides[1]?.noAnswerWrong.mean, 1)
      assert.match(warnings.join(), /not the first scorer of "b"/)
    })
  )

  it.effect("names the arms there are", () =>
    Effect.gen(function* () {
      const unknown = yield* refusal([run("a", A), run("b", B)], { arms: ["terra"] })
      assert.match(String(unknown), /--arm "terra": none of the runs has such an arm.*"luna"/)
      const bare = yield* refusal([run("a", A), run("b", B, { arm: "terra" })], { arms: ["luna"] })
      assert.match(String(bare), /"b" has none of the arms asked for. It has: "terra"/)
      const alone = yield* refusal([run("a", A)])
      assert.deepInclude(alone, { reason: "one-side" })
      const same = yield* Effect.gen(function* () {
        const one = yield* stored(run("a", A))
        return yield* Effect.flip(Compare.make([one, one]))
      }).pipe(Effect.provide(layer))
      assert.deepInclude(same, { reason: "one-side" })
    })
  )
})

it.effect(
  "a comparison warns of little in common, of other benchmarks, and of runs not at their end",
  () =>
    Effect.gen(function* () {
      const few = {
        name: "b",
        items: [item(9, [scored(9, 1)]), item(50, [scored(50, 1)]), item(51, [scored(51, 1)])]
      }
      const a = yield* stored(run("a", A), { report: report({ benchmark: "x", simulated: true }) })
      const b = yield* stored(few, { report: report({ benchmark: "y", complete: false }) })
      const found = yield* Compare.make([a, b])
      assert.include(found, { simulated: true, complete: false })
      assert.match(
        found.warnings.join(),
        /different benchmarks: "x", "y".*only 1 of 3 items in common/
      )
    }).pipe(Effect.provide(layer))
)
