/**
 * Two models on the same items, compared as though each had seen others: no paired test (inspect_ai#4206,
 * lm-evaluation-harness#3831), so that people set two overlapping intervals side by side and see nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as TerminalReport from "spillway/report/TerminalReport"
import * as FakeGenerate from "../benchmark/FakeGenerate.ts"
import { answer } from "../benchmark/responses.ts"

const Item = Schema.Struct({ n: Schema.Int, text: Schema.String })

/** The models that get item n right: 108 items all of them, 25 the second and third, 12 the first alone, … */
const models: ReadonlyArray<string> = ["gpt-4.1-mini", "gpt-6-luna", "gpt-6-sol"]
const kinds = [
  { items: 108, right: [true, true, true] },
  { items: 25, right: [false, true, true] },
  { items: 12, right: [true, false, false] },
  { items: 15, right: [false, false, true] },
  { items: 40, right: [false, false, false] }
]
const rows = kinds.flatMap(({ items, right }) => Array.from({ length: items }, () => right))

const benchmark = Benchmark.make({
  name: "paired",
  item: Item,
  dataset: Dataset.array(rows.map((_, n) => ({ n, text: `text ${Math.floor(n / 10)}` }))),
  prompt: ({ n }) => `item ${n}`,
  target: ({ n }) => `${n}`,
  scorers: [Scorer.exactMatch],
  noAnswer: "wrong",
  request: { maxOutputTokens: 100 }
})

/** R: `binom.test(12, 37)$p.value` and `binom.test(12, 52)$p.value`. */
const [P_12_25, P_12_40] = [0.04703103, 0.0001275388]

const execute = (definition: Benchmark.Benchmark<typeof Item.Type>, arms: number) =>
  BenchmarkRun.execute(definition, { models: models.slice(0, arms) }).pipe(
    Effect.provide(
      FakeGenerate.layer((prompt, { request }) => {
        const n = prompt.replace("item ", "")
        const right = rows[Number(n)]?.[models.indexOf(request.model)]
        return answer(right === true ? n : "no idea")
      })
    ),
    Effect.provide([
      MemoryCheckpointStore.layer,
      BuiltInModelCatalog.layer,
      FileSystem.layerNoop({})
    ] as const)
  )

describe("pain 41: two models on the same items", () => {
  it.effect("have the paired difference with its interval, and McNemar's exact test", () =>
    Effect.gen(function* () {
      const report = yield* execute(benchmark, 2)
      const [mini, luna] = report.arms
      // 120 and 133 of 200: Wilson's intervals, 0.531 to 0.665 and 0.597 to 0.727, overlap and tell nothing.
      assert.isAbove(mini?.score.ci95?.[1] ?? 0, luna?.score.ci95?.[0] ?? 1)
      const [found] = report.comparisons ?? []
      assert.deepInclude(found, {
        a: "gpt-4.1-mini",
        b: "gpt-6-luna",
        items: 200,
        test: "mcnemar",
        table: { both: 108, onlyA: 12, onlyB: 25, neither: 55 }
      })
      // `scoreci.mp(12, 25, 200, 0.95)` of R's PropCIs; `binom.test(12, 37)`.
      assert.closeTo(found?.difference ?? 0, 0.065, 1e-12)
      assert.closeTo(found?.ci95?.[0] ?? 0, 0.005636, 2e-6)
      assert.closeTo(found?.ci95?.[1] ?? 0, 0.126941, 2e-6)
      assert.closeTo(found?.p ?? 0, P_12_25, 1e-6)
      assert.include(
        TerminalReport.render(report, { width: 200 }),
        "gpt-6-luna is better than gpt-4.1-mini by 6.5 points (95% interval 0.6 to 12.7) on 200 items; p 0.047: unlikely to be chance."
      )
    })
  )

  it.effect("of several, are corrected for all pairs by Holm's method", () =>
    Effect.gen(function* () {
      const report = yield* execute(benchmark, 3)
      const found = report.comparisons ?? []
      assert.deepStrictEqual(
        found.map(({ a, b }) => `${a} ${b}`),
        ["gpt-4.1-mini gpt-6-luna", "gpt-4.1-mini gpt-6-sol", "gpt-6-luna gpt-6-sol"]
      )
      // 12 to 25, 12 to 40 and 0 to 15: the last one, 2 / 2¹⁵, is the smallest.
      ;[
        { p: P_12_25, times: 1 },
        { p: P_12_40, times: 2 },
        { p: 2 ** -14, times: 3 }
      ].forEach(({ p, times }, index) => {
        assert.closeTo(found[index]?.p ?? 0, p, 1e-6)
        assert.closeTo(found[index]?.pHolm ?? 0, times * p, 1e-6)
      })
    })
  )

  it.effect("are compared by groups of items where those hang together", () =>
    Effect.gen(function* () {
      const grouped = Benchmark.make({ ...benchmark, group: ({ text }) => text })
      const [found] = (yield* execute(grouped, 2)).comparisons ?? []
      assert.deepInclude(found, { items: 200, test: "student" })
      // Twenty texts of ten items tell far less than two hundred items. By hand: texts differ by 2, 10, 10, -4, -5 and 0,
      // so that the standard error is √(236.55 / 200² · 20 / 19) = 0.078899, and t with 19 degrees of freedom 2.093024.
      assert.closeTo(found?.ci95?.[0] ?? 0, 0.065 - 2.093024 * 0.078899, 2e-6)
      assert.closeTo(found?.ci95?.[1] ?? 0, 0.065 + 2.093024 * 0.078899, 2e-6)
      assert.closeTo(found?.p ?? 0, 0.42, 1e-3)
    })
  )
})
