/** An outage of the provider is not the fault of the items that meet it: they wait for its end, and none is lost. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Random, Stream } from "effect"
import { defaults as breaker, CircuitBreakerConfig } from "spillway/config/CircuitBreakerConfig"
import { defaults as limits, RateLimitConfig } from "spillway/config/RateLimitConfig"
import { RetryConfig, defaults as retry } from "spillway/config/RetryConfig"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as SimulatedOpenAiTransport from "spillway/layers/transport/SimulatedOpenAiTransport"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import * as Run from "spillway/run/Run"
import * as Faults from "spillway/simulator/Faults"
import { runToEnd } from "spillway/testing"

const FROM = 10_000
const HALF_HOUR = 30 * 60_000

const graph = (
  outage: Faults.Outage,
  settings: Partial<typeof retry>,
  circuits: Partial<typeof breaker> = {}
) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(
      SimulatedOpenAiTransport.layer({ faults: { ...Faults.none, outages: [outage] } })
    ),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(MemoryCheckpointStore.layer),
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(CircuitBreakerConfig, { ...breaker, ...circuits }),
        Layer.succeed(RateLimitConfig, { ...limits, maxInFlight: 16 }),
        Layer.succeed(RetryConfig, {
          ...retry,
          attemptTimeout: Duration.seconds(60),
          maxAttempts: 3,
          ...settings
        })
      )
    )
  )

const run = Run.make({
  name: "r",
  id: (word: string) => word,
  request: (word: string) =>
    GenerateRequest.make({ model: "gpt-4o-mini", prompt: word, maxOutputTokens: 256 }),
  groupSize: 1
})

const deliver = (count: number) =>
  Effect.gen(function* () {
    const words = Array.from({ length: count }, (_, n) => `word ${n}`)
    const report = yield* Run.deliver(run, Stream.fromIterable(words), () => Effect.void)
    return { requests: report.requests, at: yield* Clock.currentTimeMillis }
  })

describe("an outage of half an hour, 16 in flight, three attempts an item", () => {
  for (const [as, seed] of [
    ["503", 1],
    ["503", 2],
    ["hang", 1],
    ["hang", 2],
    ["hang", 3]
  ] as const) {
    const outage = { during: { from: FROM, to: FROM + HALF_HOUR }, as }
    it.effect(`of ${as} loses nothing, and is over when it is over (row 17), seed ${seed}`, () =>
      runToEnd(
        Effect.gen(function* () {
          const { at, requests } = yield* deliver(400)
          assert.deepInclude(requests, { answered: 400, failed: 0 })
          assert.isAbove(at, FROM + HALF_HOUR)
          assert.isBelow(at, FROM + HALF_HOUR + 5 * 60_000)
        }).pipe(Effect.provide(graph(outage, {})), Random.withSeed(seed))
      )
    )
  }

  it.effect("is waited for outside the total time of an item", () =>
    runToEnd(
      Effect.gen(function* () {
        const outage = { during: { from: 0, to: HALF_HOUR }, as: "503" } as const
        const { at, requests } = yield* deliver(60).pipe(
          Effect.provide(graph(outage, { totalTimeout: Duration.seconds(30) }))
        )
        assert.deepInclude(requests, { answered: 60, failed: 0 })
        assert.isAbove(at, HALF_HOUR)
      })
    )
  )

  it.effect("fails what comes meanwhile at once, where the breaker is set to", () =>
    runToEnd(
      Effect.gen(function* () {
        const outage = { during: { from: 0, to: HALF_HOUR }, as: "503" } as const
        const { at, requests } = yield* deliver(300).pipe(
          Effect.provide(graph(outage, {}, { whileOpen: "fail" }))
        )
        assert.strictEqual(requests.failed, 300)
        assert.isBelow(requests.sent, 60)
        assert.isBelow(at, 60_000)
      })
    )
  )

  it.effect("is not waited for by an item whose own time is up", () =>
    runToEnd(
      Effect.gen(function* () {
        const outage = { during: { from: 0, to: HALF_HOUR }, as: "hang" } as const
        const { requests } = yield* deliver(40).pipe(
          Effect.provide(graph(outage, { totalTimeout: Duration.seconds(90) }))
        )
        assert.strictEqual(requests.answered + requests.failed, 40)
        assert.isAbove(requests.failed, 0)
      })
    )
  )

  it.effect("is met once by each item where retries are switched off", () =>
    runToEnd(
      Effect.gen(function* () {
        const outage = { during: { from: 0, to: 60_000 }, as: "503" } as const
        const { requests } = yield* deliver(40).pipe(
          Effect.provide(graph(outage, { maxAttempts: 1 }))
        )
        assert.strictEqual(requests.retries, 0)
        assert.isAbove(requests.failed, 19)
      })
    )
  )

  it.effect("that does not end stops the run after maxOutage, resumable", () =>
    runToEnd(
      Effect.gen(function* () {
        const outage = { during: { from: FROM, to: 30 * 24 * HALF_HOUR }, as: "503" } as const
        const circuits = { maxOutage: Duration.minutes(20) }
        const stopped = yield* Effect.flip(
          deliver(400).pipe(Effect.provide(graph(outage, {}, circuits)))
        )
        assert.strictEqual(stopped._tag, "RunStopped")
        assert.strictEqual(stopped._tag === "RunStopped" && stopped.why, "outage")
        const at = yield* Clock.currentTimeMillis
        assert.isAbove(at, FROM + 20 * 60_000)
        assert.isBelow(at, FROM + 22 * 60_000)
      })
    )
  )
})
