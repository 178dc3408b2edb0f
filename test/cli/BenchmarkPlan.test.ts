/** What `spillway bench --plan` says that its items could show; in this process, as the CLI's other tests cover the rest. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as PlanText from "spillway/report/PlanText"
import * as Sensitivity from "spillway/report/Sensitivity"
import * as BenchmarkPlan from "../../layers/cli/BenchmarkPlan.ts"
import type { RunSettings } from "../../layers/cli/RunSettings.ts"
import * as Session from "../../layers/cli/Session.ts"

const rows = Array.from({ length: 30 }, (_, n) => ({ n }))

const definition: Benchmark.Definition<{ readonly n: number }> = {
  name: "numbers",
  item: Schema.Struct({ n: Schema.Int }),
  dataset: Dataset.array(rows),
  prompt: ({ n }) => `${n}`,
  target: ({ n }) => `${n}`,
  scorers: [Scorer.lastNumber],
  noAnswer: "wrong",
  request: { model: "gpt-6-luna", maxOutputTokens: 10 }
}

const plan = (
  benchmark: Benchmark.Benchmark<unknown, unknown>,
  more: Partial<RunSettings> = {}
) => {
  const settings: RunSettings = { command: "bench", offline: true, ...more }
  const start = { name: "planned", fresh: false, retryFailed: false, settings }
  return BenchmarkPlan.make(benchmark, start).pipe(
    Effect.provide(
      Session.graph(settings).pipe(
        Layer.provideMerge(Layer.mergeAll(MemoryCheckpointStore.layer, NodeServices.layer))
      )
    )
  )
}

const asFile = Benchmark.fromModule

describe("the plan of a benchmark", () => {
  it.effect("says what its items could show, whatever arms and repeats there are", () =>
    Effect.gen(function* () {
      const benchmark = yield* asFile("numbers", { default: Benchmark.make(definition) })
      const one = yield* plan(benchmark, { repeats: 3 })
      assert.strictEqual(one.items, 90)
      assert.deepStrictEqual(
        one.sensitivity,
        Sensitivity.make({ items: 30, clusters: null, arms: 1 })
      )
      const two = yield* plan(benchmark, { repeats: 2, temperatures: [0, 1], limit: 25 })
      assert.strictEqual(two.items, 100)
      assert.deepStrictEqual(
        two.sensitivity,
        Sensitivity.make({ items: 25, clusters: null, arms: 2 })
      )
      assert.include(
        PlanText.render(two, 0),
        "\n  shows     on 25 items, two arms are told apart (80% power, 5% level)\n"
      )
    })
  )

  it.effect("counts the groups of its items, and those without one", () =>
    Effect.gen(function* () {
      const grouped = Benchmark.make({
        ...definition,
        group: ({ n }) => (n < 20 ? `text ${n % 4}` : undefined)
      })
      const { sensitivity } = yield* plan(yield* asFile("numbers", { default: grouped }))
      assert.strictEqual(sensitivity.clusters, 14)
    })
  )

  it.effect("has the arms of the benchmark's own sweep, and says what it cannot know", () =>
    Effect.gen(function* () {
      const notes = (benchmark: Partial<Benchmark.Definition<{ readonly n: number }>>) =>
        Effect.flatMap(
          asFile("numbers", { default: Benchmark.make({ ...definition, ...benchmark }) }),
          plan
        )
      const swept = yield* notes({
        prompt: { plain: ({ n }) => `${n}`, steps: ({ n }) => `${n}, step by step` },
        sweep: { models: ["gpt-6-luna", "gpt-4.1-mini"], temperatures: [0, 1] }
      })
      assert.strictEqual(swept.items, 30 * 2 * 2 * 2)
      assert.deepStrictEqual(swept.warnings, [])
      const { warnings } = yield* notes({
        next: (_, turns) => (turns.length < 3 ? "Go on." : undefined),
        maxTurns: 3,
        secondTry: { maxOutputTokens: 20 }
      })
      assert.match(warnings[0] ?? "", /conversations of up to 3 turns: this is the first turn/)
      assert.include(warnings[1] ?? "", "Second tries")
    })
  )
})
