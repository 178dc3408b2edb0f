import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Runtime, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import { BenchmarkReport } from "spillway/report/BenchmarkReport"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

const Sum = Schema.Struct({ a: Schema.Int, b: Schema.Int })

const sums = (
  rows: ReadonlyArray<unknown>,
  more: Partial<Benchmark.Definition<typeof Sum.Type>> = {}
) =>
  Benchmark.make({
    name: "sums",
    item: Sum,
    dataset: Dataset.array(rows),
    prompt: ({ a, b }) => `${a}+${b}`,
    target: ({ a, b }) => String(a + b),
    scorers: [Scorer.lastNumber],
    noAnswer: "wrong",
    request: { model: "gpt-6-luna", maxOutputTokens: 100 },
    ...more
  })

/** 1+1, 1+2, … */
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ a: 1, b: n + 1 }))

const right = (prompt: string) => {
  const [a = 0, b = 0] = prompt.split("+").map(Number)
  return answer(String(a + b))
}

const world = Layer.mergeAll(
  MemoryCheckpointStore.layer,
  BuiltInModelCatalog.layer,
  FileSystem.layerNoop({})
)

describe("a benchmark's run", () => {
  it.effect("answers every item, scores the stored answers and reports both apart", () =>
    Effect.gen(function* () {
      const replies: Record<string, FakeGenerate.Reply> = {
        "1+2": answer("4"),
        "1+3": answer("", { refusal: "I will not add." }),
        "1+4": answer("The answer is", { finishReason: "length" }),
        "1+5": FakeGenerate.failure("ServerError")
      }
      const report = yield* BenchmarkRun.execute(sums(rows(10))).pipe(
        Effect.provide(FakeGenerate.layer((prompt) => replies[prompt] ?? right(prompt)))
      )
      const [arm] = report.arms
      assert.deepInclude(report.requests, {
        items: 10,
        answered: 7,
        noAnswer: 2,
        failed: 1,
        missing: 0,
        sent: 10,
        fromStore: 0
      })
      assert.deepInclude(arm, {
        model: "gpt-6-luna",
        servedModels: ["gpt-6-luna-2026-09-01"],
        temperature: null,
        repeats: 1,
        items: 10,
        scored: 7,
        wrong: 1,
        refused: 1,
        truncated: 1,
        failed: 1
      })
      // The failed item is in neither mean; the two without an answer are wrong in one and absent in the other.
      assert.closeTo(arm?.score.mean ?? Number.NaN, 6 / 9, 1e-12)
      assert.strictEqual(arm?.score.n, 9)
      assert.closeTo(arm?.scorers[0]?.noAnswerExcluded.mean ?? Number.NaN, 6 / 7, 1e-12)
      assert.deepStrictEqual(report.failures, [
        { reason: "ServerError", items: 1, advice: "Try again later." }
      ])
      assert.deepStrictEqual(report.usage, {
        inputTokens: 900,
        cachedInputTokens: 90,
        outputTokens: 180,
        reasoningTokens: 45
      })
      assert.strictEqual(report.costUsd, 0.00018)
      assert.strictEqual(arm?.costUsd, 0.00018)
      assert.isTrue(report.complete)
      yield* Schema.decodeUnknownEffect(BenchmarkReport)(JSON.parse(JSON.stringify(report)))
    }).pipe(Effect.provide(world))
  )

  it.effect("has the fields that its JSON promises, nested as promised", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(sums(rows(1)), { name: "first" }).pipe(
        Effect.provide(FakeGenerate.layer(right))
      )
      assert.containsAllKeys(report, [
        "spillway",
        "benchmark",
        "run",
        "mode",
        "simulated",
        "elapsedSeconds",
        "requests",
        "usage",
        "costUsd",
        "arms"
      ])
      assert.containsAllKeys(report.requests, [
        "items",
        "answered",
        "noAnswer",
        "failed",
        "fromStore",
        "sent",
        "retries",
        "rateLimited",
        "unknownOutcome"
      ])
      assert.containsAllKeys(report.arms[0], [
        "model",
        "servedModels",
        "temperature",
        "repeats",
        "items",
        "scored",
        "refused",
        "truncated",
        "failed",
        "score",
        "latencySeconds",
        "costUsd"
      ])
      assert.deepInclude(report, {
        benchmark: "sums",
        run: "first",
        mode: "online",
        simulated: false
      })
    }).pipe(Effect.provide(world))
  )

  it.effect(
    "goes on where it stopped: nothing is sent twice, and the report is that of one go",
    () =>
      Effect.gen(function* () {
        const sent: Array<string> = []
        const run = (stopAfter?: number) =>
          BenchmarkRun.execute(sums(rows(8))).pipe(
            Effect.provide(
              FakeGenerate.layer(right, { sent, ...(stopAfter === undefined ? {} : { stopAfter }) })
            )
          )
        const stopped = yield* Effect.flip(run(3))
        assert.strictEqual(stopped._tag, "BenchmarkStopped")
        if (stopped._tag !== "BenchmarkStopped") return
        assert.strictEqual(stopped[Runtime.errorExitCode], 3)
        assert.deepInclude(stopped.report.requests, { items: 8, answered: 3, missing: 5 })
        assert.isFalse(stopped.report.complete)
        assert.include(stopped.report.stopped ?? "", "No credit left")

        const finished = yield* run()
        assert.strictEqual(new Set(sent).size, 8)
        assert.strictEqual(sent.length, 8)
        assert.deepInclude(finished.requests, { answered: 8, sent: 5, fromStore: 3, missing: 0 })
        assert.strictEqual(finished.arms[0]?.score.mean, 1)
        assert.isTrue(finished.complete)
      }).pipe(Effect.provide(world))
  )

  it.effect("runs arms side by side and repeats every item", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const report = yield* BenchmarkRun.execute(sums(rows(4)), {
        models: ["gpt-4.1-mini", "gpt-6-luna"],
        temperatures: [1],
        repeats: 3
      }).pipe(
        Effect.provide(
          FakeGenerate.layer(
            (prompt, { request }) =>
              request.model === "gpt-6-luna" || prompt !== "1+1" ? right(prompt) : answer("7"),
            { sent }
          )
        )
      )
      assert.strictEqual(report.requests.items, 24)
      assert.deepStrictEqual(sent.slice(0, 2), ["gpt-4.1-mini 1+1", "gpt-6-luna 1+1"])
      const [mini, luna] = report.arms
      assert.deepInclude(mini, { label: "gpt-4.1-mini t=1", items: 12, repeats: 3, wrong: 3 })
      assert.strictEqual(mini?.score.mean, 0.75)
      // Repeats that agree are no new evidence: the interval is that of 3 right in 4.
      assert.closeTo(mini?.score.ci95?.[0] ?? Number.NaN, 0.3006, 5e-5)
      assert.closeTo(mini?.score.ci95?.[1] ?? Number.NaN, 0.9544, 5e-5)
      assert.strictEqual(luna?.score.mean, 1)
    }).pipe(Effect.provide(world))
  )

  it.effect("takes items of equal content for different samples", () =>
    Effect.gen(function* () {
      let nth = 0
      const report = yield* BenchmarkRun.execute(
        sums([
          { a: 1, b: 1 },
          { a: 1, b: 1 }
        ])
      ).pipe(Effect.provide(FakeGenerate.layer(() => answer(nth++ === 0 ? "2" : "3"))))
      assert.strictEqual(report.requests.sent, 2)
      assert.strictEqual(report.arms[0]?.score.mean, 0.5)
    }).pipe(Effect.provide(world))
  )

  it.effect("reruns only what changed when the dataset is shuffled, grown or edited", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const run = (items: ReadonlyArray<unknown>) =>
        BenchmarkRun.execute(sums(items)).pipe(Effect.provide(FakeGenerate.layer(right, { sent })))
      yield* run(rows(5))
      sent.length = 0
      yield* run([{ a: 2, b: 2 }, ...rows(5).reverse(), { a: 3, b: 3 }].slice(0, 6))
      assert.deepStrictEqual(sent, ["gpt-6-luna 2+2"])
    }).pipe(Effect.provide(world))
  )

  it.effect("starts over when asked to", () =>
    Effect.gen(function* () {
      const run = (fresh: boolean) =>
        BenchmarkRun.execute(sums(rows(3)), { fresh }).pipe(
          Effect.provide(FakeGenerate.layer(right))
        )
      yield* run(false)
      assert.strictEqual((yield* run(false)).requests.sent, 0)
      assert.strictEqual((yield* run(true)).requests.sent, 3)
    }).pipe(Effect.provide(world))
  )

  it.effect("keeps failures of an earlier start unless told to try them again", () =>
    Effect.gen(function* () {
      const run = (retryFailed: boolean, reply: (prompt: string) => FakeGenerate.Reply) =>
        BenchmarkRun.execute(sums(rows(3)), { retryFailed }).pipe(
          Effect.provide(FakeGenerate.layer(reply))
        )
      const failing = (prompt: string) =>
        prompt === "1+1" ? FakeGenerate.failure("TimedOut") : right(prompt)
      assert.strictEqual((yield* run(false, failing)).requests.failed, 1)
      assert.deepInclude((yield* run(false, right)).requests, { failed: 1, sent: 0 })
      assert.deepInclude((yield* run(true, right)).requests, { failed: 0, sent: 1 })
    }).pipe(Effect.provide(world))
  )

  it.effect("stops once more have failed than allowed, with exit code 1", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const error = yield* BenchmarkRun.execute(sums(rows(1_000)), { maxFailed: 0.01 }).pipe(
        Effect.provide(FakeGenerate.layer(() => FakeGenerate.failure("ServerError"), { sent })),
        Effect.flip
      )
      assert.strictEqual(error._tag, "BenchmarkStopped")
      if (error._tag !== "BenchmarkStopped") return
      assert.strictEqual(error[Runtime.errorExitCode], 1)
      assert.include(error.message, "more than the 1% allowed")
      assert.isBelow(sent.length, 300)
    }).pipe(Effect.provide(world))
  )

  it.effect("goes on when a scorer throws: that answer has no score, with the reason", () =>
    Effect.gen(function* () {
      const picky: Scorer.Scorer<typeof Sum.Type> = {
        name: "picky",
        version: 2,
        score: ({ item, text, target }) => {
          if (item.b === 2) throw new RangeError("not this one")
          return text === target
        }
      }
      const report = yield* BenchmarkRun.execute(sums(rows(4), { scorers: [picky] })).pipe(
        Effect.provide(FakeGenerate.layer(right))
      )
      assert.deepInclude(report.arms[0]?.scorers[0], { scorer: "picky@2", scoreFailed: 1 })
      assert.deepInclude(report.arms[0]?.score, { mean: 1, n: 3 })
      assert.deepStrictEqual(report.scoreFailures, [
        { scorer: "picky@2", reason: "RangeError: not this one" }
      ])
    }).pipe(Effect.provide(world))
  )

  it.effect(
    "sends nothing where an item is broken, an arm impossible or the definition wrong",
    () =>
      Effect.gen(function* () {
        const sent: Array<string> = []
        const fail = (
          benchmark: Benchmark.Benchmark<typeof Sum.Type>,
          options: BenchmarkRun.Options = {}
        ) =>
          Effect.flip(
            BenchmarkRun.execute(benchmark, options).pipe(
              Effect.provide(FakeGenerate.layer(right, { sent }))
            )
          )
        const broken = yield* fail(sums([...rows(500), { a: 1 }]))
        assert.include(broken.message, "line 501, field b")
        assert.strictEqual((yield* fail(sums(rows(1)), { temperatures: [9] }))._tag, "ArmError")
        assert.strictEqual((yield* fail(sums(rows(1), { name: "" })))._tag, "BenchmarkError")
        assert.strictEqual((yield* fail(sums([])))._tag, "DatasetError")
        assert.deepStrictEqual(sent, [])
      }).pipe(Effect.provide(world))
  )

  it.effect("reports null, not NaN, where nothing was answered", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(sums(rows(2))).pipe(
        Effect.provide(FakeGenerate.layer(() => FakeGenerate.failure("ServerError")))
      )
      assert.deepInclude(report.arms[0], {
        score: { mean: null, ci95: null, n: 0 },
        latencySeconds: { p50: null, p95: null, p99: null },
        costUsd: 0
      })
    }).pipe(Effect.provide(world))
  )

  it.effect("says that a cost is unknown rather than 0", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(sums(rows(2)), { models: ["my-model"] }).pipe(
        Effect.provide(FakeGenerate.layer(() => answer("2", { unpriced: true, cost: 0 })))
      )
      assert.isNull(report.costUsd)
      assert.isNull(report.arms[0]?.costUsd)
      assert.include(report.warnings.join(" "), "my-model")
    }).pipe(Effect.provide(world))
  )

  it.effect("leaves its report in the store", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(sums(rows(2))).pipe(
        Effect.provide(FakeGenerate.layer(right))
      )
      const store = yield* CheckpointStore
      const [run] = yield* Stream.runCollect(store.runs)
      const kept = yield* Stream.runCollect(store.records(run?.id ?? "", "Reported"))
      assert.deepStrictEqual(
        kept.map((record) => record._tag === "Reported" && record.report),
        [report]
      )
    }).pipe(Effect.provide(world))
  )

  it.effect("runs a display beside the generation and ends it with it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      yield* BenchmarkRun.execute(sums(rows(2)), {
        beside: ({ total, arms }) =>
          Effect.sync(() => seen.push(`${total} in ${arms.length}`)).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Effect.sync(() => seen.push("gone")))
          )
      }).pipe(Effect.provide(FakeGenerate.layer(right)))
      assert.deepStrictEqual(seen, ["2 in 1", "gone"])
    }).pipe(Effect.provide(world))
  )

  it.effect("is marked as simulated where the provider is", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(sums(rows(1))).pipe(
        Effect.provide(FakeGenerate.layer(right, { simulated: true }))
      )
      assert.isTrue(report.simulated)
    }).pipe(Effect.provide(world))
  )
})
