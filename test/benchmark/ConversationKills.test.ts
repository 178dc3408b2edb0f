/** However often conversations are stopped, and whatever they are: the end is that of an uninterrupted run, at its price. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { GenerateItem } from "spillway/generate/Generate"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import { digest, seeded } from "spillway/random/Seeded"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

/** Items, some of them alike, whose conversations depend on what was answered. */
const benchmark = (seed: number) => {
  const random = seeded(seed, "conversations")
  const items = Array.from({ length: 12 }, () => random.below(6))
  return Benchmark.make({
    name: "random",
    item: Schema.Finite,
    dataset: Dataset.array(items),
    prompt: { plain: (n) => `say ${n % 3}`, polite: (n) => `please say ${n % 3}` },
    next: (n, turns) => {
      const said = Number(turns.at(-1)?.text ?? 0)
      if (said % 5 === 0) return undefined
      if (said % 7 === 1) throw new RangeError("unlucky")
      return said % 2 === n % 2 ? `and then, ${n}` : { prompt: `of its own: ${said}` }
    },
    maxTurns: 4,
    secondTry: { maxOutputTokens: 50 },
    target: (n) => String(n * 10),
    scorers: [Scorer.custom("least", 1, ({ text, turns }) => Number(text) / 100 / turns.length)],
    noAnswer: "wrong",
    request: { model: "gpt-6-luna", maxOutputTokens: 10 }
  })
}

/** The same answer to the same request at every start; now and then none, or a failure. */
const reply = ({ key }: Pick<GenerateItem, "key">): FakeGenerate.Reply => {
  const said = Math.abs(digest(key)) % 100
  if (said >= 97) return FakeGenerate.failure("ServerError")
  if (said >= 93) return answer("", { refusal: "No." })
  return said >= 80 ? answer("", { finishReason: "length" }) : answer(String(said))
}

const world = Layer.fresh(
  Layer.mergeAll(MemoryCheckpointStore.layer, BuiltInModelCatalog.layer, FileSystem.layerNoop({}))
)

/** Started until it ends, stopped after so many requests each time. */
const finished = (seed: number, options: BenchmarkRun.Options, stops: () => number | undefined) =>
  Effect.gen(function* () {
    const sent: Array<string> = []
    let paid = 0
    const store = yield* CheckpointStore
    while (true) {
      const stopAfter = stops()
      const ended = yield* BenchmarkRun.execute(benchmark(seed), options).pipe(
        Effect.provide(
          FakeGenerate.layer(
            (_, item) => {
              const said = reply(item)
              sent.push(item.key)
              paid += "cost" in said ? said.cost : 0
              return said
            },
            stopAfter === undefined ? {} : { stopAfter }
          )
        ),
        Effect.result
      )
      if (ended._tag === "Failure") {
        assert.strictEqual(ended.failure._tag, "BenchmarkStopped")
        continue
      }
      const { arms, comparisons, failures, usage, costUsd } = ended.success
      const [run] = yield* Stream.runCollect(store.runs)
      const results = yield* Stream.runCollect(store.results(run?.id ?? ""))
      assert.strictEqual(costUsd, paid / 1e9)
      return { report: { arms, comparisons, failures, usage, costUsd }, results, sent }
    }
  }).pipe(Effect.provide(world))

describe("conversations that are stopped", () => {
  for (const dedupe of [false, true]) {
    it.effect(`come to the same end at the same price, ${dedupe ? "shared" : "apart"}`, () =>
      Effect.gen(function* () {
        const options = { repeats: 2, temperatures: [0, 1], dedupe }
        let turns = 0
        for (let seed = 1; seed <= 6; seed++) {
          const whole = yield* finished(seed, options, () => undefined)
          const random = seeded(seed, "stops")
          const stopped = yield* finished(seed, options, () => 10 + random.below(90))
          assert.deepStrictEqual(stopped.report, whole.report)
          assert.deepStrictEqual(stopped.results, whole.results)
          // No request of the one is sent twice in the other, and none is left out.
          assert.deepStrictEqual([...stopped.sent].sort(), [...whole.sent].sort())
          assert.strictEqual(new Set(whole.sent).size, whole.sent.length)
          const keys = whole.results.flatMap(({ trials }) => trials.flatMap((trial) => trial.keys))
          assert.strictEqual(new Set(keys).size, whole.sent.length)
          turns = Math.max(
            turns,
            ...whole.results.flatMap((one) => one.trials.map((t) => t.keys.length))
          )
        }
        assert.isAtLeast(turns, 4)
      })
    )
  }
})
