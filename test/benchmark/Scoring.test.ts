import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, FileSystem, Layer, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore, type Journal, StoreError } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import { runToEnd } from "spillway/testing"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

const echo = (count: number, more: Partial<Benchmark.Definition<string>> = {}) =>
  Benchmark.make({
    name: "echo",
    item: Schema.String,
    dataset: Dataset.array(Array.from({ length: count }, (_, n) => `item ${n}`)),
    prompt: (item) => item,
    target: (item) => item,
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    request: { model: "gpt-6-luna", maxOutputTokens: 100 },
    ...more
  })

const world = Layer.mergeAll(
  MemoryCheckpointStore.layer,
  BuiltInModelCatalog.layer,
  FileSystem.layerNoop({})
)

const execute = <Item, Answer>(
  benchmark: Benchmark.Benchmark<Item, Answer>,
  options: BenchmarkRun.Options = {},
  reply: (prompt: string) => FakeGenerate.Reply = (prompt) => answer(prompt)
) => BenchmarkRun.execute(benchmark, options).pipe(Effect.provide(FakeGenerate.layer(reply)))

const results = (name = "echo") =>
  Effect.gen(function* () {
    const store = yield* CheckpointStore
    const run = yield* store.find(name)
    return yield* Stream.runCollect(store.results(run._tag === "Some" ? run.value.id : ""))
  })

/** The store with another journal. */
const withJournal = (change: (journal: Journal) => Partial<Journal>) =>
  Effect.provideServiceEffect(
    CheckpointStore,
    Effect.map(CheckpointStore, (store) =>
      CheckpointStore.of({
        ...store,
        open: (run) =>
          Effect.map(store.open(run), (journal) => ({ ...journal, ...change(journal) }))
      })
    )
  )

describe("the scoring pass", () => {
  it.effect("does not let scorers that hang wait for one another", () =>
    runToEnd(
      Effect.gen(function* () {
        const before = yield* Clock.currentTimeMillis
        const hanging: Scorer.Scorer = { name: "hangs", version: 1, score: () => Effect.never }
        const report = yield* execute(echo(32, { scorers: [Scorer.exactMatch, hanging] }))
        assert.strictEqual(report.arms[0]?.score.mean, 1)
        assert.strictEqual(report.arms[0]?.scorers[1]?.scoreFailed, 32)
        // 16 at once, a minute each, and the first slice of a pass is smaller: three minutes of virtual time.
        const minutes = ((yield* Clock.currentTimeMillis) - before) / 60_000
        assert.isTrue(minutes >= 3 && minutes < 4)
        assert.deepStrictEqual((yield* results())[0]?.trials[0]?.scores, [
          { scorer: "exactMatch@1", value: 1 },
          { scorer: "hangs@1", failed: "no score after 1m" }
        ])
      })
    ).pipe(Effect.provide(world))
  )

  it.effect("gives every item its own score, whichever scorer ends first", () =>
    runToEnd(
      Effect.gen(function* () {
        const slow = Scorer.custom("slow", 1, ({ text }) => {
          const n = Number(text.slice(5))
          return Effect.as(Effect.sleep(1_000 - 10 * n), { value: n / 100, extracted: text })
        })
        yield* execute(echo(40, { scorers: [slow] }))
        assert.deepStrictEqual(
          (yield* results()).map(({ itemId: _, trials: [trial] }) => trial?.scores),
          Array.from({ length: 40 }, (_, n) => [
            { scorer: "slow@1", value: n / 100, extracted: `item ${n}` }
          ])
        )
      })
    ).pipe(Effect.provide(world))
  )

  it.effect("fails the one item that a scorer throws on, with the reason, and keeps it", () =>
    Effect.gen(function* () {
      const picky = Scorer.custom("picky", 1, ({ text }) => {
        if (text === "item 1") throw new RangeError("not this one")
        return true
      })
      const report = yield* execute(echo(3, { scorers: [picky] }))
      assert.deepInclude(report.arms[0]?.score, { mean: 1, n: 2 })
      const [first, second] = yield* results()
      assert.deepStrictEqual(first?.trials[0]?.scores, [{ scorer: "picky@1", value: 1 }])
      assert.deepStrictEqual(second?.trials[0]?.scores, [
        { scorer: "picky@1", failed: "RangeError: not this one" }
      ])
    }).pipe(Effect.provide(world))
  )

  it.effect(
    "takes answers of 10 MB one at a time once it has seen some, and keeps little of them",
    () =>
      Effect.gen(function* () {
        const huge = "7".repeat(10_000_000)
        const asked: Array<number> = []
        const whole = Scorer.custom("whole", 1, ({ text }) => ({
          value: true,
          extracted: text,
          explanation: text
        }))
        const benchmark = echo(40, { scorers: [whole] })
        yield* execute(benchmark, {}, () => answer(huge))
        const report = yield* execute(benchmark, {}, () => answer("none is sent")).pipe(
          withJournal((journal) => ({
            lookup: (keys) => {
              asked.push(keys.length)
              return journal.lookup(keys)
            }
          }))
        )
        assert.strictEqual(report.requests.sent, 0)
        // One by one by the generating, then eight to see how large they are, then one at a time.
        const scoring = asked.slice(40)
        assert.deepStrictEqual(scoring, [8, ...Array(32).fill(1)])
        const kept = yield* results()
        assert.lengthOf(kept, 40)
        assert.isBelow(JSON.stringify(kept).length, 40 * 2_000)
      }).pipe(Effect.provide(world))
  )

  it.effect("that the store cannot keep loses nothing that was paid", () =>
    Effect.gen(function* () {
      const full = new StoreError({
        reason: "full",
        operation: "replaceResults",
        problem: "The disk is full.",
        fix: "Make room."
      })
      const error = yield* execute(echo(20)).pipe(
        withJournal(() => ({
          replaceResults: (items) => Effect.andThen(Stream.runDrain(items), Effect.fail(full))
        })),
        Effect.flip
      )
      assert.strictEqual(error, full)
      const report = yield* execute(echo(20))
      assert.deepInclude(report.requests, { sent: 0, answered: 20, fromStore: 20 })
      assert.lengthOf(yield* results(), 20)
    }).pipe(Effect.provide(world))
  )

  it.effect("keeps of every item what reports and exports need", () =>
    Effect.gen(function* () {
      const benchmark = echo(0, {
        dataset: Dataset.array(["a", "b"]),
        prompt: {
          plain: (item) => item,
          seen: (item) => [
            { role: "user", content: [item, { image: "https://example.test/a.png" }] }
          ]
        },
        tags: (item) => [`tag ${item}`, "all"],
        group: (item) => (item === "a" ? "first" : undefined),
        request: { model: "gpt-6-luna", system: "Be brief.", maxOutputTokens: 9 },
        id: (item) => `id ${item}`
      })
      yield* execute(benchmark, { repeats: 2, limit: 2 }, (prompt) =>
        prompt === "b" ? answer("b") : FakeGenerate.failure("ServerError")
      )
      const [a, b] = yield* results()
      const system = { role: "system", text: "Be brief." }
      const { trials, ...item } = a ?? { trials: [] }
      assert.deepStrictEqual(item, {
        itemId: "id a",
        index: 0,
        line: 1,
        target: "a",
        tags: ["tag a", "all"],
        group: "first",
        prompts: [
          { variant: "plain", messages: [system, { role: "user", text: "a" }] },
          { variant: "seen", messages: [system, { role: "user", text: "a\n[image]" }] }
        ]
      })
      assert.deepStrictEqual(
        trials.map(({ arm, repeat, end }) => [arm, repeat, end]),
        [
          ["gpt-6-luna prompt=plain", 0, "failed"],
          ["gpt-6-luna prompt=plain", 1, "failed"],
          ["gpt-6-luna prompt=seen", 0, "failed"],
          ["gpt-6-luna prompt=seen", 1, "failed"]
        ]
      )
      assert.strictEqual(trials[0]?.failure?.reason, "ServerError")
      assert.isFalse(b !== undefined && "group" in b)
      assert.deepInclude(b?.trials[0], {
        end: "scored",
        scores: [{ scorer: "exactMatch@1", value: 1 }],
        servedModel: "gpt-6-luna-2026-09-01",
        cost: 20_000,
        latencyMs: 1_000,
        inputTokens: 100,
        outputTokens: 20
      })
    }).pipe(Effect.provide(world))
  )

  it.effect("of another scorer alone sends nothing, and replaces results and report", () =>
    Effect.gen(function* () {
      yield* execute(echo(5))
      const sent: Array<string> = []
      const long = Scorer.custom("long", 1, ({ text }) => text.length > 3)
      const report = yield* BenchmarkRun.rescore(echo(6, { scorers: [long] })).pipe(
        Effect.provide(FakeGenerate.layer((prompt) => answer(prompt), { sent }))
      )
      assert.deepStrictEqual(sent, [])
      // The sixth item has no answer yet, and gets none.
      assert.deepInclude(report.requests, { items: 6, answered: 5, missing: 1, sent: 0 })
      assert.isFalse(report.complete)
      assert.strictEqual(report.arms[0]?.scorers[0]?.scorer, "long@1")
      const kept = yield* results()
      assert.deepStrictEqual(
        kept.map(({ trials }) => [trials[0]?.end, trials[0]?.scores[0]?.scorer]),
        [...Array(5).fill(["scored", "long@1"]), ["missing", undefined]]
      )
    }).pipe(Effect.provide(world))
  )
})
