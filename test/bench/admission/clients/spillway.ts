/**
 * Spillway as its users have it: `generateMany` over an endless stream, with the limiter, breaker, budget and store of one
 * process. Only the transport is the judge's, and the settings are the scenario's. It runs with the provider's full burst,
 * which is its default.
 */
import { Duration, Effect, Layer, type Scope, Stream } from "effect"
import { RequestKey } from "spillway/checkpoint/RequestKey"
import { CircuitBreaker } from "spillway/circuit-breaker/CircuitBreaker"
import { RateLimitConfig, defaults as rateDefaults } from "spillway/config/RateLimitConfig"
import { RetryConfig, defaults as retryDefaults } from "spillway/config/RetryConfig"
import * as Money from "spillway/cost/Money"
import { Generate, type GenerateItem } from "spillway/generate/Generate"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as MemoryBudget from "spillway/layers/cost/MemoryBudget"
import * as OnlineGenerate from "spillway/layers/generate/OnlineGenerate"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import * as EstimateTokenizer from "spillway/layers/tokens/EstimateTokenizer"
import * as ActiveRun from "spillway/run/ActiveRun"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import type { Client, Job, Known, Wire } from "../Client.ts"
import * as Workload from "../Workload.ts"

const graph = (wire: Wire, known: Known) =>
  OnlineGenerate.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        MemoryRateLimiter.layer,
        MemoryCircuitBreaker.layer,
        MemoryBudget.layer,
        EstimateTokenizer.layer,
        MemoryCheckpointStore.layer,
        BuiltInModelCatalog.layerWith([Workload.MODEL]),
        Layer.succeed(OpenAiTransport, wire.transport)
      )
    ),
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(RateLimitConfig, {
          ...rateDefaults,
          requestsPerMinute: known.requestsPerMinute,
          tokensPerMinute: known.tokensPerMinute,
          maxInFlight: known.maxInFlight
        }),
        Layer.succeed(RetryConfig, { ...retryDefaults, maxAttempts: known.maxAttempts })
      )
    )
  )

const itemOf = (job: Job): GenerateItem => ({
  index: job.index,
  key: RequestKey.make(`judge:${job.index}`),
  request: {
    endpoint: "chat",
    body: job.body,
    model: Workload.MODEL.id,
    maxOutputTokens: Number(job.body.max_completion_tokens)
  }
})

const jobsOf = function* (wire: Wire): Generator<Job> {
  for (let job = wire.next(); job !== undefined; job = wire.next()) yield job
}

/** Begun at once without waiting for results: `generateMany` bounds what is under way. */
const PAGE = 16

const send = (wire: Wire, run: ActiveRun.ActiveRun) =>
  Effect.gen(function* () {
    const { generateMany } = yield* Generate
    const jobs = new Map<number, Job>()
    const items = Stream.fromIterable(jobsOf(wire), { chunkSize: PAGE }).pipe(
      Stream.map((job) => {
        jobs.set(job.index, job)
        return itemOf(job)
      })
    )
    yield* generateMany(items, run).pipe(
      Stream.runForEach((outcome) =>
        Effect.sync(() => {
          const job = jobs.get(outcome.index)
          jobs.delete(outcome.index)
          if (job === undefined) return
          if (outcome._tag === "Failed") wire.lost(job)
          else wire.answered(job)
        })
      )
    )
  })

/** After which a caller who breaks off does so. */
const PATIENCE = Duration.millis(500)
const CALLERS = 1_000

/** Single requests, of which a share is broken off by whoever asked for them. */
const sendSingly = (wire: Wire, known: Known, run: ActiveRun.ActiveRun) =>
  Effect.gen(function* () {
    const { generate } = yield* Generate
    const one = Effect.gen(function* () {
      const job = wire.next()
      if (job === undefined) return
      const broken = (job.index % 100) / 100 < (known.cancelled ?? 0)
      yield* generate({ endpoint: "chat", body: job.body }, { run }).pipe(
        Effect.andThen(Effect.sync(() => wire.answered(job))),
        Effect.timeout(broken ? PATIENCE : Duration.infinity),
        Effect.ignore
      )
    })
    yield* Effect.all(
      Array.from({ length: CALLERS }, () => Effect.forever(one)),
      { concurrency: "unbounded", discard: true }
    )
  })

export const spillway: Client = {
  name: "spillway",
  source: "this repository: OnlineGenerate with its in-memory services",
  time: "clock",
  run: (wire, known): Effect.Effect<void, never, Scope.Scope> =>
    Effect.gen(function* () {
      const breaker = yield* CircuitBreaker
      wire.circuit("closed")
      yield* breaker.transitions.pipe(
        Stream.runForEach(({ to }) => Effect.sync(() => wire.circuit(to))),
        Effect.forkScoped({ startImmediately: true })
      )
      const run = ActiveRun.make({
        name: "judge",
        journal: ActiveRun.ephemeral().journal,
        cap: known.capUsd === undefined ? undefined : Money.fromUsd(known.capUsd)
      })
      yield* known.cancelled === undefined ? send(wire, run) : sendSingly(wire, known, run)
    }).pipe(
      // A stop of the run (money, quota) is an ending like any other.
      Effect.ignore,
      Effect.provide(graph(wire, known))
    )
}
