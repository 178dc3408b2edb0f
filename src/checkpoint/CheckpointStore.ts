/**
 * Keeps what a run has paid for, so that a killed run goes on where it stopped.
 * Implementations: `layers/checkpoint/`. Records: `RunRecord.ts`.
 */
import { Context, type Effect, type Option, Runtime, Schema, type Scope, type Stream } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type { NanoUsd } from "../cost/Money.ts"
import { type Verdict, verdict } from "../error/Verdict.ts"
import type { ModelResponse } from "../request/ModelResponse.ts"
import type { BatchRecord, LedgerRecord, ShardId } from "./BatchRecord.ts"
import type { BlockFinished, FinishedBlocks } from "./BlockRecord.ts"
import type { ItemRecord } from "./ItemRecord.ts"
import type { RequestKey } from "./RequestKey.ts"
import type { Failure, RecordTag, RunRecord } from "./RunRecord.ts"

/** The store could not do it. The run stops; what was acknowledged before is safe. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  reason: Schema.Literals([
    /** Another process is writing to this run. */
    "locked",
    /** This writer was replaced by a later one. */
    "fenced",
    /** The file or database cannot be opened, or is not a Spillway store. */
    "unreadable",
    /** Written by a newer version of Spillway. */
    "newer-version",
    /** Disk or quota full. */
    "full",
    /** No such run. */
    "unknown-run",
    /** A stored row cannot be decoded. */
    "corrupt",
    "failed"
  ]),
  /** What was being done, as `append`. */
  operation: Schema.String,
  problem: Schema.String,
  /** What to do. */
  fix: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `Checkpoint store, ${this.operation}: ${this.problem} ${this.fix}`
  }
  /** 3 where a later start goes on, 2 where something must be corrected first. */
  override readonly [Runtime.errorExitCode] =
    this.reason === "full" || this.reason === "failed" ? 3 : 2
  get verdict(): Verdict {
    return verdict({ blast: "run", advice: this.fix })
  }
}

export interface OpenRun {
  /** Names the run in its store; the same name goes on with the same run. */
  readonly name: string
  /** Start over under this name: the earlier records stay readable under their own run id, and are not reused. */
  readonly fresh?: boolean
  /** Whose answers count: every run's in this store (default), or this run's own only. `fresh` implies `run`. */
  readonly reuse?: "store" | "run"
}

/** What the log said when the run was opened. Attempts without an end were settled at their worst case. */
export interface Recovered {
  /** 1e-9 USD of all earlier invocations, unresolved attempts included. */
  readonly spent: NanoUsd
  /** Attempts that a crash left open: sent perhaps, answer lost. Settled by this opening. */
  readonly unresolved: number
  readonly answered: number
  readonly failed: number
}

export type StoredOutcome =
  | { readonly _tag: "Answered"; readonly response: ModelResponse }
  | { readonly _tag: "Failed"; readonly failure: Failure }

/** The right to write to one run; exists while its scope is open, and there is one of it at a time. */
export interface Journal {
  readonly run: string
  readonly recovered: Recovered
  /** Atomic, and durable when it returns. Callers share commits: the next one starts when the last returns. */
  readonly append: (records: NonEmptyReadonlyArray<RunRecord>) => Effect.Effect<void, StoreError>
  /** The outcomes that are already there; a page of up to 1,000 keys at a time is cheapest. */
  readonly lookup: (
    keys: ReadonlyArray<RequestKey>
  ) => Effect.Effect<ReadonlyMap<RequestKey, StoredOutcome>, StoreError>
  /** The items whose delivery was acknowledged in this run, with the key they were delivered for. */
  readonly delivered: (
    itemIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, RequestKey>, StoreError>
  /**
   * The blocks that this run has finished. Those that need answers are left out where a run was removed from the store
   * after the journal that wrote them was opened: the answers may have been that run's.
   */
  readonly finishedBlocks: Effect.Effect<FinishedBlocks, StoreError>
  /** The block at a place that `finishedBlocks` names. */
  readonly finishedBlock: (seq: number) => Effect.Effect<BlockFinished, StoreError>
  /**
   * Puts these in the place of the run's results. Written as they come, and seen by `results` all at once when the
   * stream has ended; where it fails, or the process dies, the earlier ones stay. Constant memory.
   */
  readonly replaceResults: <E, R>(
    items: Stream.Stream<ItemRecord, E, R>
  ) => Effect.Effect<void, StoreError | E, R>
}

export interface RunSummary {
  readonly id: string
  readonly name: string
  /** `running`: a process holds its lock. */
  readonly state: "running" | "idle"
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
  readonly answered: number
  readonly failed: number
  readonly spent: NanoUsd
}

export class CheckpointStore extends Context.Service<
  CheckpointStore,
  {
    /** Takes the run's lock, which dies with the process, and folds its log. Fails with `locked` if it is taken. */
    readonly open: (run: OpenRun) => Effect.Effect<Journal, StoreError, Scope.Scope>
    /** The log of a run in the order of writing, by run id; needs no lock. */
    readonly records: (run: string, tag?: RecordTag) => Stream.Stream<RunRecord, StoreError>
    /** The batch ledger of a run in the order of writing, without reading the rest of its log; needs no lock. */
    readonly batchLedger: (run: string) => Stream.Stream<LedgerRecord, StoreError>
    /** The lines of a shard, in order. A shard that was planned twice in the same run has them twice. */
    readonly shardLines: (
      run: string,
      shard: ShardId
    ) => Stream.Stream<Extract<BatchRecord, { readonly _tag: "ShardLines" }>, StoreError>
    /** The results of a benchmark's last scoring, in the dataset's order, by run id; none before the first. Needs no lock. */
    readonly results: (run: string) => Stream.Stream<ItemRecord, StoreError>
    /** As `Journal.lookup`, by run id, and needs no lock. */
    readonly outcomes: (
      run: string,
      keys: ReadonlyArray<RequestKey>
    ) => Effect.Effect<ReadonlyMap<RequestKey, StoredOutcome>, StoreError>
    /** Newest first. A name that was started over appears once for each start. */
    readonly runs: Stream.Stream<RunSummary, StoreError>
    /** The newest run of that name, or the run of that id. */
    readonly find: (nameOrId: string) => Effect.Effect<Option.Option<RunSummary>, StoreError>
    /** Deletes a run and all that only it holds. Fails with `locked` while a process works on it. */
    readonly remove: (run: string) => Effect.Effect<void, StoreError>
  }
>()("spillway/checkpoint/CheckpointStore") {}
