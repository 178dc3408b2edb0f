/**
 * `Generate` by price and deadline: everything goes to full batches at half price as long as real time could still answer
 * what is outstanding before the run's deadline; then, just in time, to real time. What goes where is decided by
 * `src/hybrid/Planner.ts`, asked again at every change; here it is carried out, with the parts of `OnlineGenerate.ts` and
 * with `BatchJobs`. Without a deadline it is `BatchGenerate`, but for what is too little for a batch.
 *
 * Five parts run side by side (`hybrid/`): the source, the batches, the planner, the feeder that reads the lines of promoted
 * shards again, and real time. Whatever fails in one of them ends the run only after real time has brought home what it has
 * sent.
 */
import { Clock, Duration, Effect, Layer, Queue, Stream } from "effect"
import { type BatchEvent, BatchJobs } from "../../src/batch-jobs/BatchJobs.ts"
import type { StoreError } from "../../src/checkpoint/CheckpointStore.ts"
import { BatchConfig } from "../../src/config/BatchConfig.ts"
import { HybridConfig } from "../../src/config/HybridConfig.ts"
import { RateLimitConfig } from "../../src/config/RateLimitConfig.ts"
import { NanoUsd } from "../../src/cost/Money.ts"
import * as SpendCount from "../../src/cost/SpendCount.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import { Generate, type GenerateItem, type Outcome } from "../../src/generate/Generate.ts"
import { unitLines } from "../../src/hybrid/UnitSize.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import { RateLimiter } from "../../src/rate-limit/RateLimiter.ts"
import type { ActiveRun } from "../../src/run/ActiveRun.ts"
import { Tokenizer } from "../../src/tokens/Tokenizer.ts"
import * as Arrivals from "./hybrid/Arrivals.ts"
import * as Failing from "./hybrid/Failing.ts"
import * as Feeder from "./hybrid/Feeder.ts"
import * as HybridRun from "./hybrid/HybridRun.ts"
import * as Leaving from "./hybrid/Leaving.ts"
import * as Steering from "./hybrid/Steering.ts"
import * as OnlineGenerate from "./OnlineGenerate.ts"
import * as Outcomes from "./Outcomes.ts"

/** Tokens of a line before any was read; it only bounds shards where the batch queue is known and small. */
const TOKENS_PER_LINE = 1_000

const MINUTE = 60_000

/** How often it is asked whether all is answered, once the deadline has passed. */
const ASKING = Duration.seconds(1)

export const make = Effect.gen(function* () {
  const realTime = yield* OnlineGenerate.makeParts
  const ports: HybridRun.Ports = {
    jobs: yield* BatchJobs,
    limiter: yield* RateLimiter,
    catalog: yield* ModelCatalog,
    tokenizer: yield* Tokenizer,
    settings: yield* HybridConfig,
    limits: yield* RateLimitConfig
  }
  const { jobs, limits, settings } = ports
  const { enqueuedTokens } = yield* BatchConfig

  /** How many lines are a unit that the planner moves as a whole. */
  const linesOfUnit = ({ patience: { deadline } }: ActiveRun, now: number): number | undefined =>
    deadline === undefined
      ? undefined
      : unitLines({
          tokensPerLine: TOKENS_PER_LINE,
          tokenLimit: enqueuedTokens,
          smallestBatch: settings.smallestBatch,
          deadline: {
            linesPerMinute: limits.requestsPerMinute,
            minutes: Math.max(1, (deadline - now) / MINUTE)
          }
        })

  /** Shards that earlier starts have left open; whether there are any. */
  const adopt = Effect.fnUntraced(function* <E>({ run, units }: HybridRun.HybridRun<E>) {
    // Before anything is planned or driven: a lost shard that is planned anew would be taken for the one it was.
    const open = yield* Effect.catchTag(jobs.adopt(run), "BatchError", (error) => {
      const stop = new RunStopped({ why: "batch", detail: error.message })
      run.stop(stop)
      return Effect.fail(stop)
    })
    const now = yield* Clock.currentTimeMillis
    for (const shard of open) units.adopt(shard, now)
    return open.length > 0
  })

  const generateMany = <E, R>(
    items: Stream.Stream<GenerateItem, E, R>,
    run: ActiveRun,
    options?: { readonly retryFailed?: boolean }
  ): Stream.Stream<Outcome, E | StoreError | RunStopped, R> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const shared = yield* HybridRun.make<E>(ports, run)
        const { feed, forBatches, known, online, promoted, sightOf, units, waiting } = shared
        const { deadline, detach } = run.patience
        const adopted = yield* adopt(shared)
        const { fail, failPart, first } = yield* Failing.make(shared)
        const steering = Steering.make(ports, shared, failPart)

        /** What an event of the batches brings. */
        const settle = Effect.fnUntraced(function* (event: BatchEvent) {
          const outcomes: Array<Outcome> = []
          if (event._tag === "ShardChanged") {
            const now = yield* Clock.currentTimeMillis
            if (!units.shards.has(event.shard.shard)) shared.filledAt = now
            units.changed(event.shard, now)
            yield* steering.changed(event.shard)
            yield* Feeder.discard(ports, shared, event.shard.shard)
          } else if (event._tag === "LinesSettled") {
            for (const { key, outcome } of event.results) {
              for (const index of waiting.take(key))
                outcomes.push(Outcomes.known({ index, key }, outcome, "batch"))
            }
          } else {
            // Where all of its lines were sent at once, nothing is left to send.
            const keys = new Set(event.lines.map(({ key }) => key))
            yield* HybridRun.sendOnline(shared, event.shard, keys)
          }
          yield* shared.change.open
          return outcomes
        })

        /** At the deadline nobody waits for batches that are cancelled and whose every line was answered elsewhere. */
        const allInTime = Effect.gen(function* () {
          if (deadline === undefined) return yield* Effect.never
          yield* Effect.sleep(Math.max(0, deadline - (yield* Clock.currentTimeMillis)))
          while (!shared.read || waiting.size() > 0) yield* Effect.sleep(ASKING)
        })

        const batches = jobs
          .drive(run, {
            lines: Stream.flattenIterable(Stream.fromQueue(forBatches)),
            until: detach ? "submitted" : "settled",
            maxLines: linesOfUnit(run, yield* Clock.currentTimeMillis),
            held: ({ shard }) => !detach && !steering.submitted(shard)
          })
          .pipe(
            Stream.flatMap((event) => Stream.fromIterableEffect(settle(event))),
            Stream.interruptWhen(allInTime),
            Stream.catchCause((cause) => Stream.fromEffectDrain(fail(cause))),
            Stream.ensuring(
              Effect.suspend(() => {
                shared.driven = true
                Leaving.leave(shared)
                return Effect.all([
                  shared.change.open,
                  Queue.end(promoted),
                  Queue.shutdown(forBatches)
                ])
              })
            )
          )

        const ended = Effect.fnUntraced(function* (outcome: Outcome) {
          const { key } = outcome
          const response = outcome._tag === "Failed" ? undefined : outcome.response
          const model = online.ended(key)
          const fresh = outcome.from === "network"
          if (fresh && model !== undefined) {
            const now = yield* Clock.currentTimeMillis
            sightOf(shared.familyOf(model)).ended(response?.latencyMs, now)
          }
          const indexes = waiting.take(key)
          // Its batch was quicker, and both are paid for.
          if (indexes.length === 0 && fresh && response !== undefined)
            SpendCount.duplicated(run.counters, NanoUsd(response.cost))
          // What the store has by now, and had not when the source was read, its batch has put there.
          const from = outcome.from === "store" ? "batch" : outcome.from
          return indexes.map((index): Outcome => ({ ...outcome, index, from }))
        })

        const sent = realTime.outcomes(Stream.fromQueue(feed), run, options).pipe(
          Stream.mapEffect(ended),
          Stream.flattenIterable,
          Stream.catchCause((cause) => Stream.fromEffectDrain(failPart(cause))),
          // Whoever still has lines for it must not wait until they are taken.
          Stream.ensuring(Queue.shutdown(feed))
        )

        const source = Arrivals.read(ports, shared, items, {
          retryFailed: options?.retryFailed,
          probe: deadline !== undefined && !detach && !adopted
        })
        const feeding = Effect.all(
          [
            Effect.catchCause(source, fail),
            Effect.catchCause(Feeder.feed(ports, shared), failPart)
          ],
          { concurrency: "unbounded", discard: true }
        ).pipe(Effect.ensuring(Queue.end(feed)))
        // Who does not stay cannot carry out any plan.
        const planning = detach ? Effect.void : Effect.catchCause(steering.steer, failPart)

        return Stream.mergeAll(
          [
            batches,
            Stream.fromQueue(known),
            sent,
            Stream.fromEffectDrain(planning),
            Stream.fromEffectDrain(feeding)
          ],
          { concurrency: "unbounded" }
        ).pipe(
          Stream.concat(
            Stream.suspend(() => {
              const failed = first()
              if (failed !== undefined) return Stream.failCause(failed)
              if (waiting.size() === 0 || run.anyStop() !== undefined) return Stream.empty
              const stop = new RunStopped({
                why: "detached",
                detail: `${waiting.size()} requests are with the Batch API, or wait for room there.`
              })
              run.stop(stop)
              return Stream.fail(stop)
            })
          )
        )
      })
    ).pipe((outcomes) => Outcomes.ending(outcomes, run))

  return Generate.of({
    provider: realTime.provider,
    mode: "hybrid",
    generateMany,
    generate: realTime.generate
  })
})

export const layer = Layer.effect(Generate, make)
