/** Delivery to a sink: acknowledged in groups, at least once, and nothing lost however it ends. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import { defaults as limits, RateLimitConfig } from "spillway/config/RateLimitConfig"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import * as StructuredAnswer from "spillway/request/StructuredAnswer"
import type { Delivery } from "spillway/run/Delivery"
import * as Run from "spillway/run/Run"
import { Shutdown } from "spillway/run/Shutdown"
import { ScriptedOpenAiTransport as Scripted, TestTime } from "spillway/testing"

const { answer, delayed, status } = Scripted

const graph = (script: Scripted.Script) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(Scripted.layer(script)),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(MemoryCheckpointStore.layer),
    Layer.provide(
      Layer.succeed(RateLimitConfig, {
        ...limits,
        maxInFlight: 8,
        requestsPerMinute: 100_000,
        tokensPerMinute: 100_000_000
      })
    )
  )

const request = (word: string) =>
  GenerateRequest.make({ model: "gpt-4o-mini", prompt: word, maxOutputTokens: 20 })

const words = Array.from({ length: 50 }, (_, index) => `word ${index}`)
const run = Run.make({ name: "words", id: (word: string) => word, request, groupSize: 10 })

const sent = Effect.flatMap(Scripted.ScriptedCalls, (calls) =>
  Effect.map(calls.all, (all) => all.length)
)

/** A sink that keeps what it gets. */
const keeping = <Item, A = string>() => {
  const kept: Array<Delivery<Item, A>> = []
  const sink = (group: ReadonlyArray<Delivery<Item, A>>) =>
    Effect.sync(() => void kept.push(...group))
  return { kept, sink }
}

const idsOf = (kept: ReadonlyArray<Delivery<string, string>>) =>
  kept.map((delivery) => delivery.itemId).sort()

describe("deliver", () => {
  it.effect("hands every item with its own outcome to the sink, and reports", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const { kept, sink } = keeping<string>()
        const report = yield* Run.deliver(run, Stream.fromIterable(words), sink)
        assert.deepStrictEqual(idsOf(kept), [...words].sort())
        assert.isTrue(
          kept.every((one) => one._tag === "Answered" && one.value === `about ${one.item}`)
        )
        assert.strictEqual(report.requests.answered, 50)
        assert.strictEqual(report.requests.sent, 50)
        assert.isTrue(report.simulated)
      }).pipe(Effect.provide(graph((call) => answer(`about ${promptOf(call)}`))))
    )
  )

  it.effect(
    "passes over what an earlier invocation has delivered, and sends only what is new",
    () =>
      TestTime.runToEnd(
        Effect.gen(function* () {
          yield* Run.deliver(run, Stream.fromIterable(words), keeping<string>().sink)
          const { kept, sink } = keeping<string>()
          const report = yield* Run.deliver(run, Stream.fromIterable(["new", ...words]), sink)
          assert.deepStrictEqual(idsOf(kept), ["new"])
          assert.strictEqual(report.requests.delivered, 50)
          assert.strictEqual(yield* sent, 51)
        }).pipe(Effect.provide(graph(() => answer("x"))))
      )
  )

  it.effect("an item whose content changed is delivered again under its id", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const byPlace = Run.make({ name: "places", request, groupSize: 10 })
        yield* Run.deliver(byPlace, Stream.make("a", "b", "c"), keeping<string>().sink)
        const { kept, sink } = keeping<string>()
        yield* Run.deliver(byPlace, Stream.make("a", "B", "c"), sink)
        assert.deepStrictEqual(
          kept.map((one) => [one.itemId, one.item]),
          [["1", "B"]]
        )
        assert.strictEqual(yield* sent, 4)
      }).pipe(Effect.provide(graph(() => answer("x"))))
    )
  )

  it.effect(
    "a sink that fails loses nothing: what was paid for is stored, and delivered at the next start",
    () =>
      TestTime.runToEnd(
        Effect.gen(function* () {
          let groups = 0
          const failing = Run.deliver(run, Stream.fromIterable(words), () =>
            ++groups === 2 ? Effect.fail("disk full" as const) : Effect.void
          )
          assert.strictEqual(yield* Effect.flip(failing), "disk full")
          const before = yield* sent
          const { kept, sink } = keeping<string>()
          const report = yield* Run.deliver(run, Stream.fromIterable(words), sink)
          assert.strictEqual(kept.length, 40)
          assert.strictEqual(report.requests.delivered, 10)
          assert.strictEqual(yield* sent, 50)
          assert.isTrue(before >= 20 && report.requests.sent === 50 - before)
        }).pipe(Effect.provide(graph(() => delayed(answer("x"), "100 millis"))))
      )
  )

  it.effect("equal requests are samples of their own, the same ones at the next start", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const same = Run.make({ name: "samples", request })
        const first = keeping<string>()
        yield* Run.deliver(same, Stream.make("a", "a", "a"), first.sink)
        assert.strictEqual(new Set(first.kept.map((one) => one.key)).size, 3)
        const other = Run.make({ name: "other run, same store", request })
        const second = keeping<string>()
        yield* Run.deliver(other, Stream.make("a", "a", "a", "a"), second.sink)
        assert.strictEqual(yield* sent, 4)
      }).pipe(Effect.provide(graph((_, n) => answer(String(n)))))
    )
  )

  it.effect("an interruption brings home what is in flight, and delivers it", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const { kept, sink } = keeping<string>()
        const fiber = yield* Effect.forkChild(Run.deliver(run, Stream.fromIterable(words), sink))
        yield* Effect.sleep("3500 millis")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* sent, 16)
        assert.strictEqual(kept.length, 16)
        const store = yield* CheckpointStore
        const answered = yield* Stream.runCollect(
          store.records((yield* runId("words")) ?? "", "Answered")
        )
        assert.strictEqual(answered.length, 16)
      }).pipe(Effect.provide(graph(() => delayed(answer("x"), "2 seconds"))))
    )
  )

  it.effect("a request to shut down stops sending and ends with exit code 130", () => {
    let ask = () => {}
    const shutdown = Layer.succeed(Shutdown, {
      onRequest: (listener: () => void) => {
        ask = listener
        return () => {}
      }
    })
    return TestTime.runToEnd(
      Effect.gen(function* () {
        const { kept, sink } = keeping<string>()
        const fiber = yield* Effect.forkChild(
          Effect.flip(Run.deliver(run, Stream.fromIterable(words), sink))
        )
        yield* Effect.sleep("1 second")
        ask()
        const error = yield* Fiber.join(fiber)
        assert.isTrue(error._tag === "RunStopped" && error.exitCode === 130)
        assert.strictEqual(kept.length, 8)
        assert.strictEqual(yield* sent, 8)
      }).pipe(
        Effect.provide(
          Layer.merge(
            graph(() => delayed(answer("x"), "2 seconds")),
            shutdown
          )
        )
      )
    )
  })

  it.effect("a request that the model cannot take fails its item without being sent", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const hot = Run.make({
          name: "hot",
          request: (temperature: number) =>
            GenerateRequest.make({ model: "gpt-4o-mini", prompt: "x", temperature })
        })
        const { kept, sink } = keeping<number>()
        const report = yield* Run.deliver(hot, Stream.make(0, 1, 7), sink)
        const failed = kept.filter((one) => one._tag === "Failed")
        assert.deepStrictEqual(
          failed.map((one) => [one.item, one.failure.reason]),
          [[7, "RequestRefused"]]
        )
        assert.strictEqual(report.requests.sent, 2)
      }).pipe(Effect.provide(graph(() => answer("x"))))
    )
  )

  it.effect("failed items stay failed at the next start, unless they are to be tried again", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const items = Stream.make("a", "b")
        yield* Run.deliver(run, items, keeping<string>().sink)
        const other = Run.make({ name: "words", id: (word: string) => `again ${word}`, request })
        const kept = keeping<string>()
        yield* Run.deliver(other, items, kept.sink)
        assert.strictEqual(yield* sent, 2)
        assert.strictEqual(kept.kept.filter((one) => one._tag === "Failed").length, 1)
        const retried = Run.make({ ...other.options, name: "words", request, retryFailed: true })
        yield* Run.deliver(retried, items, keeping<string>().sink)
        assert.strictEqual(yield* sent, 3)
      }).pipe(Effect.provide(graph((_, n) => (n === 0 ? status(400) : answer("x")))))
    )
  )

  it.effect(
    "decodes answers by schema, fresh and stored alike, and tells those that do not fit",
    () =>
      TestTime.runToEnd(
        Effect.gen(function* () {
          const City = StructuredAnswer.make(
            "city",
            Schema.Struct({ name: Schema.String, people: Schema.Int })
          )
          const cities = Run.make({
            name: "cities",
            request: (name: string) =>
              City.request({ model: "gpt-4o-mini", prompt: name, maxOutputTokens: 50 }),
            answer: City
          })
          const sink = keeping<string, { readonly name: string; readonly people: number }>()
          yield* Run.deliver(cities, Stream.make("Bonn", "Ulm"), sink.sink)
          const byItem = new Map(sink.kept.map((one) => [one.item, one]))
          const bonn = byItem.get("Bonn")
          assert.isTrue(bonn?._tag === "Answered" && bonn.value.people === 330_000)
          const ulm = byItem.get("Ulm")
          assert.isTrue(ulm?._tag === "NoAnswer" && ulm.reason === "off-schema")
        }).pipe(
          Effect.provide(
            graph((call) =>
              answer(
                promptOf(call) === "Bonn"
                  ? '{"name":"Bonn","people":330000}'
                  : '{"name":"Ulm","people":"many"}'
              )
            )
          )
        )
      )
  )
})

const runId = Effect.fnUntraced(function* (name: string) {
  const store = yield* CheckpointStore
  const found = yield* store.find(name)
  return found._tag === "Some" ? found.value.id : undefined
})

const promptOf = (call: { readonly body?: unknown }): string => {
  const { body } = call
  if (
    typeof body !== "object" ||
    body === null ||
    !("messages" in body) ||
    !Array.isArray(body.messages)
  )
    return ""
  return String(body.messages.at(-1)?.content)
}
