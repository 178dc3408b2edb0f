import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import { BenchmarkReport } from "spillway/report/BenchmarkReport"
import * as StructuredAnswer from "spillway/request/StructuredAnswer"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

const Sum = Schema.Struct({ working: Schema.String, sum: Schema.Int })

const sums = Benchmark.make({
  name: "typed",
  item: Schema.Struct({ a: Schema.Int, b: Schema.Int }),
  dataset: Dataset.array(Array.from({ length: 6 }, (_, n) => ({ a: 1, b: n }))),
  prompt: ({ a, b }) => `${a}+${b}`,
  target: ({ a, b }) => String(a + b),
  answer: StructuredAnswer.make("sum", Sum),
  scorers: [
    // `answer` is a value here, and typed as one.
    { name: "sum", version: 1, score: ({ answer: { sum }, item }) => sum === item.a + item.b },
    Scorer.custom<unknown, typeof Sum.Type>(
      "worked",
      1,
      ({ answer: { working } }) => working !== ""
    )
  ],
  noAnswer: "wrong",
  request: { model: "gpt-6-luna", maxOutputTokens: 100 }
})

const world = Layer.mergeAll(
  MemoryCheckpointStore.layer,
  BuiltInModelCatalog.layer,
  FileSystem.layerNoop({})
)

const replies: Readonly<Record<string, FakeGenerate.Reply>> = {
  "1+0": answer('{"working":"1 and nothing","sum":1}'),
  "1+1": answer('{"working":"","sum":3}'),
  "1+2": answer('{"working":"2+2","sum":"four"}'),
  "1+3": answer("The sum is 4."),
  "1+4": answer("", { refusal: "No." }),
  "1+5": answer('{"working":"1+', { finishReason: "length" })
}

describe("typed answers", () => {
  it.effect("are decoded for the scorers; what does not fit is no answer, told apart", () =>
    Effect.gen(function* () {
      const formats: Array<unknown> = []
      const report = yield* BenchmarkRun.execute(sums).pipe(
        Effect.provide(
          FakeGenerate.layer((prompt, { request }) => {
            formats.push(request.body.response_format)
            return replies[prompt] ?? FakeGenerate.failure("ServerError")
          })
        )
      )
      assert.deepInclude(formats[0], { type: "json_schema" })
      const [arm] = report.arms
      assert.deepInclude(arm, {
        scored: 2,
        wrong: 1,
        offSchema: 2,
        refused: 1,
        truncated: 1,
        empty: 0,
        failed: 0
      })
      assert.deepInclude(report.requests, { answered: 2, noAnswer: 4, failed: 0 })
      // Both policies: one right of six, or of the two that were answered.
      assert.closeTo(arm?.score.mean ?? Number.NaN, 1 / 6, 1e-12)
      assert.strictEqual(arm?.scorers[0]?.noAnswerExcluded.mean, 0.5)
      assert.strictEqual(report.costUsd, 0.00012)
      yield* Schema.decodeUnknownEffect(BenchmarkReport)(JSON.parse(JSON.stringify(report)))

      const store = yield* CheckpointStore
      const run = Option.getOrThrow(yield* store.find("typed"))
      const kept = yield* Stream.runCollect(store.results(run.id))
      assert.deepStrictEqual(
        kept.map(({ trials }) => trials[0]?.end),
        ["scored", "scored", "off-schema", "off-schema", "refused", "truncated"]
      )
      assert.match(kept[2]?.trials[0]?.problem ?? "", /sum/)
      assert.include(kept[3]?.trials[0]?.problem ?? "", "is not JSON")
      assert.notInclude(kept[3]?.trials[0]?.problem ?? "", "The sum is")
    }).pipe(Effect.provide(world))
  )
})

describe("items that do not fit their schema", () => {
  const rows = [{ a: 1, b: 0 }, { a: "one" }, { a: 1, b: 1 }, { a: 1, b: "secret" }]
  const broken = { ...sums, name: "broken", dataset: Dataset.array(rows) }
  const execute = (options: BenchmarkRun.Options) =>
    BenchmarkRun.execute(broken, options).pipe(
      Effect.provide(FakeGenerate.layer((prompt) => replies[prompt] ?? answer("")))
    )

  it.effect("end the run before anything is sent, or are passed over and told of", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(execute({}))
      assert.include(error.message, "line 2, field a")
      const report = yield* execute({ skipInvalid: true })
      assert.deepInclude(report.requests, { items: 2, answered: 2, sent: 2 })
      assert.strictEqual(report.skipped?.items, 2)
      assert.match(report.skipped?.first[0] ?? "", /line 2, field a/)
      assert.match(report.skipped?.first[1] ?? "", /line 4, field b/)
      assert.notInclude(report.skipped?.first.join() ?? "", "secret")
    }).pipe(Effect.provide(world))
  )

  it.effect("of a run that has none are not spoken of", () =>
    Effect.gen(function* () {
      const report = yield* execute({ skipInvalid: true, limit: 1 })
      assert.strictEqual(report.skipped, undefined)
      const all = yield* Effect.flip(
        BenchmarkRun.execute(
          { ...broken, dataset: Dataset.array([{}, {}]) },
          { skipInvalid: true }
        ).pipe(Effect.provide(FakeGenerate.layer(() => answer(""))))
      )
      assert.include(all.message, "line 1, field a")
    }).pipe(Effect.provide(world))
  )

  it.effect("are not the only ones kept small: the report lists ten of many", () =>
    Effect.gen(function* () {
      const many = { ...broken, dataset: Dataset.array([...Array(50).fill({}), { a: 1, b: 0 }]) }
      const report = yield* BenchmarkRun.execute(many, { skipInvalid: true }).pipe(
        Effect.provide(FakeGenerate.layer(() => answer("")))
      )
      assert.deepInclude(report.skipped, { items: 50 })
      assert.lengthOf(report.skipped?.first ?? [], 10)
    }).pipe(Effect.provide(world))
  )

  it.effect("and counts that are none are refused", () =>
    Effect.gen(function* () {
      for (const [option, value] of [
        ["repeats", 0],
        ["repeats", 1.5],
        ["limit", 0]
      ] as const) {
        const error = yield* Effect.flip(execute({ [option]: value }))
        assert.strictEqual(error._tag, "InvalidRunOptions")
        assert.include(error.message, `${option} is ${value}; it must be a whole number from 1`)
      }
    }).pipe(Effect.provide(world))
  )
})
