/**
 * `Generate` in real time: looks answers up, sends what is missing, retries, and makes every answer durable before it is
 * emitted. The order of one attempt is in `Attempt.ts`; what its end means, in `src/generate/Settlement.ts`.
 *
 * A stop ends the pull from the source, upstream of the concurrent part (`Unordered.ts`): failing inside it would interrupt
 * calls that are already paid. The stream's own bound is a look-ahead window beyond the limiter's cap on what is in
 * flight, so that a retry that waits out its delay takes no place from fresh work.
 */
import { Clock, Effect, Layer, Schedule, Stream } from "effect"
import type { StoreError } from "../../src/checkpoint/CheckpointStore.ts"
import * as RequestKey from "../../src/checkpoint/RequestKey.ts"
import { Sha256 } from "../../src/checkpoint/Sha256.ts"
import { CircuitBreaker } from "../../src/circuit-breaker/CircuitBreaker.ts"
import { CircuitBreakerConfig } from "../../src/config/CircuitBreakerConfig.ts"
import { RateLimitConfig } from "../../src/config/RateLimitConfig.ts"
import { problems, RetryConfig } from "../../src/config/RetryConfig.ts"
import { Budget } from "../../src/cost/Budget.ts"
import { zero } from "../../src/cost/Money.ts"
import * as Price from "../../src/cost/Price.ts"
import * as TierBelief from "../../src/cost/TierBelief.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import {
  Generate,
  type GenerateError,
  type GenerateItem,
  type GenerateOptions
} from "../../src/generate/Generate.ts"
import * as Settlement from "../../src/generate/Settlement.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import { PoolId, RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import type { GenerateRequest, ResolvedRequest } from "../../src/request/GenerateRequest.ts"
import type { ModelResponse } from "../../src/request/ModelResponse.ts"
import * as ActiveRun from "../../src/run/ActiveRun.ts"
import { Tokenizer } from "../../src/tokens/Tokenizer.ts"
import { OpenAiTransport } from "../../src/transport/OpenAiTransport.ts"
import { SIMULATED_HEADER } from "../../src/transport/ResponseHead.ts"
import * as Attempt from "./Attempt.ts"
import * as Deadlines from "./Deadlines.ts"
import * as Outcomes from "./Outcomes.ts"
import * as Retrying from "./Retrying.ts"
import * as Unordered from "./Unordered.ts"

/**
 * Items begun at once. Beyond those in flight some wait for quota, or out a retry's delay: four times as many, because
 * each is several objects that grow old while they wait: collecting a thousand beside 64 in flight costs about 20 µs an
 * item. Never more than the queues of limiter and breaker take: where the quota binds, all of them may wait.
 */
const atOnce = (maxInFlight: number, maxQueue: number, maxWaiting: number): number =>
  Math.max(1, Math.min(maxInFlight + Math.min(1000, 4 * maxInFlight), maxQueue, maxWaiting))

/** How long an answer that the store does not take is tried for, before it is given up. */
const KEEP_TRYING = Schedule.exponential("100 millis").pipe(
  Schedule.upTo({ duration: "10 seconds" })
)
/** The parts that `HybridGenerate.ts` also sends with. */
export const makeParts = Effect.gen(function* () {
  const transport = yield* OpenAiTransport
  const limiter = yield* RateLimiter
  const breaker = yield* CircuitBreaker
  const budget = yield* Budget
  const tokenizer = yield* Tokenizer
  const catalog = yield* ModelCatalog
  const retry = yield* RetryConfig
  const wrong = problems(retry)
  if (wrong.length > 0) return yield* Effect.die(new RangeError(`RetryConfig: ${wrong.join(" ")}`))
  const { maxInFlight, maxQueue, maxWait } = yield* RateLimitConfig
  const { maxWaiting } = yield* CircuitBreakerConfig
  const digest = yield* Sha256
  const { provider } = transport
  const within = yield* Deadlines.make(retry.attemptTimeout)
  const attempt = Attempt.make({ transport, limiter, breaker, budget, retry, within })
  const retrying = Retrying.make(retry, maxWait)
  const tiers = TierBelief.make()

  const makeJob = (
    run: ActiveRun.ActiveRun,
    key: RequestKey.RequestKey,
    request: ResolvedRequest,
    onDelta?: (text: string) => Effect.Effect<void>
  ): Attempt.Job & { readonly estimated: number } => {
    const model = catalog.find(request.model)
    const { expected, raw, upper } = tokenizer.estimate(request)
    return {
      run,
      key,
      request,
      model,
      pool: PoolId(`${provider.account}/${model?.family ?? request.model}`),
      charge: Math.max(expected, request.maxOutputTokens),
      worst:
        model === undefined
          ? zero
          : Price.worst(model, upper, request.maxOutputTokens, tiers.of(request)),
      price: ({ serviceTier, usage }) => {
        if (model === undefined) return zero
        tiers.learn(request, model, serviceTier)
        return Price.cost(model, usage, serviceTier)
      },
      onDelta,
      requestIds: [],
      attempts: 0,
      lost: 0,
      waitedMs: 0,
      excused: 0,
      throttled: 0,
      estimated: raw
    }
  }

  /** Sends, retries, and writes the answer down. */
  const answer = Effect.fnUntraced(function* (job: ReturnType<typeof makeJob>) {
    const { run, request } = job
    const success = yield* retrying(job, attempt(job))
    tokenizer.learn(request.model, job.estimated, success.answer.usage)
    const response: ModelResponse = {
      ...success.answer,
      cost: success.cost,
      ...(Price.known(catalog.find(request.model)) ? {} : { unpriced: true as const }),
      latencyMs: success.latencyMs,
      attempts: job.attempts,
      requestIds: job.requestIds,
      simulated: provider.simulated || success.head.headers[SIMULATED_HEADER] !== undefined
    }
    const at = yield* Clock.currentTimeMillis
    // It is paid for: nothing more is sent, but this is worth further tries.
    yield* run.journal
      .append([{ _tag: "Answered", key: job.key, attempt: job.attempts - 1, response, at }])
      .pipe(
        Effect.tapError((error) =>
          Effect.sync(() => run.stop(new RunStopped({ why: "store", detail: error.message })))
        ),
        Effect.retry({ schedule: KEEP_TRYING, while: passes })
      )
    return response
  })

  /** An item's outcome; nothing where a stop of the run leaves it for a later start. */
  const settle = Effect.fnUntraced(function* (item: GenerateItem, run: ActiveRun.ActiveRun) {
    const { model } = item.request
    if (run.stopped(model) !== undefined) return undefined
    const job = makeJob(run, item.key, item.request)
    return yield* answer(job).pipe(
      Effect.map((response) => Settlement.outcome(item, response, "network")),
      Effect.catch((error) => giveUp(error, item, job, run))
    )
  })

  const giveUp = Effect.fnUntraced(function* (
    error: Settlement.AttemptError,
    item: GenerateItem,
    job: Attempt.Job,
    run: ActiveRun.ActiveRun
  ) {
    const stop = Settlement.stopFor(error, item.request.model)
    if (stop !== undefined) run.stop(stop.why, stop.model)
    if (stop !== undefined || error._tag === "RunStopped" || error._tag === "StoreError")
      return undefined
    const failure = Settlement.failure(error, job.attempts)
    const at = yield* Clock.currentTimeMillis
    const written = yield* Effect.result(
      run.journal.append([{ _tag: "Failed", key: item.key, failure, at }])
    )
    if (written._tag === "Failure") {
      run.stop(new RunStopped({ why: "store", detail: written.failure.message }))
      return undefined
    }
    return { _tag: "Failed", index: item.index, key: item.key, failure, from: "network" } as const
  })

  return {
    provider,
    /** What `generateMany` emits, uncounted, and without the run's stop at its end. */
    outcomes: <E, R>(
      items: Stream.Stream<GenerateItem, E, R>,
      run: ActiveRun.ActiveRun,
      options?: { readonly retryFailed?: boolean }
    ) =>
      Outcomes.asked(items, run, options?.retryFailed ?? false).pipe(
        Unordered.map({
          limit: atOnce(maxInFlight, maxQueue, maxWaiting),
          signal: run,
          work: ({ item, stored }) =>
            stored === undefined ? settle(item, run) : Effect.succeed(Outcomes.known(item, stored))
        })
      ),
    generate: Effect.fn("Generate.generate")(function* (
      request: GenerateRequest,
      options?: GenerateOptions
    ): Effect.fn.Return<ModelResponse, GenerateError | StoreError | RunStopped> {
      const run = options?.run ?? ActiveRun.ephemeral()
      const resolved = yield* catalog.resolve(request, { priced: run.cap !== undefined })
      const key = RequestKey.make(provider.id, resolved.request, options?.repeat, digest)
      const stored = (yield* run.journal.lookup([key])).get(key)
      if (stored?._tag === "Answered") return stored.response
      return yield* answer(makeJob(run, key, resolved.request, options?.onDelta)).pipe(
        Effect.catch((error) => {
          const stop = Settlement.stopFor(error, resolved.request.model)
          if (stop !== undefined) run.stop(stop.why, stop.model)
          return Effect.fail(error)
        })
      )
    })
  }
})

export const make = Effect.map(makeParts, ({ outcomes, ...parts }) =>
  Generate.of({
    ...parts,
    mode: "online",
    generateMany: (items, run, options) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const twice = paidTwice(run)
          if (twice !== undefined) return Stream.fail(twice)
          yield* dropWaiting(run)
          return Outcomes.ending(outcomes(items, run, options), run)
        })
      )
  })
)

/** What an earlier start has planned for batches, and not submitted, is sent in real time: it must not be both. */
const dropWaiting = Effect.fnUntraced(function* ({ batches, journal }: ActiveRun.ActiveRun) {
  const at = yield* Clock.currentTimeMillis
  const [first, ...others] = batches.waiting.map(
    (shard) => ({ _tag: "ShardDropped", shard, why: "online", at }) as const
  )
  batches.waiting = []
  if (first !== undefined) yield* journal.append([first, ...others])
})

/** What an earlier start has left with the Batch API is not sent once more in real time. */
const paidTwice = (run: ActiveRun.ActiveRun): RunStopped | undefined => {
  const { lines, open } = run.batches
  if (open === 0) return undefined
  const stop = new RunStopped({
    why: "batch",
    detail: `${lines} requests of this run are with the Batch API, and would be paid for twice. Collect them in batch or hybrid mode (--mode batch), or cancel them first (spillway batch cancel ${run.name}).`
  })
  run.stop(stop)
  return run.stopped() ?? stop
}

/** What a store may get over: a full disk, a busy database; not that another process has taken the run. */
const passes = (error: StoreError): boolean => error.reason === "full" || error.reason === "failed"

export const layer = Layer.effect(Generate, make)
