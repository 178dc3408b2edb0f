/** Report, stored items, export, comparison and page tell the same of one run: its cost, its tokens, its latencies. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import type { BenchmarkReport } from "spillway/report/BenchmarkReport"
import * as SideTally from "spillway/report/compare/SideTally"
import * as Export from "spillway/report/export/Export"
import * as Latencies from "spillway/report/html/Latencies"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

const ARM = "gpt-6-luna"

/** Two turns: all items begin alike, and the second one is of the item. */
const pairs = (items: ReadonlyArray<string>) =>
  Benchmark.make({
    name: "pairs",
    item: Schema.String,
    dataset: Dataset.array(items),
    prompt: () => "begin",
    next: (item, turns) => (turns.length === 1 ? item : undefined),
    target: (item) => item,
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    request: { model: ARM, maxOutputTokens: 100 }
  })

const once = (more: Partial<Benchmark.Definition<string>> = {}) =>
  Benchmark.make({
    name: "once",
    item: Schema.String,
    dataset: Dataset.array(["a"]),
    prompt: (item) => item,
    target: (item) => item,
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    request: { model: ARM, maxOutputTokens: 10 },
    secondTry: { maxOutputTokens: 50 },
    ...more
  })

const world = Layer.mergeAll(
  MemoryCheckpointStore.layer,
  BuiltInModelCatalog.layer,
  FileSystem.layerNoop({})
)

/** What the store has of a run, and everybody's sums of it. */
const told = Effect.fnUntraced(function* (name: string) {
  const store = yield* CheckpointStore
  const run = yield* store.find(name)
  const id = run._tag === "Some" ? run.value.id : ""
  const items = yield* Stream.runCollect(store.results(id))
  const source = { id, run: name, benchmark: name, simulated: false }
  const rows = [...(yield* Stream.runCollect(Export.pages(source)))].flat()
  const side = SideTally.make(ARM, Scorer.idOf(Scorer.exactMatch))
  const spread = Latencies.make()
  for (const item of items) {
    side.add(item)
    spread.add(item)
  }
  const { costUsd, inputTokens, latencySeconds, outputTokens } = side.result({
    ...{ name, run: name, runId: id, arm: ARM, benchmark: name }
  })
  const sum = (of: (row: (typeof rows)[number]) => number | null) =>
    rows.reduce((all, row) => all + (of(row) ?? 0), 0)
  return {
    trials: items.flatMap(({ trials }) => trials),
    rows,
    compared: { costUsd, inputTokens, outputTokens, latencySeconds },
    exported: {
      costUsd: Math.round(sum((row) => row.cost_usd) * 1e9) / 1e9,
      inputTokens: sum((row) => row.input_tokens),
      outputTokens: sum((row) => row.output_tokens)
    },
    drawn: spread.all().map(({ answers }) => answers)
  }
})

const reported = ({ arms, costUsd, usage }: BenchmarkReport) => ({
  costUsd,
  inputTokens: usage.inputTokens,
  outputTokens: usage.outputTokens,
  latencySeconds: arms[0]?.latencySeconds
})

describe("the numbers of one run agree", () => {
  it.effect("where conversations share some of their turns, or all of them", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(pairs(["a", "b", "a"]), { dedupe: true }).pipe(
        Effect.provide(FakeGenerate.layer((prompt) => answer(prompt)))
      )
      const { compared, drawn, exported, rows, trials } = yield* told("pairs")
      // Three requests were paid for: the beginning, a and b. Each conversation took two turns of a second.
      assert.deepStrictEqual(reported(report), {
        ...{ costUsd: 0.00006, inputTokens: 300, outputTokens: 60 },
        latencySeconds: { p50: 2, p95: 2, p99: 2 }
      })
      assert.deepStrictEqual(compared, reported(report))
      const { latencySeconds: _, ...paid } = compared
      assert.deepStrictEqual(exported, paid)
      assert.deepStrictEqual(drawn, [3])
      assert.deepStrictEqual(
        trials.map((trial) => [trial.cost, trial.inputTokens, trial.latencyMs, trial.shared]),
        [
          [40_000, 200, 2_000, undefined],
          [20_000, 100, 2_000, undefined],
          [0, 0, 2_000, true]
        ]
      )
      assert.deepStrictEqual(
        rows.map((row) => [row.turns, row.shared, row.cost_usd, row.earlier_answers]),
        [
          [2, false, 0.00004, ["begin"]],
          [2, false, 0.00002, ["begin"]],
          [2, true, 0, ["begin"]]
        ]
      )
    }).pipe(Effect.provide(world))
  )

  it.effect("where a conversation failed: paid for so far, and no latency of an answer", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(pairs(["a"])).pipe(
        Effect.provide(
          FakeGenerate.layer((prompt) =>
            prompt === "a" ? FakeGenerate.failure("ServerError") : answer(prompt)
          )
        )
      )
      const { compared, drawn, rows } = yield* told("pairs")
      assert.deepStrictEqual(reported(report), {
        ...{ costUsd: 0.00002, inputTokens: 100, outputTokens: 20 },
        latencySeconds: { p50: null, p95: null, p99: null }
      })
      assert.deepStrictEqual(compared, reported(report))
      assert.deepStrictEqual(drawn, [])
      assert.deepInclude(rows[0], {
        ...{ end: "failed", turns: 1, latency_ms: null, cost_usd: 0.00002 },
        ...{ answer: null, earlier_answers: ["begin"] }
      })
    }).pipe(Effect.provide(world))
  )

  it.effect("where the run stopped before an item: no turn, no key", () =>
    Effect.gen(function* () {
      yield* BenchmarkRun.execute(pairs(["a", "b"])).pipe(
        Effect.provide(FakeGenerate.layer((prompt) => answer(prompt), { stopAfter: 1 })),
        Effect.flip
      )
      const { rows, trials } = yield* told("pairs")
      assert.deepStrictEqual(
        rows.map((row) => [row.end, row.turns, row.key === null, row.answer, row.earlier_answers]),
        [
          ["missing", 1, false, null, ["begin"]],
          ["missing", 0, true, null, []]
        ]
      )
      assert.deepStrictEqual(
        trials.map(({ keys }) => keys.length),
        [1, 0]
      )
    }).pipe(Effect.provide(world))
  )
})

describe("a second try", () => {
  const wordless = answer("", { finishReason: "length" })
  const replies = (second: FakeGenerate.Reply) =>
    FakeGenerate.layer((_, { request }) =>
      request.body.max_completion_tokens === 50 ? second : wordless
    )

  it.effect("that fails leaves the item what its first try made it, and can be asked again", () =>
    Effect.gen(function* () {
      const failing = replies(FakeGenerate.failure("ServerError"))
      const report = yield* BenchmarkRun.execute(once()).pipe(Effect.provide(failing))
      const [arm] = report.arms
      assert.deepInclude(arm, { truncated: 1, failed: 0 })
      assert.deepInclude(arm?.scorers[0]?.noAnswerWrong, { mean: 0, n: 1 })
      assert.deepStrictEqual(report.warnings, [
        "1 second try failed: what the first one ended with counts. --retry-failed asks again."
      ])
      const { rows } = yield* told("once")
      assert.deepInclude(rows[0], {
        ...{ end: "truncated", turns: 1, answer: "", failure_reason: "ServerError" },
        ...{ latency_ms: 1_000, cost_usd: 0.00002, earlier_answers: [] }
      })
      const unasked = yield* BenchmarkRun.execute(once()).pipe(Effect.provide(failing))
      assert.deepInclude(unasked.requests, { sent: 0, noAnswer: 1 })
      const again = yield* BenchmarkRun.execute(once(), { retryFailed: true }).pipe(
        Effect.provide(replies(answer("a")))
      )
      assert.deepInclude(again.requests, { sent: 1, answered: 1, noAnswer: 0 })
      assert.deepStrictEqual(again.warnings, [])
    }).pipe(Effect.provide(world))
  )

  it.effect("is of the same turn", () =>
    Effect.gen(function* () {
      yield* BenchmarkRun.execute(once()).pipe(Effect.provide(replies(answer("a"))))
      const { rows, trials } = yield* told("once")
      assert.strictEqual(trials[0]?.keys.length, 2)
      assert.deepInclude(rows[0], {
        ...{ end: "scored", turns: 1, answer: "a", earlier_answers: [""] },
        ...{ latency_ms: 2_000, cost_usd: 0.00004 }
      })
    }).pipe(Effect.provide(world))
  )
})
