/**
 * `BatchJobs` for a simulated provider that lives in the program's own process: it ends with it, and with it the batches
 * that an earlier start has submitted. Their lines are nobody's then, and go into new ones.
 */
import { Clock, Effect, Layer, Semaphore, Stream } from "effect"
import { BatchJobs } from "../../src/batch-jobs/BatchJobs.ts"
import * as BatchLedger from "../../src/batch-jobs/BatchLedger.ts"
import { type ActiveRun, EPHEMERAL } from "../../src/run/ActiveRun.ts"
import * as BatchGraph from "./BatchGraph.ts"

const make = Effect.gen(function* () {
  const jobs = yield* BatchJobs
  const known = new WeakSet<ActiveRun>()
  const one = yield* Semaphore.make(1)

  /** Once for each opening of a run, before anything else is done for it; whoever else asks meanwhile waits for it. */
  const forget = (run: ActiveRun) =>
    Effect.gen(function* () {
      // A run that keeps nothing has no earlier starts, and is in no store.
      if (known.has(run) || run.journal.run === EPHEMERAL) return
      const at = yield* Clock.currentTimeMillis
      for (const { shard } of (yield* jobs.shards(run.journal.run)).filter(BatchLedger.isOpen)) {
        yield* run.journal.append([{ _tag: "ShardDropped", shard, why: "lost", at }])
      }
      known.add(run)
    }).pipe(one.withPermits(1))

  const first = <A, E, R>(run: ActiveRun, effect: Effect.Effect<A, E, R>) =>
    Effect.andThen(forget(run), effect)
  const before = <A, E, R>(run: ActiveRun, stream: Stream.Stream<A, E, R>) =>
    Stream.unwrap(Effect.as(forget(run), stream))

  return BatchJobs.of({
    ...jobs,
    plan: (lines, run) => first(run, jobs.plan(lines, run)),
    drive: (run, options) => before(run, jobs.drive(run, options)),
    adopt: (run) => first(run, jobs.adopt(run)),
    results: (run) => before(run, jobs.results(run)),
    linesOf: (run, shard) => before(run, jobs.linesOf(run, shard)),
    release: (run, shard) => first(run, jobs.release(run, shard)),
    discard: (run, shard) => first(run, jobs.discard(run, shard)),
    cancel: (run) => first(run, jobs.cancel(run))
  })
})

/** These batches as those of a provider that ends with this process. */
export const over = <A, E, R>(batches: Layer.Layer<A | BatchJobs, E, R>) =>
  Layer.provideMerge(Layer.effect(BatchJobs, make), batches)

/** In place of `BatchGraph.jobs`. */
export const jobs = over(BatchGraph.jobs)
