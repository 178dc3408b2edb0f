/** What is OnlineGenerate's own: retries, limits of time, the in-flight cap, and money. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { defaults as limits, RateLimitConfig } from "spillway/config/RateLimitConfig"
import { RetryConfig, defaults as retry } from "spillway/config/RetryConfig"
import { Generate } from "spillway/generate/Generate"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import { ScriptedOpenAiTransport as Scripted, TestTime } from "spillway/testing"
import {
  collect,
  type Graph,
  generateContract,
  items,
  openRun,
  prompt,
  sent
} from "../contracts/GenerateContract.ts"

const { answer, disconnect, hang, status } = Scripted

const graph: Graph = (script, settings = {}) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(Scripted.layer(script)),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(MemoryCheckpointStore.layer),
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(RateLimitConfig, {
          ...limits,
          maxInFlight: settings.maxInFlight ?? limits.maxInFlight,
          requestsPerMinute: 100_000,
          tokensPerMinute: 100_000_000
        }),
        Layer.succeed(RetryConfig, {
          ...retry,
          maxAttempts: settings.attempts ?? retry.maxAttempts
        })
      )
    )
  )

generateContract("OnlineGenerate", graph)

describe("one request", () => {
  it.effect("answers with text, usage, cost, attempts and the model that served it", () =>
    Effect.gen(function* () {
      const generate = yield* Generate
      const response = yield* generate.generate(prompt("hello"))
      assert.strictEqual(response.text, "hi")
      assert.strictEqual(response.attempts, 1)
      assert.strictEqual(response.requestIds.length, 1)
      assert.isTrue(response.simulated)
      assert.isTrue(response.cost > 0)
    }).pipe(Effect.provide(graph([answer("hi")])))
  )

  it.effect("waits the provider's hint before the second attempt, and counts both", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const generate = yield* Generate
        const start = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        const response = yield* generate.generate(prompt("hello"))
        const end = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        assert.strictEqual(response.attempts, 2)
        assert.isAtLeast(end - start, 7_000)
      }).pipe(
        Effect.provide(
          graph([status(503, { error: { message: "busy" } }, { "retry-after": "7" }), answer("hi")])
        )
      )
    )
  )

  it.effect("gives up after the attempts it may make, and says why", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const generate = yield* Generate
        const error = yield* Effect.flip(generate.generate(prompt("hello")))
        assert.strictEqual(error._tag, "OpenAiError")
        assert.strictEqual(yield* sent, 3)
      }).pipe(Effect.provide(graph(() => status(500), { attempts: 3 })))
    )
  )

  it.effect("never retries a request that is wrong", () =>
    Effect.gen(function* () {
      const generate = yield* Generate
      const error = yield* Effect.flip(generate.generate(prompt("hello")))
      assert.isTrue(error._tag === "OpenAiError" && error.reason._tag === "InvalidRequest")
      assert.strictEqual(yield* sent, 1)
    }).pipe(Effect.provide(graph([status(400)])))
  )

  it.effect("cuts an attempt off at its limit of time and tries again", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const generate = yield* Generate
        const response = yield* generate.generate(prompt("hello"))
        assert.strictEqual(response.attempts, 2)
      }).pipe(Effect.provide(graph([hang, answer("hi")])))
    )
  )
})

describe("many requests", () => {
  it.effect("keeps the in-flight high-water mark at the cap, retries included", () => {
    let inFlight = 0
    let highest = 0
    const script: Scripted.Script = (_, n) =>
      Effect.gen(function* () {
        highest = Math.max(highest, ++inFlight)
        yield* Effect.sleep("1 second")
        inFlight--
        return n % 3 === 0 ? status(500) : answer("ok")
      })
    return TestTime.runToEnd(
      Effect.gen(function* () {
        const run = yield* openRun("cap")
        const { outcomes } = yield* collect(run, yield* items(300))
        assert.strictEqual(outcomes.length, 300)
        assert.strictEqual(highest, 16)
      }).pipe(Effect.scoped, Effect.provide(graph(script, { maxInFlight: 16 })))
    )
  })

  it.effect("a retry that sleeps takes no place from fresh work", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const run = yield* openRun("asleep")
        const { outcomes } = yield* collect(run, yield* items(200))
        assert.strictEqual(outcomes.length, 200)
        const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        assert.isBelow(now, Duration.toMillis("3 minutes"))
      }).pipe(
        Effect.scoped,
        Effect.provide(
          graph((_, n) => (n < 64 ? status(409, {}, { "retry-after": "90" }) : answer("ok")), {
            maxInFlight: 64
          })
        )
      )
    )
  )

  it.effect(
    "an attempt whose answer is lost counts as spent at its worst case, and is tried again",
    () =>
      TestTime.runToEnd(
        Effect.gen(function* () {
          const run = yield* openRun("lost", { maxCostUsd: 1 })
          const { outcomes } = yield* collect(run, yield* items(1))
          assert.strictEqual(outcomes[0]?._tag, "Answered")
          assert.strictEqual(run.counters.unknownOutcome, 1)
          const [only] = outcomes
          assert.isTrue(only?._tag === "Answered" && run.counters.spent > only.response.cost)
        }).pipe(Effect.scoped, Effect.provide(graph([disconnect({ sent: true }), answer("hi")])))
      )
  )

  it.effect("the budget holds over two invocations of a run", () =>
    TestTime.runToEnd(
      Effect.gen(function* () {
        const work = yield* items(1000)
        const capped = { maxCostUsd: 0.0005 }
        const first = yield* Effect.scoped(
          Effect.flatMap(openRun("capped", capped), (run) => collect(run, work))
        )
        assert.isTrue(first.stopped?._tag === "RunStopped" && first.stopped.why === "budget")
        const second = yield* Effect.scoped(
          Effect.gen(function* () {
            const run = yield* openRun("capped", capped)
            assert.isAtMost(run.journal.recovered.spent, 500_000)
            return yield* collect(run, work)
          })
        )
        assert.isTrue(second.stopped?._tag === "RunStopped" && second.stopped.why === "budget")
        assert.isAtMost(second.outcomes.filter((outcome) => outcome.from === "network").length, 1)
      }).pipe(Effect.provide(graph(() => answer("ok"))))
    )
  )
})
