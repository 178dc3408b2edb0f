/** Conversations in every mode: rounds of batches and of real time, stopped and started again, each turn paid for once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { ActiveRun } from "spillway/run/ActiveRun"
import { interrupted } from "spillway/run/RunProcess"
import { text } from "spillway/simulator/Responder"
import { answer } from "spillway/testing"
import * as World from "../batch-jobs/BatchWorld.ts"
import * as HybridProgram from "../generate/HybridProgram.ts"
import * as Stack from "../pains/Stack.ts"

const ITEMS = 30

/** Of 30 conversations 10 end after each of the first, second and third answer. */
const counting = Benchmark.make({
  name: "counting",
  item: Schema.Finite,
  dataset: Dataset.array(Array.from({ length: ITEMS }, (_, n) => n)),
  prompt: (n) => `count from ${n}`,
  next: (n, turns) => (turns.length <= n % 3 ? `go on, ${n}` : undefined),
  target: (n) => String(n % 3),
  scorers: [Scorer.exactMatch],
  noAnswer: "wrong",
  request: { model: "gpt-4o-mini", maxOutputTokens: 50 }
})
const TURNS = 60

/** Says how many answers stand before this one. */
const world = World.make({
  tier: "unlimited",
  responder: ({ prompt }) =>
    text(String(prompt.messages.filter(({ role }) => role === "assistant").length))
})

const assertWhole = (report: BenchmarkRun.BenchmarkStopped["report"], at: World.World) => {
  assert.isTrue(report.complete)
  assert.deepInclude(report.requests, { items: ITEMS, answered: ITEMS, failed: 0, missing: 0 })
  assert.strictEqual(report.arms[0]?.score.mean, 1)
  assert.deepStrictEqual(World.bills(at), Array(TURNS).fill(1))
}

/** Interrupts the run as soon as so many answers are there. */
const stopAfter = (answers: number) => ({
  beside: ({ active }: { readonly active: ActiveRun }) =>
    Effect.gen(function* () {
      while (active.counters.answered < answers) yield* Effect.sleep("1 second")
      active.stop(interrupted)
    })
})

describe("conversations", () => {
  for (const last of [3, 30, 31, 49, 59]) {
    it.effect(`in real time, killed at answer ${last}, go on with the others only`, () => {
      let sent = 0
      return Stack.virtually(
        Stack.scripted(
          (call) => {
            sent += 1
            const messages = call.body?.messages
            return answer(String(Array.isArray(messages) ? (messages.length - 1) / 2 : ""))
          },
          { limits: { maxInFlight: 1 } }
        ),
        Effect.gen(function* () {
          const store = yield* CheckpointStore
          let kept = 0
          const dying = CheckpointStore.of({
            ...store,
            open: (run) =>
              Effect.map(store.open(run), (journal) => ({
                ...journal,
                append: (records) =>
                  Effect.tap(journal.append(records), () => {
                    kept += records.filter(({ _tag }) => _tag === "Answered").length
                    return kept >= last ? Effect.die("killed") : Effect.void
                  })
              }))
          })
          const killed = yield* BenchmarkRun.execute(counting).pipe(
            Effect.provideService(CheckpointStore, dying),
            Effect.exit
          )
          assert.include(String(killed), "killed")
          assert.strictEqual(sent, last)
          const report = yield* BenchmarkRun.execute(counting)
          assert.isTrue(report.complete)
          assert.strictEqual(report.arms[0]?.score.mean, 1)
          assert.strictEqual(sent, TURNS)
          assert.strictEqual(report.requests.sent, TURNS - last)
        }).pipe(Effect.provide(FileSystem.layerNoop({})))
      )
    })
  }

  World.test("by batches have one round of batches for each turn", () =>
    Effect.gen(function* () {
      const at = yield* world
      const report = yield* BenchmarkRun.execute(counting).pipe(Effect.provide(World.program(at)))
      assertWhole(report, at)
      assert.strictEqual(report.mode, "batch")
      // Ten lines a batch: 30, 20 and 10 requests.
      assert.strictEqual(World.count(at, "batches.create"), 6)
    })
  )

  World.test("by batches go on from whichever start submitted them, and pay nothing twice", () =>
    Effect.gen(function* () {
      const at = yield* world
      const detached = () =>
        BenchmarkRun.execute(counting, { detach: true }).pipe(
          Effect.provide(World.program(at)),
          Effect.flip
        )
      const stops: Array<string> = []
      for (let round = 0; round < 3; round++) {
        const stopped = yield* detached()
        if (stopped._tag !== "BenchmarkStopped") return assert.fail(stopped._tag)
        stops.push(`${stopped.stopped.why} ${stopped.report.requests.answered}`)
        yield* Effect.sleep("1 day")
      }
      // Each start collects a round and submits the next.
      assert.deepStrictEqual(stops, ["detached 0", "detached 10", "detached 20"])
      const report = yield* BenchmarkRun.execute(counting, { detach: true }).pipe(
        Effect.provide(World.program(at))
      )
      assertWhole(report, at)
      assert.strictEqual(World.count(at, "batches.create"), 6)
    })
  )

  World.test("in hybrid mode go on after an interruption in the middle", () =>
    Effect.gen(function* () {
      const at = yield* world
      const execute = (options: BenchmarkRun.Options) =>
        BenchmarkRun.execute(counting, options).pipe(
          Effect.provide(HybridProgram.program(at, { limits: { requestsPerMinute: 10 } }))
        )
      const stopped = yield* Effect.flip(execute(stopAfter(35)))
      if (stopped._tag !== "BenchmarkStopped") return assert.fail(stopped._tag)
      const { answered } = stopped.report.requests
      assert.isTrue(answered >= 10 && answered < ITEMS)
      const report = yield* execute({})
      assertWhole(report, at)
      assert.strictEqual(report.mode, "hybrid")
      const [run] = yield* Stream.runCollect(at.store.runs)
      const results = yield* Stream.runCollect(at.store.results(run?.id ?? ""))
      assert.deepStrictEqual(
        results.map(({ trials }) => trials[0]?.keys.length),
        Array.from({ length: ITEMS }, (_, n) => 1 + (n % 3))
      )
    })
  )
})
