/**
 * A run is what a user starts, stops and resumes: a name, items with ids, the request that each one makes, and a cap.
 * `deliver` brings every item's outcome to a sink, at least once, from whatever process reaches the store.
 * The driving is in `RunProcess.ts`; a benchmark is a run plus scoring: `benchmark/BenchmarkRun.ts`.
 */
import { Clock, Effect, Result, type Scope, Stream } from "effect"
import * as Arr from "effect/Array"
import * as BatchLedger from "../batch-jobs/BatchLedger.ts"
import { CheckpointStore, type StoreError } from "../checkpoint/CheckpointStore.ts"
import * as Money from "../cost/Money.ts"
import { RunStopped } from "../error/RunStopped.ts"
import { Generate } from "../generate/Generate.ts"
import type { ModelCatalog } from "../model/ModelCatalog.ts"
import type { GenerateRequest } from "../request/GenerateRequest.ts"
import * as ActiveRun from "./ActiveRun.ts"
import * as Blocks from "./Blocks.ts"
import type { Decode, Delivery, Sink } from "./Delivery.ts"
import * as ItemPreparation from "./ItemPreparation.ts"
import { check, type InvalidRunOptions, type RunOptions } from "./RunOptions.ts"
import * as RunProcess from "./RunProcess.ts"
import * as RunReport from "./RunReport.ts"
import { Shutdown } from "./Shutdown.ts"
import * as UnfinishedItems from "./UnfinishedItems.ts"

/** How an item becomes a request, and what its answer is decoded to. */
export interface Run<in out Item, out A = string> {
  /** Names the run in its store: the same name goes on with the same run. */
  readonly name: string
  readonly id: (item: Item, index: number) => string
  readonly request: (item: Item) => GenerateRequest
  /** Which sample of its request an item asks for, from 0: only read with `dedupe`. Default: 0. */
  readonly sample?: ((item: Item) => number) | undefined
  readonly decode: Decode<A>
  readonly options: RunOptions
}

export interface Definition<Item> extends RunOptions {
  readonly name: string
  /** Unique for each item, and the same in every process. Default: the item's position, which an edited source shifts. */
  readonly id?: (item: Item, index: number) => string
  /**
   * Items with equal requests are different samples: each gets an answer of its own, unless `dedupe` is set. The same for
   * the same item each time: it is called again at each start, and may be called twice within one.
   */
  readonly request: (item: Item) => GenerateRequest
  /** Which sample of its request an item asks for, from 0: repeats stay apart under `dedupe` too. Default: 0. */
  readonly sample?: (item: Item) => number
}

/** A run whose answers are texts, or, with `answer`, values decoded by a `StructuredAnswer`. */
export function make<Item, A>(
  definition: Definition<Item> & { readonly answer: { readonly decode: Decode<A> } }
): Run<Item, A>
export function make<Item>(definition: Definition<Item>): Run<Item>
export function make<Item>(
  definition: Definition<Item> & { readonly answer?: { readonly decode: Decode<unknown> } }
): Run<Item, unknown> {
  const { name, id, request, sample, answer, ...options } = definition
  return {
    name,
    id: id ?? ((_, index) => String(index)),
    request,
    sample,
    decode: answer?.decode ?? ((response) => Result.succeed(response.text)),
    options
  }
}

/** What an earlier start has left with the Batch API. */
const underWay = Effect.fnUntraced(function* (store: CheckpointStore["Service"], run: string) {
  const ledger = BatchLedger.make()
  yield* Stream.runForEach(store.batchLedger(run), (record) =>
    Effect.sync(() => BatchLedger.apply(ledger, record))
  )
  const submitted = [...ledger.values()].filter(BatchLedger.isSubmitted)
  const lines = submitted.reduce((sum, shard) => sum + shard.lines, 0)
  const waiting = [...ledger.values()].filter(
    (shard) => BatchLedger.isOpen(shard) && !BatchLedger.isSubmitted(shard)
  )
  return {
    open: submitted.length,
    lines,
    done: 0,
    waiting: waiting.map(({ shard }) => shard)
  }
})

/** Takes the run's lock in the store, and counts what earlier invocations spent. A shutdown request stops the run. */
export const open = Effect.fn("Run.open")(function* <Item, A>(
  run: Run<Item, A>
): Effect.fn.Return<
  ActiveRun.ActiveRun,
  StoreError | InvalidRunOptions,
  CheckpointStore | Scope.Scope
> {
  yield* check(run.name, run.options)
  const store = yield* CheckpointStore
  const { fresh = false, maxCostUsd, reuse = "store", weight, deadline } = run.options
  const { detach = false, whenStopped = "detach" } = run.options
  const journal = yield* store.open({ name: run.name, fresh, reuse })
  const cap = maxCostUsd === undefined ? undefined : Money.fromUsd(maxCostUsd)
  const active = ActiveRun.make({
    name: run.name,
    journal,
    cap,
    weight,
    patience: { detach, whenStopped, deadline },
    batches: yield* underWay(store, journal.run)
  })
  const shutdown = yield* Shutdown
  yield* Effect.acquireRelease(
    Effect.sync(() => shutdown.onRequest(() => active.stop(RunProcess.interrupted))),
    (remove) => Effect.sync(remove)
  )
  return active
})

/**
 * Runs all items and delivers their outcomes to the sink in groups, each acknowledged in the store once the sink has
 * taken it. Items that an earlier invocation delivered are passed over; outcomes that are stored but were not
 * acknowledged are delivered without a request. At least once: a crash between sink and acknowledgement delivers that
 * group again. The report is kept in the store, also of an invocation that a stop ended with `RunStopped`.
 */
export const deliver = <Item, A, E, R, E2 = never, R2 = never>(
  run: Run<Item, A>,
  items: Stream.Stream<Item, E, R>,
  sink: Sink<Item, A, E2, R2>
): Effect.Effect<
  RunReport.RunReport,
  E | E2 | StoreError | InvalidRunOptions | RunStopped,
  Exclude<R | R2, Scope.Scope> | Generate | ModelCatalog | CheckpointStore
> =>
  Effect.gen(function* () {
    const { provider } = yield* Generate
    const active = yield* open(run)
    const startedAt = yield* Clock.currentTimeMillis
    const report = Effect.map(Clock.currentTimeMillis, (now) =>
      RunReport.make(active, {
        simulated: provider.simulated,
        elapsedSeconds: (now - startedAt) / 1000
      })
    )
    const keep = (made: RunReport.RunReport) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        active.journal.append([{ _tag: "Reported", report: made, at }])
      )
    const blocks = yield* Blocks.make(active, "delivered")
    const prepared = UnfinishedItems.prepare(run, items, active, provider, blocks)
    yield* RunProcess.process(
      run,
      active,
      ItemPreparation.undelivered(active, prepared, run.options.retryFailed ?? false, blocks),
      (group) => Effect.andThen(sink(group), acknowledge(active, blocks, group))
    ).pipe(
      // A store that fails now has nothing to add to what ended the run.
      Effect.onError(() => Effect.ignore(Effect.flatMap(report, keep)))
    )
    const made = yield* report
    yield* keep(made)
    return made
  }).pipe(Effect.scoped, Effect.withSpan("Run.deliver"))

/** A store that cannot note the acknowledgement stops the run for its own reason, not as a failure of the sink. */
export const acknowledge = (
  active: ActiveRun.ActiveRun,
  blocks: Blocks.Blocks,
  group: Arr.NonEmptyReadonlyArray<Delivery<unknown, unknown>>
) =>
  Effect.suspend(() => {
    const delivered = Arr.map(
      group,
      ({ itemId, key }) => ({ _tag: "Delivered", itemId, key }) as const
    )
    return active.journal.append(Arr.appendAll(delivered, blocks.ended(group)))
  }).pipe(
    Effect.tapError((error) =>
      Effect.sync(() => active.stop(new RunStopped({ why: "store", detail: error.message })))
    )
  )
