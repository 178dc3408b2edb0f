/** However an attempt ends, its money and its answer are accounted for. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { CheckpointStore, StoreError } from "spillway/checkpoint/CheckpointStore"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import { defaults as limits, RateLimitConfig } from "spillway/config/RateLimitConfig"
import { RetryConfig, defaults as retry } from "spillway/config/RetryConfig"
import { Generate } from "spillway/generate/Generate"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import * as Run from "spillway/run/Run"
import { runToEnd, ScriptedOpenAiTransport as Scripted } from "spillway/testing"

const { answer, delayed, hang, status } = Scripted

/** A store whose appends go through `touch` first: to fail, or to take their time. */
const touched = (touch: (record: RunRecord) => Effect.Effect<void, StoreError>) =>
  Layer.effect(
    CheckpointStore,
    Effect.gen(function* () {
      const store = yield* CheckpointStore
      return CheckpointStore.of({
        ...store,
        open: (run) =>
          Effect.map(store.open(run), (journal) => ({
            ...journal,
            append: (records) =>
              Effect.suspend(() => Effect.andThen(touch(records[0]), journal.append(records)))
          }))
      })
    })
  ).pipe(Layer.provide(MemoryCheckpointStore.layer))

const graph = (
  script: Scripted.Script,
  options: {
    readonly store?: Layer.Layer<CheckpointStore>
    readonly limits?: Partial<typeof limits>
    readonly retry?: Partial<typeof retry>
  } = {}
) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(Scripted.layer(script)),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(options.store ?? MemoryCheckpointStore.layer),
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(RateLimitConfig, {
          ...limits,
          maxInFlight: 8,
          requestsPerMinute: 100_000,
          tokensPerMinute: 100_000_000,
          ...options.limits
        }),
        Layer.succeed(RetryConfig, { ...retry, ...options.retry })
      )
    )
  )

const parts = { model: "gpt-4o-mini", maxOutputTokens: 20 }
const request = (word: string) => GenerateRequest.make({ ...parts, prompt: word })
const run = Run.make({ name: "r", id: (word: string) => word, request, groupSize: 1 })
const words = (count: number) => Array.from({ length: count }, (_, n) => `word ${n}`)
const sent = Scripted.ScriptedCalls.use((calls) => Effect.map(calls.all, (all) => all.length))

const answeredCount = Effect.gen(function* () {
  const store = yield* CheckpointStore
  const found = yield* store.find("r")
  return found._tag === "None"
    ? 0
    : yield* Stream.runCount(store.records(found.value.id, "Answered"))
})

describe("an attempt's end", () => {
  it.effect("a stop does not wait for a source that is silent", () =>
    runToEnd(
      Effect.gen(function* () {
        const source = Stream.concat(Stream.fromIterable(words(3)), Stream.never)
        const fiber = yield* Effect.forkChild(Run.deliver(run, source, () => Effect.void))
        yield* Effect.sleep("500 millis")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* answeredCount, 3)
      }).pipe(Effect.provide(graph(() => delayed(answer("x"), "2 seconds"))))
    )
  )

  it.effect("each is sent under the digits of its request's key, and its own number", () =>
    runToEnd(
      Effect.gen(function* () {
        const keys: Array<string> = []
        yield* Run.deliver(run, Stream.fromIterable(["same", "same"]), ([one]) =>
          Effect.sync(() => keys.push(one.key.slice(3, 35)))
        )
        const { all } = yield* Scripted.ScriptedCalls
        const ids = (yield* all).map(({ attemptId }) => attemptId)
        assert.strictEqual(new Set(keys).size, 2)
        assert.deepStrictEqual(
          new Set(ids),
          new Set(keys.flatMap((key) => [`${key}-0`, `${key}-1`]))
        )
      }).pipe(Effect.provide(graph((_, n) => (n < 2 ? status(500) : answer("x")))))
    )
  )

  it.effect("a defect of the transport brings home the calls beside it", () =>
    runToEnd(
      Effect.gen(function* () {
        const exit = yield* Effect.exit(
          Run.deliver(run, Stream.fromIterable(words(8)), () => Effect.void)
        )
        assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
        // It ends the run: what was sent beside the broken call is stored.
        assert.strictEqual(yield* answeredCount, (yield* sent) - 1)
      }).pipe(
        Effect.provide(
          graph((_, n) =>
            n === 2
              ? Effect.delay(Effect.die(new Error("bug")), "1 second")
              : delayed(answer("x"), "2 seconds")
          )
        )
      )
    )
  )

  it.effect("an interrupted request counts as spent, and frees the budget for the next one", () =>
    runToEnd(
      Effect.gen(function* () {
        const generate = yield* Generate
        const active = yield* Run.open(Run.make({ name: "r", request, maxCostUsd: 0.00005 }))
        const cut = generate.generate(request("a"), { run: active })
        yield* Effect.exit(Effect.timeout(cut, "200 millis"))
        assert.strictEqual(active.counters.unknownOutcome, 1)
        const spent = active.counters.spent
        assert.isAbove(spent, 0)
        const next = yield* generate.generate(request("b"), { run: active })
        assert.strictEqual(next.text, "x")
        assert.strictEqual(active.counters.spent, spent + next.cost)
      }).pipe(Effect.scoped, Effect.provide(graph((_, n) => (n === 0 ? hang : answer("x")))))
    )
  )

  it.effect("a dearer tier is reserved at its price: the cap holds", () =>
    runToEnd(
      Effect.gen(function* () {
        const generate = yield* Generate
        const priority = GenerateRequest.make({
          ...parts,
          prompt: "x",
          maxOutputTokens: 1000,
          extra: { service_tier: "priority" }
        })
        const active = yield* Run.open(Run.make({ name: "r", request, maxCostUsd: 0.001 }))
        const error = yield* Effect.flip(generate.generate(priority, { run: active }))
        assert.isTrue(error._tag === "RunStopped" && error.why === "budget")
        assert.strictEqual(yield* sent, 0)
      }).pipe(Effect.scoped, Effect.provide(graph(() => answer("x"))))
    )
  )

  it.effect("waiting for quota does not use up the time for retries", () =>
    runToEnd(
      Effect.gen(function* () {
        const report = yield* Run.deliver(run, Stream.fromIterable(words(50)), () => Effect.void)
        assert.deepInclude(report.requests, { answered: 50, failed: 0, retries: 1 })
      }).pipe(
        Effect.provide(
          graph((_, n) => (n === 40 ? status(500) : answer("x")), {
            limits: { requestsPerMinute: 1200, burst: 0, capAtConfigured: true },
            retry: { totalTimeout: Duration.seconds(1) }
          })
        )
      )
    )
  )

  it.effect("an answer that the store does not take at once is kept trying for", () => {
    let failures = 3
    const flaky = touched((record) =>
      record._tag === "Answered" && failures-- > 0
        ? Effect.fail(
            new StoreError({ reason: "full", operation: "append", problem: "Full.", fix: "Wait." })
          )
        : Effect.void
    )
    return runToEnd(
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          Run.deliver(run, Stream.fromIterable(words(100)), () => Effect.void)
        )
        assert.isTrue(error._tag === "RunStopped" && error.why === "store")
        assert.strictEqual(yield* answeredCount, yield* sent)
        assert.isBelow(yield* sent, 20)
      }).pipe(Effect.provide(graph(() => delayed(answer("x"), "1 second"), { store: flaky })))
    )
  })

  it.effect("nothing leaves after a stop, not even where its intent was being written", () => {
    const slow = touched((record) =>
      record._tag === "Intent" ? Effect.sleep("300 millis") : Effect.void
    )
    return runToEnd(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          Effect.exit(Run.deliver(run, Stream.fromIterable(words(100)), () => Effect.void))
        )
        yield* Effect.sleep("100 millis")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* sent, 0)
      }).pipe(Effect.provide(graph(() => answer("x"), { store: slow })))
    )
  })
})
