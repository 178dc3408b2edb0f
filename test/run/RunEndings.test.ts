/** However a run ends, what was sent comes home and is stored; and what is wrong with one item stays with that item. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Result, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { RecordTag } from "spillway/checkpoint/RunRecord"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import type { Delivery } from "spillway/run/Delivery"
import * as Run from "spillway/run/Run"
import { answer, delayed, layer, runToEnd, ScriptedCalls, status } from "spillway/testing"

const request = (word: string) =>
  GenerateRequest.make({ model: "gpt-4o-mini", prompt: word, maxOutputTokens: 20 })

const words = Array.from({ length: 8 }, (_, index) => `word ${index}`)
const run = Run.make({ name: "r", id: (word: string) => word, request, groupSize: 1 })

const sent = ScriptedCalls.use((calls) => Effect.map(calls.all, (all) => all.length))

const logged = Effect.fnUntraced(function* (tag: RecordTag) {
  const store = yield* CheckpointStore
  const found = yield* store.find("r")
  if (found._tag === "None") return 0
  return yield* Stream.runCount(store.records(found.value.id, tag))
})

const keeping = <Item>() => {
  const kept: Array<Delivery<Item>> = []
  const groups: Array<number> = []
  const sink = (group: ReadonlyArray<Delivery<Item>>) =>
    Effect.sync(() => {
      groups.push(group.length)
      kept.push(...group)
    })
  return { kept, groups, sink }
}

/** The first answer is there at once, the others take their time. */
const slow = () => layer((_, n) => (n === 0 ? answer("x") : delayed(answer("x"), "2 seconds")))

describe("what was sent is stored", () => {
  it.effect("where the sink dies", () =>
    runToEnd(
      Effect.gen(function* () {
        const exit = yield* Effect.exit(
          Run.deliver(run, Stream.fromIterable(words), () => Effect.die(new Error("bug")))
        )
        assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
        assert.strictEqual(yield* logged("Answered"), yield* sent)
      }).pipe(Effect.provide(slow()))
    )
  )

  it.effect("where decoding an answer throws", () =>
    runToEnd(
      Effect.gen(function* () {
        const throwing = Run.make({
          name: "r",
          request,
          answer: {
            decode: () => {
              throw new RangeError("bug")
            }
          }
        })
        const exit = yield* Effect.exit(
          Run.deliver(throwing, Stream.fromIterable(words), () => Effect.void)
        )
        assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
        assert.strictEqual(yield* logged("Answered"), yield* sent)
      }).pipe(Effect.provide(slow()))
    )
  )

  it.effect("where an interruption comes into the drain of another stop", () =>
    runToEnd(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          Run.deliver(run, Stream.fromIterable(words), () => Effect.void)
        )
        yield* Effect.sleep("300 millis")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* logged("Answered"), (yield* sent) - 1)
      }).pipe(
        Effect.provide(
          layer((_, n) =>
            n === 3
              ? status(429, { error: { message: "no credit", code: "insufficient_quota" } })
              : delayed(answer("x"), "1 second")
          )
        )
      )
    )
  )

  it.effect("and the report of an interrupted run is kept", () =>
    runToEnd(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          Run.deliver(run, Stream.fromIterable(words), () => Effect.void)
        )
        yield* Effect.sleep("300 millis")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* logged("Answered"), 8)
        assert.strictEqual(yield* logged("Reported"), 1)
      }).pipe(Effect.provide(slow()))
    )
  )

  it.effect("where the source fails: then the failure surfaces", () =>
    runToEnd(
      Effect.gen(function* () {
        const source = Stream.concat(Stream.fromIterable(words), Stream.fail("source" as const))
        const error = yield* Effect.flip(Run.deliver(run, source, () => Effect.void))
        assert.strictEqual(error, "source")
        assert.strictEqual(yield* logged("Answered"), 8)
      }).pipe(Effect.provide(slow()))
    )
  )
})

describe("one item's fault stays with it", () => {
  it.effect(
    "a request that is no JSON, or a function that throws, fails that item by its number",
    () =>
      runToEnd(
        Effect.gen(function* () {
          const odd = Run.make({
            name: "r",
            request: (n: number) => {
              if (n === 1) throw new RangeError("not this one")
              const extra = n === 2 ? { seed: 10n as unknown as number } : {}
              return GenerateRequest.make({ model: "gpt-4o-mini", prompt: "x", extra })
            }
          })
          const { kept, sink } = keeping<number>()
          const report = yield* Run.deliver(odd, Stream.make(0, 1, 2, 3), sink)
          const failed = kept.filter((one) => one._tag === "Failed")
          assert.deepStrictEqual(failed.map((one) => [one.item, one.failure.reason]).sort(), [
            [1, "ItemUnusable"],
            [2, "ItemUnusable"]
          ])
          assert.include(failed.map((one) => one.failure.message).join(), "item 1: RangeError")
          assert.strictEqual(report.requests.sent, 2)
        }).pipe(Effect.provide(layer(() => answer("x"))))
      )
  )

  it.effect("refused items reach the sink in groups of the size asked for", () =>
    runToEnd(
      Effect.gen(function* () {
        const hot = Run.make({
          name: "r",
          groupSize: 10,
          request: (_: number) =>
            GenerateRequest.make({ model: "gpt-4o-mini", prompt: "x", temperature: 9 })
        })
        const { kept, groups, sink } = keeping<number>()
        yield* Run.deliver(hot, Stream.range(1, 205), sink)
        assert.strictEqual(kept.length, 205)
        assert.isAtMost(Math.max(...groups), 10)
      }).pipe(Effect.provide(layer([])))
    )
  )

  it.effect("items with the same id have deliveries of their own, acknowledged for good", () =>
    runToEnd(
      Effect.gen(function* () {
        const same = Run.make({ name: "r", id: () => "same", request })
        const first = keeping<string>()
        const report = yield* Run.deliver(same, Stream.make("a", "b", "c"), first.sink)
        assert.deepStrictEqual(first.kept.map((one) => one.itemId).sort(), [
          "same",
          "same#2",
          "same#3"
        ])
        assert.isAbove(report.warnings.length, 0)
        const second = keeping<string>()
        yield* Run.deliver(same, Stream.make("a", "b", "c"), second.sink)
        assert.strictEqual(second.kept.length, 0)
      }).pipe(Effect.provide(layer(() => answer("x"))))
    )
  )

  it.effect("items delivered as failed come again where failed ones are to be retried", () =>
    runToEnd(
      Effect.gen(function* () {
        yield* Run.deliver(run, Stream.make("a", "b"), () => Effect.void)
        const again = Run.make({
          name: "r",
          id: (word: string) => word,
          request,
          retryFailed: true
        })
        const { kept, sink } = keeping<string>()
        yield* Run.deliver(again, Stream.make("a", "b"), sink)
        assert.deepStrictEqual(
          kept.map((one) => [one.itemId, one._tag]),
          [["a", "Answered"]]
        )
      }).pipe(Effect.provide(layer((_, n) => (n === 0 ? status(400) : answer("x")))))
    )
  )

  it.effect("an answer that does not fit counts as none in the report", () =>
    runToEnd(
      Effect.gen(function* () {
        const strict = Run.make({
          name: "r",
          request,
          answer: { decode: () => Result.fail({ problem: "no" }) }
        })
        const report = yield* Run.deliver(strict, Stream.make("a", "b"), () => Effect.void)
        assert.deepInclude(report.requests, { answered: 0, noAnswer: 2 })
      }).pipe(Effect.provide(layer(() => answer("x"))))
    )
  )
})

describe("options out of range are refused before anything is opened", () => {
  for (const [option, value] of [
    ["maxCostUsd", Number.NaN],
    ["maxCostUsd", -1],
    ["groupSize", 0],
    ["groupSize", 0.5],
    ["weight", 0]
  ] as const) {
    it.effect(`${option} of ${value}`, () =>
      Effect.gen(function* () {
        const odd = Run.make({ name: "r", request, [option]: value })
        const error = yield* Effect.flip(Run.deliver(odd, Stream.make("a"), () => Effect.void))
        assert.isTrue(error._tag === "InvalidRunOptions" && error.option === option)
      }).pipe(Effect.provide(layer([])))
    )
  }
})
