/**
 * The program that G11 measures, in a process of its own: a run of a million items through the stack that `Live.layer`
 * gives, on the real clock. Two things differ from it. The limiter is watched (`SchedulerDelay.ts`), and the journal
 * keeps nothing: what a store does to memory and time is `bench:overhead`'s and `bench:kill`'s matter.
 */
import { Clock, Effect, Layer, Redacted, Stream } from "effect"
import { ActiveRun, GenerateRequest, OpenAiConfig, RateLimitConfig, Run } from "spillway"
import { NanoUsd } from "spillway/cost/Money"
import { Generate } from "spillway/generate/Generate"
import * as NodeSha256 from "spillway/layers/checkpoint/NodeSha256"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as MemoryBudget from "spillway/layers/cost/MemoryBudget"
import * as OnlineGenerate from "spillway/layers/generate/OnlineGenerate"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import * as JsTiktokenTokenizer from "spillway/layers/tokens/JsTiktokenTokenizer"
import * as SdkOpenAiTransport from "spillway/layers/transport/SdkOpenAiTransport"
import { RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as ItemPreparation from "spillway/run/ItemPreparation"
import * as RunProcess from "spillway/run/RunProcess"
import * as Memory from "./Memory.ts"
import * as SchedulerDelay from "./SchedulerDelay.ts"

export interface Sample {
  readonly p50SchedulerDelayMs: number
  readonly p99SchedulerDelayMs: number
  readonly maxSchedulerDelayMs: number
  /** Share of the items that waited for a place in flight. */
  readonly waited: number
  readonly itemsPerSecond: number
  /** Timers of Spillway's own. */
  readonly timersPerItem: number
  readonly memory: Memory.Course
}

const [port = "", count = "", inFlight = "", requestsPerMinute = "", tokensPerMinute = ""] =
  process.argv.slice(2)
const ITEMS = Number(count)
const IN_FLIGHT = Number(inFlight)

/**
 * Every wait of Spillway's own goes through Effect's `Clock`. The rest of the timers are undici's: one each time that a
 * connection falls idle, so one an item.
 */
const clock = Clock.Clock.defaultValue()
let waits = 0
const counting: Clock.Clock = {
  currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
  currentTimeMillis: clock.currentTimeMillis,
  currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
  currentTimeNanos: clock.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => {
    waits++
    return clock.sleep(duration)
  }
}

const delay = SchedulerDelay.make(IN_FLIGHT)

const services = Layer.mergeAll(
  Layer.effect(RateLimiter, Effect.map(MemoryRateLimiter.make, delay.watch)),
  MemoryCircuitBreaker.layer,
  MemoryBudget.layer,
  JsTiktokenTokenizer.layer,
  NodeSha256.layer
)
const settings = Layer.mergeAll(
  Layer.succeed(OpenAiConfig.OpenAiConfig, {
    apiKey: Redacted.make("sk-bench"),
    baseUrl: `http://127.0.0.1:${port}/v1`,
    organization: undefined,
    project: undefined,
    proxy: undefined,
    noProxy: undefined,
    extraCa: undefined,
    simulatedSeed: undefined
  }),
  Layer.succeed(RateLimitConfig.RateLimitConfig, {
    ...RateLimitConfig.defaults,
    maxInFlight: IN_FLIGHT,
    requestsPerMinute: Number(requestsPerMinute),
    tokensPerMinute: Number(tokensPerMinute)
  })
)
const graph = OnlineGenerate.layer.pipe(
  Layer.provideMerge(services),
  Layer.provideMerge(SdkOpenAiTransport.layer),
  Layer.provideMerge(BuiltInModelCatalog.layer),
  Layer.provide(settings)
)

const run = Run.make({
  name: "g11",
  request: (n: number) =>
    GenerateRequest.fromBody("chat", {
      model: "gpt-4o-mini",
      messages: [
        { role: "system", content: "Answer with one word: positive, neutral or negative." },
        { role: "user", content: `Review ${n}: the parcel came after ${n % 11} days.` }
      ],
      max_completion_tokens: 8
    })
})

const program = Effect.gen(function* () {
  const { provider } = yield* Generate
  // A cap, so that the budget has something to reserve.
  const active = { ...ActiveRun.ephemeral(), cap: NanoUsd(1e15) }
  const prepared = ItemPreparation.prepare(
    run,
    Stream.range(0, ITEMS - 1),
    ItemPreparation.rulesOf(active, provider)
  )
  const memory = Memory.make(ITEMS)
  const start = performance.now()
  yield* RunProcess.process(run, active, prepared, (group) =>
    Effect.sync(() => memory.done(group.length))
  )
  const seconds = (performance.now() - start) / 1000
  const { answered } = active.counters
  if (answered !== ITEMS) throw new Error(`${answered} of ${ITEMS} were answered`)
  const millis = (percentile: number) => delay.histogram.percentile(percentile) / 1e6
  const sample: Sample = {
    p50SchedulerDelayMs: millis(50),
    p99SchedulerDelayMs: millis(99),
    maxSchedulerDelayMs: delay.histogram.max / 1e6,
    waited: delay.histogram.count / ITEMS,
    itemsPerSecond: ITEMS / seconds,
    timersPerItem: waits / ITEMS,
    memory: memory.course()
  }
  return sample
})

const sample = await Effect.runPromise(
  Effect.provideService(Effect.scoped(Effect.provide(program, graph)), Clock.Clock, counting)
)
process.send?.(sample)
process.disconnect?.()
