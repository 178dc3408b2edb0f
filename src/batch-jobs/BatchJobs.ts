/**
 * Work for the Batch API that is never lost and never paid twice: lines become shards (one input file and one batch each),
 * shards are moved on until all have ended, and every line is settled by itself. All that a later process needs is in the
 * run's ledger (`checkpoint/BatchRecord.ts`). Implementations: `layers/batch-jobs/`.
 */
import { Context, type Effect, type Stream } from "effect"
import type { ShardId } from "../checkpoint/BatchRecord.ts"
import type { StoredOutcome, StoreError } from "../checkpoint/CheckpointStore.ts"
import type { RequestKey } from "../checkpoint/RequestKey.ts"
import type { RunStopped } from "../error/RunStopped.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import type { Provider } from "../transport/OpenAiTransport.ts"
import type { BatchError } from "./BatchError.ts"
import type { ShardState } from "./BatchLedger.ts"
import type { ShardLine } from "./ShardLine.ts"

/** One line's end. */
export interface LineResult {
  readonly key: RequestKey
  readonly customId: string
  readonly outcome: StoredOutcome
}

export type BatchEvent =
  /** A shard went on: planned, submitted, in progress, ended, settled. */
  | { readonly _tag: "ShardChanged"; readonly shard: ShardState }
  /** Lines that ended, durable already; many at a time. */
  | {
      readonly _tag: "LinesSettled"
      readonly shard: ShardId
      readonly results: ReadonlyArray<LineResult>
    }
  /** Lines of a released shard that its batch has left unanswered: they are the caller's again. */
  | {
      readonly _tag: "LinesReleased"
      readonly shard: ShardId
      readonly lines: ReadonlyArray<{ readonly key: RequestKey; readonly customId: string }>
    }

export interface DriveOptions<E = never, R = never> {
  /** Lines to plan while what is planned already is driven: the first full shard does not wait for the last line. */
  readonly lines?: Stream.Stream<ShardLine, E, R>
  /** `submitted`: end once every shard is with the provider, or waits for room there. Default `settled`: all have ended. */
  readonly until?: "submitted" | "settled"
  /** A shard that is held is not submitted for now; asked again at every look at the batches. Default: none is. */
  readonly held?: (shard: ShardState) => boolean
  /** Lines of a shard at most, where fewer than `BatchConfig.maxLines` are wanted. */
  readonly maxLines?: number | undefined
}

export interface Planned {
  readonly shards: number
  /** Lines that are new; those that an unfinished shard holds already are passed over. */
  readonly lines: number
  readonly alreadyPlanned: number
}

export class BatchJobs extends Context.Service<
  BatchJobs,
  {
    readonly provider: Provider
    /** Writes lines to shards and records them; touches no network. The same lines give the same shards. */
    readonly plan: <E, R>(
      lines: Stream.Stream<ShardLine, E, R>,
      run: ActiveRun
    ) => Effect.Effect<Planned, E | BatchError | StoreError, R>
    /**
     * Reconciles the ledger with the provider's batches and files, then moves every shard on. May be killed anywhere and
     * called again. On a stop of the run it submits nothing more and fails with `RunStopped`: the batches go on at the
     * provider, unless the run asks for them to be cancelled.
     */
    readonly drive: <E = never, R = never>(
      run: ActiveRun,
      options?: DriveOptions<E, R>
    ) => Stream.Stream<BatchEvent, E | BatchError | StoreError | RunStopped, R>
    /** All lines of the run that have ended, shard by shard, from the store. */
    readonly results: (run: ActiveRun) => Stream.Stream<LineResult, BatchError | StoreError>
    /** The shards of a run, by its id, as its ledger has them: no network, no lock. */
    readonly shards: (run: string) => Effect.Effect<ReadonlyArray<ShardState>, StoreError>
    /**
     * Shards that earlier starts have left open, in the order of planning: for who sees to what becomes of them before it
     * drives, and has the lines of the run at hand. A shard that was lost with its process is dropped, as `drive` does with
     * `lines`: its lines are nobody's, and can be planned anew.
     */
    readonly adopt: (
      run: ActiveRun
    ) => Effect.Effect<ReadonlyArray<ShardState>, BatchError | StoreError>
    /**
     * Cancels every batch that is under way and drops what waits; `drive` brings home what was answered before. The other
     * lines have no outcome: planned once more, they are submitted once more.
     */
    readonly cancel: (run: ActiveRun) => Effect.Effect<void, BatchError | StoreError | RunStopped>
    /**
     * Takes a shard out of the Batch API's hands. One that waits is `dropped`: its lines are the caller's at once. Of one
     * under way the batch is cancelled, and `drive` hands back, as `LinesReleased`, what it has not answered: `cancelled`.
     * Of one that has ended already nothing is handed back: `ended`.
     */
    readonly release: (
      run: ActiveRun,
      shard: ShardId
    ) => Effect.Effect<"dropped" | "cancelled" | "ended", BatchError | StoreError | RunStopped>
    /** The requests of a shard, from its file. */
    readonly linesOf: (
      run: ActiveRun,
      shard: ShardId
    ) => Stream.Stream<ShardLine, BatchError | StoreError>
    /** Removes the file of a released shard, once its lines are answered elsewhere. */
    readonly discard: (
      run: ActiveRun,
      shard: ShardId
    ) => Effect.Effect<void, BatchError | StoreError>
    /** Input tokens of a model that unfinished batches of this program hold, and the limit, as far as it is known. */
    readonly queue: (model: string) => { readonly held: number; readonly limit: number | undefined }
  }
>()("spillway/batch-jobs/BatchJobs") {}
