/** Scoring stored answers again: nothing is sent but to judges, and results and report take the place of the old ones. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import type { ActiveRun } from "spillway/run/ActiveRun"
import * as Judge from "spillway/scorer/Judge"
import * as JudgeRubric from "spillway/scorer/JudgeRubric"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

type Scorers = Benchmark.Benchmark<number>["scorers"]

const numbers = (scorers: Scorers) =>
  Benchmark.make({
    ...{ name: "numbers", item: Schema.Finite, noAnswer: "wrong", scorers },
    dataset: Dataset.array([1, 2, 3, 4, 5, 6]),
    prompt: (n) => `n ${n}`,
    target: (n) => String(n),
    request: { model: "gpt-6-luna", maxOutputTokens: 100 }
  })

const world = Layer.mergeAll(
  MemoryCheckpointStore.layer,
  BuiltInModelCatalog.layer,
  FileSystem.layerNoop({})
)

/** Odd numbers in words around them, even ones alone. */
const reply = (prompt: string) => {
  const n = Number(prompt.slice(2))
  return answer(n % 2 === 0 ? String(n) : `It is ${n}, I think.`)
}

/** A provider that must not be asked. */
const silent = FakeGenerate.layer(() => {
  throw new Error("scoring has sent a request")
})

const stored = Effect.gen(function* () {
  const store = yield* CheckpointStore
  const run = Option.getOrThrow(yield* store.find("numbers"))
  const rows = yield* Stream.runCollect(store.results(run.id))
  const reports = yield* Stream.runCollect(store.records(run.id, "Reported"))
  return {
    run,
    reports: reports.length,
    scorers: [...new Set(rows.flatMap((row) => row.trials[0]?.scores.map((one) => one.scorer)))],
    values: rows.map(({ trials }) => trials[0]?.scores.map(({ value }) => value))
  }
})

const short = JudgeRubric.make({
  ...{ name: "short", version: 1, criteria: "It is short." },
  grades: [
    { name: "good", value: 1, meaning: "It is." },
    { name: "bad", value: 0, meaning: "It is not." }
  ]
})

describe("scoring again", () => {
  it.effect("costs nothing, and puts new results and a new report in the place of the old", () =>
    Effect.gen(function* () {
      const first = yield* BenchmarkRun.execute(numbers([Scorer.exactMatch]), { repeats: 2 }).pipe(
        Effect.provide(FakeGenerate.layer(reply))
      )
      assert.strictEqual(first.arms[0]?.score.mean, 0.5)
      const before = yield* stored
      const again = yield* BenchmarkRun.rescore(
        numbers([Scorer.lastNumber, Scorer.custom("none", 3, () => 0)]),
        { repeats: 2 }
      ).pipe(Effect.provide(silent))
      assert.strictEqual(again.requests.sent, 0)
      assert.strictEqual(again.spentUsd, first.spentUsd)
      assert.deepInclude(again.requests, { items: 12, answered: 12, missing: 0 })
      assert.isTrue(again.complete)
      assert.strictEqual(again.arms[0]?.score.mean, 1)
      const after = yield* stored
      assert.deepStrictEqual(before.scorers, ["exactMatch@1"])
      assert.deepStrictEqual(after.scorers, ["lastNumber@1", "none@3"])
      assert.deepStrictEqual(after.values, Array(6).fill([1, 0]))
      assert.strictEqual(after.reports, before.reports + 1)
      assert.strictEqual(after.run.id, before.run.id)
      assert.strictEqual(after.run.answered, before.run.answered)
    }).pipe(Effect.provide(world))
  )

  it.effect("of an unfinished run says what is missing, and asks for none of it", () =>
    Effect.gen(function* () {
      yield* Effect.flip(
        BenchmarkRun.execute(numbers([Scorer.exactMatch])).pipe(
          Effect.provide(FakeGenerate.layer(reply, { stopAfter: 4 }))
        )
      )
      const report = yield* BenchmarkRun.rescore(numbers([Scorer.lastNumber])).pipe(
        Effect.provide(silent)
      )
      assert.isFalse(report.complete)
      assert.deepInclude(report.requests, { items: 6, answered: 4, missing: 2, sent: 0 })
      assert.strictEqual(report.arms[0]?.score.mean, 1)
      assert.strictEqual(report.arms[0]?.score.n, 4)
    }).pipe(Effect.provide(world))
  )

  it.effect(
    "makes no run, and throws no results away for a benchmark that has none of the answers",
    () =>
      Effect.gen(function* () {
        const nothing = yield* Effect.flip(BenchmarkRun.rescore(numbers([Scorer.exactMatch])))
        assert.match(nothing.message, /holds no run "numbers".*Run it first/)
        const store = yield* CheckpointStore
        assert.isTrue(Option.isNone(yield* store.find("numbers")))

        yield* BenchmarkRun.execute(numbers([Scorer.exactMatch])).pipe(
          Effect.provide(FakeGenerate.layer(reply))
        )
        const before = yield* stored
        const edited = { ...numbers([Scorer.lastNumber]), prompt: (n: number) => `Number ${n}` }
        const refused = yield* Effect.flip(BenchmarkRun.rescore(edited))
        assert.match(refused.message, /None of its requests has an answer in the run "numbers"/)
        assert.deepStrictEqual(yield* stored, before)
      }).pipe(Effect.provide([world, silent]))
  )

  it.effect("asks a judge again whose verdict failed, where that is asked for", () =>
    Effect.gen(function* () {
      yield* BenchmarkRun.execute(numbers([Scorer.exactMatch])).pipe(
        Effect.provide(FakeGenerate.layer(reply))
      )
      const graded = numbers([Judge.make({ rubric: short, request: { model: "gpt-6-sol" } })])
      const scored = (verdict: FakeGenerate.Reply, retryFailed: boolean) =>
        BenchmarkRun.rescore(graded, { retryFailed }).pipe(
          Effect.provide(FakeGenerate.layer(() => verdict))
        )
      const good = answer('{"reasoning":"So.","grade":"good"}')
      const failed = yield* scored(FakeGenerate.failure("ServerError"), false)
      assert.deepInclude(failed.judges?.[0], { asked: 6, judged: 0 })
      assert.deepInclude((yield* scored(good, false)).judges?.[0], { asked: 6, judged: 0 })
      assert.deepInclude((yield* scored(good, true)).judges?.[0], { asked: 6, judged: 6 })
    }).pipe(Effect.provide(world))
  )

  it.effect("asks a new judge about the answers that are there, and once", () =>
    Effect.gen(function* () {
      yield* BenchmarkRun.execute(numbers([Scorer.exactMatch])).pipe(
        Effect.provide(FakeGenerate.layer(reply))
      )
      const judge = Judge.make({ rubric: short, request: { model: "gpt-6-sol" } })
      const sent: Array<string> = []
      const judging = FakeGenerate.layer(
        (_, { request }) => {
          assert.strictEqual(request.model, "gpt-6-sol")
          return answer('{"reasoning":"So.","grade":"good"}')
        },
        { sent }
      )
      const withJudge = numbers([Scorer.exactMatch, judge])
      let shown: ActiveRun | undefined
      const report = yield* BenchmarkRun.rescore(withJudge, {
        beside: ({ active }) =>
          Effect.sync(() => {
            shown = active
          })
      }).pipe(Effect.provide(judging))
      // What a display counts up to.
      assert.strictEqual(shown?.counters.added, 6)
      assert.strictEqual(sent.length, 6)
      assert.deepInclude(report.judges?.[0], { asked: 6, judged: 6 })
      assert.strictEqual(report.arms[0]?.scorers[1]?.noAnswerWrong.mean, 1)
      const again = yield* BenchmarkRun.rescore(withJudge).pipe(Effect.provide(judging))
      assert.strictEqual(sent.length, 6)
      assert.strictEqual(again.spentUsd, report.spentUsd)
      assert.isAbove(report.spentUsd, report.costUsd ?? 0)
    }).pipe(Effect.provide(world))
  )

  it.effect("has the reason of a scorer that throws, and the scores of the others", () =>
    Effect.gen(function* () {
      yield* BenchmarkRun.execute(numbers([Scorer.exactMatch])).pipe(
        Effect.provide(FakeGenerate.layer(reply))
      )
      const throwing = Scorer.custom("throwing", 1, ({ text }) => {
        if (text === "4") throw new RangeError("no fours")
        return true
      })
      const report = yield* BenchmarkRun.rescore(numbers([Scorer.lastNumber, throwing])).pipe(
        Effect.provide(silent)
      )
      const [first, second] = report.arms[0]?.scorers ?? []
      assert.strictEqual(first?.scoreFailed, 0)
      assert.strictEqual(second?.scoreFailed, 1)
      assert.deepStrictEqual(report.scoreFailures, [
        { scorer: "throwing@1", reason: "RangeError: no fours" }
      ])
      const { values } = yield* stored
      assert.deepStrictEqual(values[3], [1, undefined])
    }).pipe(Effect.provide(world))
  )
})
