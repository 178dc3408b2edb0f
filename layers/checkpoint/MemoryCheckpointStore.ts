/** A checkpoint store that ends with its layer: for tests, and for programs that need no resuming. */
import { Clock, Effect, Layer, Option, type Scope, Stream } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { type LedgerRecord, ledgerTags } from "../../src/checkpoint/BatchRecord.ts"
import {
  CheckpointStore,
  type Journal,
  type OpenRun,
  type RunSummary,
  type StoredOutcome,
  type StoreError
} from "../../src/checkpoint/CheckpointStore.ts"
import type { RequestKey } from "../../src/checkpoint/RequestKey.ts"
import * as RunId from "../../src/checkpoint/RunId.ts"
import * as RunLedger from "../../src/checkpoint/RunLedger.ts"
import type { RunRecord } from "../../src/checkpoint/RunRecord.ts"
import { NanoUsd } from "../../src/cost/Money.ts"
import { count, finishedBlocks, type MemoryRun, write } from "./MemoryRun.ts"
import * as RunLocks from "./RunLocks.ts"
import { closed, noBlock, unknownRun } from "./RunRefusals.ts"

type LinesRecord = Extract<RunRecord, { readonly _tag: "ShardLines" }>

const isLedger = (record: RunRecord): record is LedgerRecord =>
  ledgerTags.some((tag) => tag === record._tag)

export const make: Effect.Effect<CheckpointStore["Service"]> = Effect.sync(() => {
  /** In the order of starting. */
  const runs: Array<MemoryRun> = []
  const locks = RunLocks.local()
  const newest = (name: string) => runs.findLast((run) => run.name === name)
  const byId = (id: string) => runs.find((run) => run.id === id)
  let removals = 0

  const summary = (run: MemoryRun) =>
    Effect.map(
      newest(run.name) === run ? locks.held(run.name) : Effect.succeed(false),
      (held): RunSummary => ({
        id: run.id,
        name: run.name,
        state: held ? "running" : "idle",
        createdAt: run.createdAt,
        updatedAt: run.updatedAt,
        answered: count(run, "Answered"),
        failed: count(run, "Failed"),
        spent: NanoUsd(run.ledger.spent())
      })
    )

  const begin = Effect.fnUntraced(function* ({ name, fresh }: OpenRun) {
    const now = yield* Clock.currentTimeMillis
    const run: MemoryRun = {
      id: yield* RunId.make,
      name,
      ownOnly: fresh === true,
      createdAt: now,
      updatedAt: now,
      log: [],
      stamps: new Map(),
      ledger: RunLedger.make(),
      outcomes: new Map(),
      deliveries: new Map(),
      results: []
    }
    runs.push(run)
    return run
  })

  const lookup = (
    run: MemoryRun,
    ownOnly: boolean,
    keys: ReadonlyArray<RequestKey>
  ): ReadonlyMap<RequestKey, StoredOutcome> => {
    const found = new Map<RequestKey, StoredOutcome>()
    for (const key of keys) {
      const stored = outcome(run, ownOnly, key)
      if (stored !== undefined) found.set(key, stored)
    }
    return found
  }

  const outcome = (run: MemoryRun, ownOnly: boolean, key: RequestKey) => {
    const own = run.outcomes.get(key)
    if (ownOnly || own?._tag === "Answered") return own
    for (const other of runs.toReversed()) {
      const answer = other.outcomes.get(key)
      if (answer?._tag === "Answered") return answer
    }
    return own
  }

  const open = Effect.fn("CheckpointStore.open")(function* (
    options: OpenRun
  ): Effect.fn.Return<Journal, StoreError, Scope.Scope> {
    yield* locks.acquire(options.name)
    const known = options.fresh === true ? undefined : newest(options.name)
    const run = known ?? (yield* begin(options))
    const ownOnly = run.ownOnly || options.reuse === "run"
    const removalsBefore = removals
    let writable = true
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        writable = false
      })
    )
    const append = Effect.fnUntraced(function* (records: NonEmptyReadonlyArray<RunRecord>) {
      if (!writable) return yield* closed()
      for (const record of records) {
        write(run, record)
        if (record._tag === "BlockFinished" && record.needs === "answered") {
          run.stamps.set(record, removalsBefore)
        }
      }
      run.updatedAt = yield* Clock.currentTimeMillis
    })
    const unresolved = RunLedger.settlement(run.ledger)
    for (const record of unresolved) write(run, record)
    return {
      run: run.id,
      recovered: {
        spent: NanoUsd(run.ledger.spent()),
        unresolved: unresolved.length,
        answered: count(run, "Answered"),
        failed: count(run, "Failed")
      },
      append,
      lookup: (keys) => Effect.sync(() => lookup(run, ownOnly, keys)),
      delivered: (itemIds) =>
        Effect.sync(() => {
          const found = new Map<string, RequestKey>()
          for (const id of itemIds) {
            const key = run.deliveries.get(id)
            if (key !== undefined) found.set(id, key)
          }
          return found
        }),
      finishedBlocks: Effect.sync(() => finishedBlocks(run, removals)),
      finishedBlock: (seq) =>
        Effect.suspend(() => {
          const record = run.log[seq]
          return record?._tag === "BlockFinished" ? Effect.succeed(record) : noBlock(seq)
        }),
      replaceResults: Effect.fnUntraced(function* (items) {
        if (!writable) return yield* closed()
        const results = yield* Stream.runCollect(items)
        if (!writable) return yield* closed()
        run.results = results
        run.updatedAt = yield* Clock.currentTimeMillis
      })
    }
  })

  const select = <A extends RunRecord>(
    id: string,
    operation: string,
    wanted: (record: RunRecord) => record is A
  ): Stream.Stream<A, StoreError> =>
    Stream.suspend(() => {
      const run = byId(id)
      return run === undefined
        ? Stream.fail(unknownRun(operation, id))
        : Stream.fromIterable(run.log.filter(wanted))
    })

  return {
    open,
    records: (id, tag) =>
      select(id, "records", (record): record is RunRecord => !tag || record._tag === tag),
    batchLedger: (id) => select(id, "batchLedger", isLedger),
    shardLines: (id, shard) =>
      select(
        id,
        "shardLines",
        (record): record is LinesRecord => record._tag === "ShardLines" && record.shard === shard
      ),
    results: (id) =>
      Stream.suspend(() => {
        const run = byId(id)
        return run === undefined
          ? Stream.fail(unknownRun("results", id))
          : Stream.fromIterable(run.results)
      }),
    outcomes: Effect.fn("CheckpointStore.outcomes")(function* (id, keys) {
      const run = byId(id)
      if (run === undefined) return yield* unknownRun("outcomes", id)
      return lookup(run, run.ownOnly, keys)
    }),
    runs: Stream.fromIterableEffect(
      Effect.suspend(() => Effect.forEach(runs.toReversed(), summary))
    ),
    find: Effect.fn("CheckpointStore.find")(function* (nameOrId) {
      const run = newest(nameOrId) ?? byId(nameOrId)
      return run === undefined ? Option.none() : Option.some(yield* summary(run))
    }),
    remove: Effect.fn("CheckpointStore.remove")(function* (id) {
      const run = byId(id)
      if (run === undefined) return yield* unknownRun("remove", id)
      const removal = Effect.sync(() => {
        runs.splice(runs.indexOf(run), 1)
        removals++
      })
      yield* newest(run.name) === run
        ? Effect.scoped(Effect.andThen(locks.acquire(run.name), removal))
        : removal
    })
  }
})

export const layer: Layer.Layer<CheckpointStore> = Layer.effect(CheckpointStore, make)
