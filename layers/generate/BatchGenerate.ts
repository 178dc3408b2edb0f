/**
 * `Generate` by the Batch API: what is not known yet goes into full batches at half price, and comes back hours later. A
 * benchmark or a run needs no change for it. How batches are made and driven: `layers/batch-jobs/`; real time:
 * `OnlineGenerate.ts`.
 *
 * The source is read to its end while the first full shards are submitted already. Of an item on its way only key and
 * number are held, about 150 bytes.
 */
import { type Cause, Effect, Layer, Queue, Result, Stream } from "effect"
import { BatchError } from "../../src/batch-jobs/BatchError.ts"
import { type BatchEvent, BatchJobs } from "../../src/batch-jobs/BatchJobs.ts"
import { idOf, type ShardLine } from "../../src/batch-jobs/ShardLine.ts"
import * as RequestKey from "../../src/checkpoint/RequestKey.ts"
import type { Failure } from "../../src/checkpoint/RunRecord.ts"
import { Sha256 } from "../../src/checkpoint/Sha256.ts"
import { OpenAiError } from "../../src/error/OpenAiError.ts"
import { InvalidRequest, ServerError } from "../../src/error/OpenAiReason.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import { Generate, type GenerateItem, type Outcome } from "../../src/generate/Generate.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import * as ActiveRun from "../../src/run/ActiveRun.ts"
import * as Outcomes from "./Outcomes.ts"

/** Outcomes from the store that may wait for who takes them: the source is read no faster. */
const KNOWN = 1000

/** Batch work that cannot go on stops the run; what is with the provider goes on there. */
const stopFor = (error: BatchError, run: ActiveRun.ActiveRun): RunStopped => {
  const stop = new RunStopped({ why: "batch", detail: error.message })
  run.stop(stop)
  return run.stopped() ?? stop
}

const detached = (waiting: number): RunStopped =>
  new RunStopped({
    why: "detached",
    detail: `${waiting} requests are with the Batch API, or wait for room there.`
  })

/** A stored failure as the error of a single request. */
const errorOf = ({ advice, message, retryable }: Failure): OpenAiError =>
  new OpenAiError({
    operation: "batches.line",
    reason: retryable
      ? new ServerError({ message })
      : new InvalidRequest({ message: advice === "" ? message : `${message} ${advice}` })
  })

export const make = Effect.gen(function* () {
  const jobs = yield* BatchJobs
  const catalog = yield* ModelCatalog
  const digest = yield* Sha256

  const generateMany = <E, R>(
    items: Stream.Stream<GenerateItem, E, R>,
    run: ActiveRun.ActiveRun,
    options?: { readonly retryFailed?: boolean }
  ) =>
    Stream.unwrap(
      Effect.gen(function* () {
        /** Numbers of the items on their way, by key; several where items are the same request. */
        const waiting = new Map<RequestKey.RequestKey, number | ReadonlyArray<number>>()
        const known = yield* Queue.bounded<Outcome, Cause.Done>(KNOWN)

        const wait = ({ index, key }: GenerateItem): boolean => {
          const others = waiting.get(key)
          waiting.set(key, others === undefined ? index : [others, index].flat())
          return others === undefined
        }
        const take = (key: RequestKey.RequestKey): ReadonlyArray<number> => {
          const indexes = waiting.get(key)
          waiting.delete(key)
          return indexes === undefined ? [] : [indexes].flat()
        }

        // Before the store is asked: a batch of an earlier start may settle them in between, and tells of it once.
        const noted = Stream.filter(items, wait)
        const lines = Outcomes.asked(noted, run, options?.retryFailed ?? false).pipe(
          Stream.mapArrayEffect((page) =>
            Effect.as(
              Queue.offerAll(
                known,
                page.flatMap(({ item: { key }, stored }) =>
                  stored === undefined
                    ? []
                    : take(key).map((index) => Outcomes.known({ index, key }, stored))
                )
              ),
              page
            )
          ),
          Stream.filterMap(({ item: { key, request }, stored }) => {
            if (stored !== undefined || !waiting.has(key)) return Result.failVoid
            const line: ShardLine = { key, customId: idOf(key), request }
            return Result.succeed(line)
          }),
          Stream.ensuring(Queue.end(known))
        )

        /** Also of lines that an earlier start has submitted: they are waited for by their key. */
        const settled = (event: BatchEvent): ReadonlyArray<Outcome> =>
          event._tag !== "LinesSettled"
            ? []
            : event.results.flatMap(({ key, outcome }) =>
                take(key).map((index) => Outcomes.known({ index, key }, outcome, "batch"))
              )

        const driven = jobs
          .drive(run, { lines, until: run.patience.detach ? "submitted" : "settled" })
          .pipe(
            Stream.flatMap((event) => Stream.fromIterable(settled(event))),
            Stream.mapError((error) => (error instanceof BatchError ? stopFor(error, run) : error)),
            Stream.concat(
              Stream.suspend(() => {
                if (waiting.size === 0 || run.anyStop() !== undefined) return Stream.empty
                const stop = detached(waiting.size)
                run.stop(stop)
                return Stream.fail(stop)
              })
            )
          )
        return Stream.merge(driven, Stream.fromQueue(known))
      })
    ).pipe((outcomes) => Outcomes.ending(outcomes, run))

  return Generate.of({
    provider: jobs.provider,
    mode: "batch",
    generateMany,
    generate: Effect.fn("Generate.generate")(function* (request, options) {
      const run = options?.run ?? ActiveRun.ephemeral()
      const resolved = yield* catalog.resolve(request, { priced: run.cap !== undefined })
      const key = RequestKey.make(jobs.provider.id, resolved.request, options?.repeat, digest)
      const item: GenerateItem = { index: 0, key, request: resolved.request }
      const [outcome] = yield* Stream.runCollect(generateMany(Stream.succeed(item), run))
      if (outcome === undefined) return yield* run.anyStop() ?? detached(1)
      if (outcome._tag === "Failed") return yield* errorOf(outcome.failure)
      return outcome.response
    })
  })
})

export const layer = Layer.effect(Generate, make)
