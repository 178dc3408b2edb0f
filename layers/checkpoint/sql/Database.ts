/**
 * The little that the store needs of a `SqlClient`: statements as text with `?`, and a transaction. It talks to the
 * connection itself, past statement building, spans and name transforms, which cost more than the writes.
 */
import { Effect, Exit, Schedule } from "effect"
import { type SqlClient, type SqlConnection, SqlError } from "effect/sql"
import { isBusy } from "./StoreFailure.ts"

export type Dialect = "sqlite" | "pg"
export type Row = Readonly<Record<string, unknown>>

/** Statements on one leased connection. */
export interface Session {
  /**
   * Begins an INSERT of many rows inside a transaction. SQLite would save every page it touches, to undo just the one
   * statement when a row fails; `OR FAIL` spares that, and the transaction is rolled back anyway.
   */
  readonly insert: "INSERT" | "INSERT OR FAIL"
  readonly rows: (
    text: string,
    params: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
  /** For statements whose rows nobody wants. */
  readonly run: (
    text: string,
    params: ReadonlyArray<unknown>
  ) => Effect.Effect<unknown, SqlError.SqlError>
}

export interface Database extends Session {
  readonly dialect: Dialect
  /** All or nothing, and durable when it returns. Busy writers of other processes are waited for. */
  readonly transaction: <A, E>(
    body: (session: Session) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | SqlError.SqlError>
}

/** On top of the driver's own busy timeout: about six seconds of further tries. */
const untilFree = Schedule.exponential("20 millis", 1.6).pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 10 })
)

const numbered = (text: string): string => {
  let count = 0
  return text.replaceAll("?", () => `$${++count}`)
}

/** The shared texts of many statements; a store has a few dozen. */
const translator = (dialect: Dialect): ((text: string) => string) => {
  if (dialect === "sqlite") return (text) => text
  const known = new Map<string, string>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = numbered(text)
    known.set(text, made)
    return made
  }
}

/** `undefined` for a dialect that the store does not speak. */
export const make = (sql: SqlClient.SqlClient): Database | undefined => {
  const dialect = sql.onDialectOrElse<Dialect | undefined, Dialect, Dialect>({
    sqlite: () => "sqlite",
    pg: () => "pg",
    orElse: () => undefined
  })
  if (dialect === undefined) return undefined
  const translate = translator(dialect)
  // A reader that turns writer half-way fails at once, whatever the busy timeout: take the write lock first.
  const begin = dialect === "sqlite" ? "BEGIN IMMEDIATE" : "BEGIN"

  const insert = dialect === "sqlite" ? "INSERT OR FAIL" : "INSERT"

  const session = (connection: SqlConnection.Connection): Session => ({
    insert,
    rows: (text, params) => connection.execute(translate(text), params, undefined),
    run: (text, params) => connection.executeRaw(translate(text), params)
  })
  const leased = <A, E>(use: (connection: SqlConnection.Connection) => Effect.Effect<A, E>) =>
    Effect.scoped(Effect.flatMap(sql.reserve, use))
  const control = (connection: SqlConnection.Connection, text: string) =>
    connection.execute(text, [], undefined)

  const once = <A, E>(body: (session: Session) => Effect.Effect<A, E>) =>
    leased((connection) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          yield* control(connection, begin)
          const exit = yield* Effect.exit(restore(body(session(connection))))
          // SQLite ends some failed transactions by itself: a second ROLLBACK has nothing to do and says so.
          const rollback = Effect.ignore(control(connection, "ROLLBACK"))
          if (Exit.isFailure(exit)) {
            yield* rollback
            return yield* exit
          }
          yield* Effect.onError(control(connection, "COMMIT"), () => rollback)
          return exit.value
        })
      )
    )

  return {
    dialect,
    insert,
    rows: (text, params) => leased((connection) => session(connection).rows(text, params)),
    run: (text, params) => leased((connection) => session(connection).run(text, params)),
    transaction: (body) =>
      Effect.retry(once(body), {
        schedule: untilFree,
        while: (error) => SqlError.isSqlError(error) && isBusy(error)
      })
  }
}

/** Lengths of value lists that have a statement of their own, longest first: few texts, each prepared once. */
const LENGTHS = [1000, 250, 60, 15, 4, 1] as const

/** Cuts a list into pieces of those lengths. */
export const pieces = <A>(
  list: ReadonlyArray<A>,
  longest = 1000
): ReadonlyArray<ReadonlyArray<A>> => {
  const cut: Array<ReadonlyArray<A>> = []
  let from = 0
  for (const length of LENGTHS) {
    if (length > longest) continue
    for (; list.length - from >= length; from += length) cut.push(list.slice(from, from + length))
  }
  return cut
}

const made = new Map<number, string>()

/** `(?, ?), (?, ?)` for so many rows of so many columns. */
export const tuples = (rows: number, columns: number): string => {
  const id = rows * 10_000 + columns
  const known = made.get(id)
  if (known !== undefined) return known
  const tuple = `(${Array.from({ length: columns }, () => "?").join(", ")})`
  const text = Array.from({ length: rows }, () => tuple).join(", ")
  made.set(id, text)
  return text
}

/** Free text as both databases keep it: no NUL for PostgreSQL, no half of a surrogate pair for UTF-8. */
export const storable = (text: string): string =>
  text.includes("\0") || !text.isWellFormed() ? JSON.stringify(text) : text
