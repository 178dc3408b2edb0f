/**
 * A `SqlClient` over Node's own SQLite: an embedded database file, no service and no native add-on. Durable settings:
 * write-ahead log, an fsync for each commit, foreign keys checked.
 *
 * One connection, used by one fiber at a time. Its calls are synchronous: a statement holds the event loop while it
 * runs, so many small writes belong in one transaction.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { Effect, Layer, type Scope, Semaphore, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"

export interface NodeSqliteOptions {
  /** The database file; made, with its folder, where it does not exist. `:memory:` for one that ends with the layer. */
  readonly filename: string
  /** How long a statement waits for another process's write, in milliseconds. Default 5,000. */
  readonly busyTimeout?: number
}

/** Statements kept prepared; the least recently added goes first. */
const STATEMENTS = 200

/** Primary key violations have a code of their own, which effect's classification does not know. */
const PRIMARY_KEY = 1555
const UNIQUE = 2067

let sqlite: typeof import("node:sqlite") | undefined

/** Node 22 calls the module experimental, once; every other warning is left alone. */
export const load = (): typeof import("node:sqlite") => {
  if (sqlite !== undefined) return sqlite
  const emitWarning = process.emitWarning
  process.emitWarning = ((warning: string | Error, ...rest: ReadonlyArray<never>) => {
    if (!String(warning).startsWith("SQLite is an experimental feature")) {
      emitWarning.call(process, warning, ...rest)
    }
  }) as typeof process.emitWarning
  try {
    sqlite = process.getBuiltinModule("node:sqlite")
    return sqlite
  } finally {
    process.emitWarning = emitWarning
  }
}

const sqlError = (operation: string, cause: unknown): SqlError.SqlError => {
  if (cause instanceof Error && "errcode" in cause) {
    const errno = cause.errcode === PRIMARY_KEY ? UNIQUE : cause.errcode
    Object.assign(cause, { errno })
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SqlError.SqlError({
    reason: SqlError.classifySqliteError(cause, { operation, message })
  })
}

const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SqlError.SqlError> =>
  Effect.try({ try: run, catch: (cause) => sqlError(operation, cause) })

/** Owner only: SQLite gives the log files the mode of the database. Never opens a file that exists (see `RunLock`). */
const create = (filename: string): void => {
  if (filename === ":memory:") return
  fs.mkdirSync(path.dirname(path.resolve(filename)), { recursive: true })
  try {
    fs.closeSync(fs.openSync(filename, "wx", 0o600))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause
  }
}

const connect = (options: NodeSqliteOptions): DatabaseSync => {
  create(options.filename)
  const timeout = options.busyTimeout ?? 5000
  const db = new (load().DatabaseSync)(options.filename, { timeout })
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
    // 32 MiB of cache: a store looks keys up at random. A checkpoint each 32 MiB: it costs two fsyncs.
    db.exec("PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8192")
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

const toInput = (param: unknown): SQLInputValue => {
  if (typeof param === "boolean") return param ? 1 : 0
  if (param instanceof Date) return param.toISOString()
  return (param ?? null) as SQLInputValue
}

const connectionOf = (db: DatabaseSync): SqlConnection.Connection => {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    const oldest = statements.keys().next().value
    if (statements.size >= STATEMENTS && oldest !== undefined) statements.delete(oldest)
    statements.set(sql, statement)
    return statement
  }
  const rows = (sql: string, params: ReadonlyArray<unknown>) =>
    attempt("execute", () => prepare(sql).all(...params.map(toInput)))
  const values = (sql: string, params: ReadonlyArray<unknown>) =>
    Effect.map(rows(sql, params), (all) => all.map((row) => Object.values(row)))
  const execute: SqlConnection.Connection["execute"] = (sql, params, transform) =>
    transform === undefined ? rows(sql, params) : Effect.map(rows(sql, params), transform)
  return {
    execute,
    executeUnprepared: execute,
    executeRaw: (sql, params) =>
      attempt("executeRaw", () => prepare(sql).run(...params.map(toInput))),
    executeValues: values,
    executeValuesUnprepared: values,
    executeStream: (sql, params, transform) =>
      // A statement of its own: a cached one may be run again while this one is being read.
      Stream.unwrap(
        Effect.map(
          attempt("executeStream", () => db.prepare(sql).iterate(...params.map(toInput))),
          (iterator) =>
            Stream.fromIterable(iterator).pipe(
              Stream.mapArray((chunk) =>
                transform === undefined ? chunk : (transform(chunk) as typeof chunk)
              )
            )
        )
      )
  }
}

export const make = Effect.fn("NodeSqlite.make")(function* (
  options: NodeSqliteOptions
): Effect.fn.Return<SqlClient.SqlClient, SqlError.SqlError, Scope.Scope | Reactivity.Reactivity> {
  const db = yield* Effect.acquireRelease(
    attempt("open", () => connect(options)),
    (open) => Effect.sync(() => open.close())
  )
  const connection = connectionOf(db)
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: yield* Semaphore.make(1),
    isTransaction: () => db.isTransaction
  })
  return yield* SqlClient.make({
    ...acquirers,
    compiler: Statement.makeCompilerSqlite(),
    driver: "node-sqlite",
    prepareTransactionControls: true,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

export const layer = (
  options: NodeSqliteOptions
): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
