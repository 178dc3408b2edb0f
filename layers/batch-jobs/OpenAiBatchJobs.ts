/**
 * `BatchJobs` on OpenAI's Batch API: any `OpenAiTransport`, the store's ledger, and files on this machine's disk. One shard's
 * way to the provider is in `Submitting.ts`, its results in `Collecting.ts`, the loop around them in `Driving.ts`.
 */
import { Cause, Clock, Effect, type FileSystem, Layer, type Path, Queue, Stream } from "effect"
import { BatchError } from "../../src/batch-jobs/BatchError.ts"
import { BatchJobs, type DriveOptions } from "../../src/batch-jobs/BatchJobs.ts"
import * as BatchLedger from "../../src/batch-jobs/BatchLedger.ts"
import * as EnqueuedTokens from "../../src/batch-jobs/EnqueuedTokens.ts"
import { CheckpointStore } from "../../src/checkpoint/CheckpointStore.ts"
import * as RunId from "../../src/checkpoint/RunId.ts"
import { Sha256 } from "../../src/checkpoint/Sha256.ts"
import { BatchConfig } from "../../src/config/BatchConfig.ts"
import { Budget } from "../../src/cost/Budget.ts"
import type { RunStopped } from "../../src/error/RunStopped.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import { type ActiveRun, EPHEMERAL } from "../../src/run/ActiveRun.ts"
import { Tokenizer } from "../../src/tokens/Tokenizer.ts"
import { OpenAiTransport } from "../../src/transport/OpenAiTransport.ts"
import * as BatchRun from "./BatchRun.ts"
import * as Cancelling from "./Cancelling.ts"
import * as Collecting from "./Collecting.ts"
import * as Driving from "./Driving.ts"
import * as Looking from "./Looking.ts"
import * as Planning from "./Planning.ts"
import * as ProviderCalls from "./ProviderCalls.ts"
import * as Replanning from "./Replanning.ts"
import * as Spool from "./Spool.ts"
import * as StoredResults from "./StoredResults.ts"
import * as Submitting from "./Submitting.ts"

/** Events that may wait for who listens. */
const EVENTS = 16

/** Cancelling at a stop keeps nobody waiting longer than this. */
const CANCELLING = "30 seconds"

export const make = Effect.gen(function* () {
  const transport = yield* OpenAiTransport
  const store = yield* CheckpointStore
  const budget = yield* Budget
  const catalog = yield* ModelCatalog
  const tokenizer = yield* Tokenizer
  const settings = yield* BatchConfig
  const digest = yield* Sha256
  const clock = yield* Clock.Clock
  const disk = yield* Effect.context<FileSystem.FileSystem | Path.Path>()

  const queue = EnqueuedTokens.make(settings.enqueuedTokens)
  const calls = ProviderCalls.make(transport)
  const sharding = { digest, tokenizer, catalog, now: () => clock.currentTimeMillisUnsafe() }
  const replanning = Replanning.make({ calls, sharding })
  const submit = Submitting.make({ calls, budget, settings, replanning })
  const collect = Collecting.make({ transport, calls, catalog, settings, replanning })
  const cancelling = Cancelling.make(calls)
  const looking = Looking.make({ calls, settings, collect })
  const driving = Driving.make({ budget, looking, submit })
  const planning = Planning.make({ settings, sharding })

  const runs = new WeakMap<ActiveRun, BatchRun.BatchRun>()
  const batchOf = Effect.fnUntraced(function* (run: ActiveRun) {
    const known = runs.get(run)
    if (known !== undefined) return known
    // Runs that keep nothing have no id of their own, and must not meet in one folder.
    const id = run.journal.run === EPHEMERAL ? yield* RunId.make : run.journal.run
    const spool = yield* Effect.provideContext(Spool.make(id), disk)
    const made = yield* BatchRun.make(run, id, store, spool, queue)
    // Somebody else may have been as quick.
    const first = runs.get(run) ?? made
    runs.set(run, first)
    return first
  })

  /** Fails with the run's stop, once there is one. */
  const untilStopped = (run: ActiveRun) =>
    Effect.callback<never, RunStopped>((resume) => {
      const check = () => {
        const stop = run.stopped()
        if (stop !== undefined) resume(Effect.fail(stop))
      }
      const remove = run.onStop(check)
      check()
      return Effect.sync(remove)
    })

  const cancel = Effect.fn("BatchJobs.cancel")(function* (run: ActiveRun) {
    const batch = yield* batchOf(run)
    yield* Effect.forEach(batch.open(), ({ shard }) => cancelling(batch, shard, "cancelled"), {
      concurrency: 4,
      discard: true
    }).pipe(driving.stopping(batch))
  })

  const shards = Effect.fn("BatchJobs.shards")(function* (run: string) {
    const ledger = BatchLedger.make()
    yield* Stream.runForEach(store.batchLedger(run), (record) =>
      Effect.sync(() => BatchLedger.apply(ledger, record))
    )
    return [...ledger.values()]
  })

  const whenStopped = (run: ActiveRun) =>
    run.patience.whenStopped === "cancel"
      ? Effect.ignore(Effect.timeoutOption(cancel(run), CANCELLING))
      : Effect.void

  const driven = Effect.fnUntraced(function* <E, R>(
    run: ActiveRun,
    options: DriveOptions<E, R>,
    tell: NonNullable<BatchRun.BatchRun["listener"]>
  ) {
    const batch = yield* batchOf(run)
    batch.listener = tell
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        batch.listener = undefined
      })
    )
    const { lines } = options
    if (lines !== undefined) {
      // Before anybody wants to upload them; only with lines at hand can they be planned anew.
      yield* planning.forgetLost(batch)
      for (const { released, shard } of batch.open()) {
        // Promoted lines are taken back only by who can send them in real time.
        const nobodys = released === "promoted" && options.held === undefined
        if (released === "cancelled" || nobodys) batch.revived.add(shard)
      }
    }
    yield* driving.drive(batch, options, planning.along(batch, options)).pipe(
      Effect.raceFirst(untilStopped(run)),
      Effect.onError((cause) =>
        run.stopped() === undefined && !Cause.hasInterrupts(cause) ? Effect.void : whenStopped(run)
      )
    )
    const stop = run.anyStop()
    if (stop !== undefined) return yield* stop
  }, Effect.scoped)

  return BatchJobs.of({
    provider: transport.provider,
    plan: Effect.fn("BatchJobs.plan")(function* (lines, run) {
      return yield* planning.plan(yield* batchOf(run), lines)
    }),
    drive: (run, options = {}) =>
      Stream.callback(
        (events) =>
          driven(run, options, (event) => Effect.asVoid(Queue.offer(events, event))).pipe(
            Effect.matchCauseEffect({
              onSuccess: () => Queue.end(events),
              onFailure: (cause) => Queue.failCause(events, cause)
            })
          ),
        { bufferSize: EVENTS, strategy: "suspend" }
      ),
    results: (run) => Stream.unwrap(Effect.flatMap(batchOf(run), StoredResults.of)),
    shards,
    adopt: Effect.fn("BatchJobs.adopt")(function* (run) {
      const batch = yield* batchOf(run)
      yield* planning.forgetLost(batch)
      return batch.open()
    }),
    cancel,
    release: Effect.fn("BatchJobs.release")(function* (run, shard) {
      const batch = yield* batchOf(run)
      return yield* cancelling(batch, shard, "promoted").pipe(driving.stopping(batch))
    }),
    discard: Effect.fn("BatchJobs.discard")(function* (run, shard) {
      yield* (yield* batchOf(run)).spool.remove(shard)
    }),
    queue: queue.state,
    linesOf: (run, shard) =>
      Stream.unwrap(
        Effect.flatMap(batchOf(run), (batch) => {
          const state = batch.stateOf(shard)
          return state === undefined
            ? Effect.fail(
                new BatchError({
                  reason: "unknown-batch",
                  shard,
                  problem: `This run has no shard ${shard}.`,
                  fix: "Ask for the shards of the run first."
                })
              )
            : Effect.succeed(replanning.linesOf(batch, state))
        })
      )
  })
})

export const layer = Layer.effect(BatchJobs, make)
