/** The flow of one request and of many, over the real parts and a scripted provider. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Stream } from "effect"
import * as RequestKey from "spillway/checkpoint/RequestKey"
import { defaults as limits, RateLimitConfig } from "spillway/config/RateLimitConfig"
import { RetryConfig, defaults as retry } from "spillway/config/RetryConfig"
import { Generate, type GenerateItem, type Outcome } from "spillway/generate/Generate"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import { ModelCatalog } from "spillway/model/ModelCatalog"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import type { ActiveRun } from "spillway/run/ActiveRun"
import * as Run from "spillway/run/Run"
import { ScriptedOpenAiTransport as Scripted, TestTime } from "spillway/testing"

const { answer, delayed, disconnect, hang, refuse, status, truncate } = Scripted

const graph = (
  script: Scripted.Script,
  settings: { readonly maxInFlight?: number; readonly attempts?: number } = {}
) =>
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

const prompt = (text: string) =>
  GenerateRequest.make({ model: "gpt-4o-mini", prompt: text, maxOutputTokens: 50 })

const items = Effect.fnUntraced(function* (count: number, model = "gpt-4o-mini") {
  const catalog = yield* ModelCatalog
  const { provider } = yield* Generate
  return yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (index) =>
      Effect.map(
        catalog.resolve(
          GenerateRequest.make({ model, prompt: `question ${index}`, maxOutputTokens: 50 })
        ),
        ({ request }): GenerateItem => ({
          index,
          key: RequestKey.make(provider.id, request),
          request
        })
      )
  )
})

const openRun = (name: string, options: Run.RunOptions = {}) =>
  Run.open(Run.make({ ...options, name, request: (text: string) => prompt(text) }))

const collect = Effect.fnUntraced(function* (run: ActiveRun, work: ReadonlyArray<GenerateItem>) {
  const outcomes: Array<Outcome> = []
  const generate = yield* Generate
  const exit = yield* generate.generateMany(Stream.fromIterable(work), run).pipe(
    Stream.runForEach((outcome) => Effect.sync(() => outcomes.push(outcome))),
    Effect.result
  )
  return { outcomes, stopped: exit._tag === "Failure" ? exit.failure : undefined }
})

const sent = Effect.flatMap(Scripted.ScriptedCalls, (calls) =>
  Effect.map(calls.all, (all) => all.length)
)

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
  it.effect("keeps model failures apart from failures of ours or the network's", () =>
    Effect.gen(function* () {
      const run = yield* openRun("apart")
      const script: Scripted.Script = (_, n) =>
        [answer("1"), refuse("no"), truncate("x"), status(400)][n] ?? answer("")
      const { outcomes } = yield* collect(run, yield* items(4)).pipe(Effect.provide(graph(script)))
      const tags = outcomes.map((outcome) => outcome._tag).sort()
      assert.deepStrictEqual(tags, ["Answered", "Failed", "NoAnswer", "NoAnswer"])
    }).pipe(
      Effect.provide(
        graph((_, n) => [answer("1"), refuse("no"), truncate("x"), status(400)][n] ?? hang)
      )
    )
  )

  it.effect("does not send again what the store has", () =>
    Effect.gen(function* () {
      const work = yield* items(20)
      yield* Effect.scoped(Effect.flatMap(openRun("again"), (run) => collect(run, work)))
      const second = yield* Effect.scoped(
        Effect.flatMap(openRun("again"), (run) => collect(run, work))
      )
      assert.strictEqual(yield* sent, 20)
      assert.strictEqual(second.outcomes.length, 20)
      assert.isTrue(second.outcomes.every((outcome) => outcome.from === "store"))
    }).pipe(Effect.provide(graph(() => answer("same"))))
  )

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

  for (const [code, why] of [
    ["insufficient_quota", "billing"],
    ["credit_balance_exhausted", "billing"],
    ["organization_spend_limit_exceeded", "billing"],
    ["project_spend_limit_exceeded", "billing"],
    ["organization_usage_limit_exceeded", "billing"],
    ["billing_hard_limit_reached", "billing"]
  ] as const) {
    it.effect(`stops the run at ${code}: what is in flight is kept, nothing more is sent`, () =>
      TestTime.runToEnd(
        Effect.gen(function* () {
          const run = yield* openRun("billing")
          const { outcomes, stopped } = yield* collect(run, yield* items(1000))
          assert.isTrue(
            stopped?._tag === "RunStopped" && stopped.why === why && stopped.exitCode === 3
          )
          assert.strictEqual(yield* sent, 64)
          assert.strictEqual(outcomes.length, 63)
          assert.strictEqual(run.counters.unknownOutcome, 0)
        }).pipe(
          Effect.scoped,
          Effect.provide(
            graph(
              (_, n) =>
                n === 10
                  ? delayed(status(429, { error: { message: "no credit", code } }), "1 second")
                  : delayed(answer("ok"), "5 seconds"),
              { maxInFlight: 64 }
            )
          )
        )
      )
    )
  }

  it.effect("a key that is refused stops the run with exit code 2", () =>
    Effect.gen(function* () {
      const run = yield* openRun("key")
      const { stopped } = yield* collect(run, yield* items(100))
      assert.isTrue(
        stopped?._tag === "RunStopped" && stopped.why === "invalid-key" && stopped.exitCode === 2
      )
    }).pipe(Effect.scoped, Effect.provide(graph(() => status(401), { maxInFlight: 4 })))
  )

  it.effect("a model that is not there stops only what uses it", () =>
    Effect.gen(function* () {
      const run = yield* openRun("model")
      const all = [...(yield* items(30, "gpt-4o")), ...(yield* items(30))].map((item, index) => ({
        ...item,
        index
      }))
      const { outcomes, stopped } = yield* collect(run, all)
      assert.strictEqual(outcomes.filter((outcome) => outcome._tag === "Answered").length, 30)
      assert.isTrue(stopped?._tag === "RunStopped" && stopped.why === "model-unavailable")
    }).pipe(
      Effect.scoped,
      Effect.provide(
        graph((call) =>
          call.model === "gpt-4o"
            ? status(404, { error: { message: "no such model", code: "model_not_found" } })
            : answer("ok")
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
