/** One seed, one report: however often a benchmark is broken off, and by whichever way it is answered. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Exit, FileSystem, Layer, Schema, Scope } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore, type Journal } from "spillway/checkpoint/CheckpointStore"
import { BatchConfig, defaults } from "spillway/config/BatchConfig"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import type { Mode } from "spillway/layers/presets/Mode"
import * as Offline from "spillway/layers/presets/Offline"
import * as BenchmarkResponder from "spillway/simulator/BenchmarkResponder"
import { TestTime } from "spillway/testing"
import { folder } from "../cli/Cli.ts"
import { differences } from "../report/Differences.ts"

const Sum = Schema.Struct({ a: Schema.Int, b: Schema.Int })

const ITEMS = 60
const REPEATS = 2

const sums = Benchmark.make({
  name: "sums",
  item: Sum,
  dataset: Dataset.array(Array.from({ length: ITEMS }, (_, n) => ({ a: n, b: 2 * n + 1 }))),
  prompt: ({ a, b }) => `${a}+${b}`,
  target: ({ a, b }) => String(a + b),
  scorers: [Scorer.lastNumber],
  noAnswer: "wrong",
  request: { model: "gpt-6-luna", maxOutputTokens: 100 }
})

const responder = BenchmarkResponder.fromTargets(({ prompt }) => {
  const [a = Number.NaN, b = Number.NaN] = prompt.text.split("+").map(Number)
  return String(a + b)
})

const settings = (directory: string) =>
  Layer.succeed(BatchConfig, {
    ...{ ...defaults, directory },
    ...{ minPoll: Duration.millis(20), maxPoll: Duration.millis(50), patience: Duration.zero }
  })

/** One start with a simulated provider of its own, as with `--offline`. */
const start = (
  store: CheckpointStore["Service"],
  { latency = 1, mode = "online" }: { readonly latency?: number; readonly mode?: Mode } = {}
) =>
  BenchmarkRun.execute(sums, { temperatures: [0, 0.7, 1], repeats: REPEATS }).pipe(
    Effect.provide([
      Offline.layer({
        ...{ mode, latency, responder, seed: 5, tier: "unlimited" },
        store: Layer.succeed(CheckpointStore, store)
      }),
      FileSystem.layerNoop({})
    ])
  )

const memory = Effect.map(Layer.build(MemoryCheckpointStore.layer), (context) =>
  Context.get(context, CheckpointStore)
)

/**
 * A start that dies without a word once it has written down so many answers: nothing that it does reaches the store any
 * more, and its fibers wait for ever.
 */
const killedAfter = Effect.fnUntraced(function* (
  store: CheckpointStore["Service"],
  answers: number
) {
  const died = yield* Deferred.make<void>()
  const lock = yield* Scope.make()
  let left = answers
  const append =
    (journal: Journal): Journal["append"] =>
    (records) =>
      Effect.suspend(() => {
        if (left <= 0) return Effect.andThen(Deferred.succeed(died, undefined), Effect.never)
        left -= records.filter(({ _tag }) => _tag === "Answered").length
        return journal.append(records)
      })
  const mortal = CheckpointStore.of({
    ...store,
    open: (options) =>
      Effect.map(Scope.provide(store.open(options), lock), (journal) => ({
        ...journal,
        append: append(journal)
      }))
  })
  yield* Effect.forkDetach(start(mortal))
  yield* Deferred.await(died)
  // The lock dies with the process.
  yield* Scope.close(lock, Exit.void)
})

describe("the report of a benchmark", () => {
  it.effect("is that of an uninterrupted run after it was killed again and again", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const whole = yield* start(yield* memory)
        const store = yield* memory
        for (const answers of [1, 70, 130]) yield* killedAfter(store, answers)
        const resumed = yield* start(store)
        const { fromStore, sent, unknownOutcome } = resumed.requests
        assert.isAtLeast(fromStore, 201)
        assert.strictEqual(fromStore + sent, REPEATS * ITEMS * 3)
        assert.isAbove(unknownOutcome, 0)
        assert.isAbove(resumed.spentUsd, whole.spentUsd)
        assert.deepStrictEqual(differences(whole, resumed), [])
        // Repeats are samples of their own, and not copies of each other.
        const [cold, , warm] = resumed.arms.map(({ repeated }) => repeated?.agreement.allEqual)
        assert.strictEqual(cold, 1)
        assert.isBelow(warm ?? 1, 1)
      }).pipe(Effect.scoped)
    )
  )

  for (const mode of ["batch", "hybrid"] as const) {
    it.live(`is the same in ${mode} mode as in real time`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        const ask = (mode: Mode) =>
          Effect.flatMap(memory, (store) => start(store, { mode, latency: 0 })).pipe(
            Effect.provide(settings(directory))
          )
        const batches = yield* ask(mode)
        assert.isAbove(batches.cost?.batchUsd ?? 0, 0)
        const online = yield* ask("online")
        assert.deepStrictEqual(differences(online, batches, { otherRoutes: true }), [])
      })
    )
  }
})
