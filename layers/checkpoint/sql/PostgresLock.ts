/**
 * The locks of the runs in a PostgreSQL store: advisory locks of one session, which the server ends when the process or
 * its connection dies. The session takes one connection from the pool while any run is open.
 */
import { Effect, RcRef, type Scope } from "effect"
import type { SqlClient } from "effect/sql"
import type { StoreError } from "../../../src/checkpoint/CheckpointStore.ts"
import { local, type RunLocks } from "../RunLocks.ts"
import { locked } from "../RunRefusals.ts"
import type { Database, Row } from "./Database.ts"
import { storeError } from "./StoreFailure.ts"

/** 64 bits of database, schema, table prefix and name, as PostgreSQL's advisory locks take them. */
const KEY = "('x' || substr(md5(current_schema() || ? || ?), 1, 16))::bit(64)::bigint"

const HOLDER = `SELECT pid FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((classid::bigint << 32) | objid::bigint) = ${KEY}`

/** @param prefix of the store's tables: stores of one database do not share locks */
export const make = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  db: Database,
  prefix: string
): Effect.fn.Return<RunLocks, never, Scope.Scope> {
  const own = local()
  const session = yield* RcRef.make({ acquire: sql.reserve })
  const call = (of: string, name: string) =>
    Effect.flatMap(RcRef.get(session), (connection) =>
      connection.execute(
        `SELECT ${of}(${KEY.replace("?", "$1").replace("?", "$2")}) AS done`,
        [prefix, name],
        undefined
      )
    )
  const holder = (name: string): Effect.Effect<Row | undefined, StoreError> =>
    db.rows(HOLDER, [prefix, name]).pipe(
      Effect.map((rows) => rows[0]),
      Effect.mapError(storeError("open"))
    )
  const take = Effect.fnUntraced(function* (name: string) {
    const rows = yield* Effect.mapError(call("pg_try_advisory_lock", name), storeError("open"))
    if (rows[0]?.done === true) return
    const who = yield* holder(name)
    const session = who === undefined ? "" : ` (PostgreSQL session ${String(who.pid)})`
    return yield* locked(name, `another process${session}`)
  })
  return {
    acquire: (name) =>
      // A session may take its own lock twice: within the process the local lock decides.
      Effect.andThen(
        own.acquire(name),
        Effect.acquireRelease(take(name), () =>
          Effect.ignoreCause(Effect.scoped(call("pg_advisory_unlock", name)))
        )
      ),
    held: (name) => Effect.map(holder(name), (row) => row !== undefined)
  }
})
