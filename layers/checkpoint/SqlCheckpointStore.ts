/**
 * The checkpoint store over `effect/sql`: SQLite by any driver, or PostgreSQL. The program brings its `SqlClient`; the
 * embedded default is in `SqliteCheckpointStore.ts`. Tables: `sql/StoreSchema.ts`; writing: `sql/RunWriter.ts`.
 *
 * Never call it inside the client's own `withTransaction`: it commits for itself, and a SQLite client has one
 * connection. A PostgreSQL pool needs one connection for the locks, and one or more for the work.
 */
import { Clock, Effect, Layer, Option, type Scope, Stream } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { BlockFinished } from "../../src/checkpoint/BlockRecord.ts"
import {
  CheckpointStore,
  type OpenRun,
  type StoredOutcome,
  StoreError
} from "../../src/checkpoint/CheckpointStore.ts"
import type { RequestKey } from "../../src/checkpoint/RequestKey.ts"
import * as RunId from "../../src/checkpoint/RunId.ts"
import * as RunLedger from "../../src/checkpoint/RunLedger.ts"
import type { RecordTag } from "../../src/checkpoint/RunRecord.ts"
import { NanoUsd } from "../../src/cost/Money.ts"
import * as RunLocks from "./RunLocks.ts"
import { unknownRun } from "./RunRefusals.ts"
import * as Database from "./sql/Database.ts"
import * as PostgresLock from "./sql/PostgresLock.ts"
import * as ResultsTable from "./sql/ResultsTable.ts"
import * as RunReader from "./sql/RunReader.ts"
import * as RunTable from "./sql/RunTable.ts"
import * as RunWriter from "./sql/RunWriter.ts"
import * as SqliteFileLock from "./sql/SqliteFileLock.ts"
import { storeError } from "./sql/StoreFailure.ts"
import * as StoreSchema from "./sql/StoreSchema.ts"

export interface SqlStoreOptions {
  /** What the names of the store's tables begin with: letters, digits and `_`. Default `spillway_`. */
  readonly prefix?: string
}

const unsupported = (problem: string, fix: string): StoreError =>
  new StoreError({ reason: "failed", operation: "open", problem, fix })

/** Files for a SQLite file, whichever driver opened it; this process for a database in memory. */
const locksFor = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  db: Database.Database,
  prefix: string
): Effect.fn.Return<RunLocks.RunLocks, SqlError.SqlError, Scope.Scope> {
  if (db.dialect === "pg") return yield* PostgresLock.make(sql, db, prefix)
  const databases = yield* db.rows("PRAGMA database_list", [])
  const file = databases.find((row) => row.name === "main")?.file
  return typeof file === "string" && file !== ""
    ? SqliteFileLock.make(file, prefix)
    : RunLocks.local()
})

const failing = (operation: string) =>
  Effect.mapError((error: SqlError.SqlError | StoreError) =>
    error._tag === "SqlError" ? storeError(operation)(error) : error
  )

export const make = Effect.fn("SqlCheckpointStore.make")(function* (
  options: SqlStoreOptions = {}
): Effect.fn.Return<CheckpointStore["Service"], StoreError, SqlClient.SqlClient | Scope.Scope> {
  const prefix = options.prefix ?? "spillway_"
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,30}$/.test(prefix)) {
    return yield* unsupported(
      `the table prefix "${prefix}" is not a name.`,
      "Use up to 31 letters, digits and _, not beginning with a digit."
    )
  }
  const sql = yield* SqlClient.SqlClient
  const db = Database.make(sql)
  if (db === undefined) {
    return yield* unsupported(
      "this SQL dialect is not supported.",
      "Provide a SqlClient for SQLite or PostgreSQL."
    )
  }
  const names = StoreSchema.tables(prefix)
  const locks = yield* locksFor(sql, db, prefix).pipe(failing("open"))
  yield* StoreSchema.prepare(db, names)

  const one = Effect.fnUntraced(function* (nameOrId: string) {
    const runs = yield* RunTable.named(names, db, nameOrId)
    return runs.find(({ name }) => name === nameOrId) ?? runs[0]
  }, failing("find"))
  /** Only the newest run of a name has a writer: its lock is the name's. */
  const stateOf = (run: RunTable.RunRow, newest: boolean) =>
    Effect.map(newest ? locks.held(run.name) : Effect.succeed(false), (held) =>
      RunTable.summary(run, held ? "running" : "idle")
    )

  const open = Effect.fn("CheckpointStore.open")(function* (options: OpenRun) {
    yield* locks.acquire(options.name)
    const now = yield* Clock.currentTimeMillis
    const id = yield* RunId.make
    const run = yield* RunTable.claim(db, names, options, id, now).pipe(failing("open"))
    const ledger = RunLedger.make()
    yield* RunReader.replay(db, names, run, ledger).pipe(failing("open"))
    const removals = yield* RunTable.removals(names, db).pipe(failing("open"))
    const writer = yield* RunWriter.make(db, names, run, ledger, removals)
    const [first, ...others] = RunLedger.settlement(ledger)
    if (first !== undefined) yield* writer.append([first, ...others])
    const unresolved = first === undefined ? [] : [first, ...others]
    const ownOnly = run.ownOnly || options.reuse === "run"
    let isOpen = true
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isOpen = false
      })
    )
    return {
      run: run.id,
      recovered: {
        spent: NanoUsd(unresolved.reduce((sum, { spent }) => sum + spent, run.spent)),
        unresolved: unresolved.length,
        answered: run.answered,
        failed: run.failed
      },
      append: writer.append,
      lookup: (
        keys: ReadonlyArray<RequestKey>
      ): Effect.Effect<ReadonlyMap<RequestKey, StoredOutcome>, StoreError> =>
        RunReader.lookup(db, names, run, ownOnly, keys).pipe(failing("lookup")),
      delivered: (
        itemIds: ReadonlyArray<string>
      ): Effect.Effect<ReadonlyMap<string, RequestKey>, StoreError> =>
        RunReader.delivered(db, names, run, itemIds).pipe(failing("delivered")),
      finishedBlocks: RunReader.finishedBlocks(db, names, run).pipe(failing("finishedBlocks")),
      finishedBlock: (seq: number): Effect.Effect<BlockFinished, StoreError> =>
        RunReader.finishedBlock(db, names, run, seq).pipe(failing("finishedBlock")),
      replaceResults: yield* ResultsTable.replacer(db, names, run, () => isOpen)
    }
  })

  /** What one run holds, by its id. */
  const read = <A>(
    id: string,
    operation: string,
    from: (run: RunTable.RunRow) => Stream.Stream<A, StoreError | SqlError.SqlError>
  ): Stream.Stream<A, StoreError> =>
    Stream.unwrap(
      Effect.map(one(id), (run) =>
        run === undefined || run.id !== id
          ? Stream.fail(unknownRun(operation, id))
          : Stream.mapError(from(run), (error) =>
              error._tag === "SqlError" ? storeError(operation)(error) : error
            )
      )
    )

  return {
    open,
    records: (id, tag?: RecordTag) =>
      read(id, "records", (run) => RunReader.records(db, names, run, tag)),
    batchLedger: (id) => read(id, "batchLedger", (run) => RunReader.batchLedger(db, names, run)),
    shardLines: (id, shard) =>
      read(id, "shardLines", (run) => RunReader.shardLines(db, names, run, shard)),
    results: (id) => read(id, "results", (run) => ResultsTable.read(db, names, run)),
    outcomes: Effect.fn("CheckpointStore.outcomes")(function* (id, keys) {
      const run = yield* one(id)
      if (run === undefined || run.id !== id) return yield* unknownRun("outcomes", id)
      return yield* RunReader.lookup(db, names, run, run.ownOnly, keys).pipe(failing("outcomes"))
    }),
    runs: Stream.fromIterableEffect(
      RunTable.all(names, db).pipe(
        failing("runs"),
        Effect.flatMap((runs) => {
          const seen = new Set<string>()
          return Effect.forEach(runs, (run) => {
            const newest = !seen.has(run.name)
            seen.add(run.name)
            return stateOf(run, newest)
          })
        })
      )
    ),
    find: Effect.fn("CheckpointStore.find")(function* (nameOrId) {
      const run = yield* one(nameOrId)
      if (run === undefined) return Option.none()
      const newest = yield* one(run.name)
      return Option.some(yield* stateOf(run, newest?.number === run.number))
    }),
    remove: Effect.fn("CheckpointStore.remove")(function* (id) {
      const run = yield* one(id)
      if (run === undefined || run.id !== id) return yield* unknownRun("remove", id)
      const newest = yield* one(run.name)
      const removal = RunTable.remove(db, names, run.number).pipe(failing("remove"))
      yield* newest?.number === run.number
        ? Effect.scoped(Effect.andThen(locks.acquire(run.name), removal))
        : removal
    })
  }
})

export const layer = (
  options?: SqlStoreOptions
): Layer.Layer<CheckpointStore, StoreError, SqlClient.SqlClient> =>
  Layer.effect(CheckpointStore, make(options))
