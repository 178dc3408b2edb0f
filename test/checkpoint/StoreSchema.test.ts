import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { VERSION } from "spillway/checkpoint/RunRecord"
import * as NodeSqlite from "spillway/layers/checkpoint/NodeSqlite"
import * as Database from "spillway/layers/checkpoint/sql/Database"
import * as StoreSchema from "spillway/layers/checkpoint/sql/StoreSchema"

const names = StoreSchema.tables("t_")
const first: StoreSchema.Migration = () => ["CREATE TABLE t_one (a INTEGER)"]
const second: StoreSchema.Migration = () => ["ALTER TABLE t_one ADD COLUMN b INTEGER"]
const broken: StoreSchema.Migration = () => ["CREATE TABLE t_half (a INTEGER)", "NONSENSE"]

const withDatabase = <A, E>(
  use: (db: Database.Database, sql: SqlClient.SqlClient) => Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const db = Database.make(sql)
    assert.isDefined(db)
    return yield* use(db, sql)
  }).pipe(Effect.provide(NodeSqlite.layer({ filename: ":memory:" })))

it("has one migration for each version", () => {
  assert.strictEqual(StoreSchema.migrations.length, VERSION)
})

it.live("brings an older store up to date by the missing steps only", () =>
  withDatabase(
    Effect.fnUntraced(function* (db, sql) {
      yield* StoreSchema.prepare(db, names, [first])
      yield* sql`INSERT INTO t_one (a) VALUES (1)`
      for (let again = 0; again < 2; again++) {
        yield* StoreSchema.prepare(db, names, [first, second])
        assert.deepStrictEqual(yield* sql`SELECT a, b FROM t_one`, [{ a: 1, b: null }])
      }
    })
  )
)

it.live("leaves a store as it was when a step fails", () =>
  withDatabase(
    Effect.fnUntraced(function* (db, sql) {
      yield* StoreSchema.prepare(db, names, [first])
      const error = yield* Effect.flip(StoreSchema.prepare(db, names, [first, broken]))
      assert.strictEqual(error.reason, "failed")
      assert.deepStrictEqual(yield* sql`SELECT value FROM t_meta`, [{ value: "1" }])
      assert.deepStrictEqual(yield* sql`SELECT name FROM sqlite_master WHERE name = 't_half'`, [])
    })
  )
)

it.live("refuses a version that is no number", () =>
  withDatabase(
    Effect.fnUntraced(function* (db, sql) {
      yield* StoreSchema.prepare(db, names, [first])
      yield* sql`UPDATE t_meta SET value = 'two'`
      const error = yield* Effect.flip(StoreSchema.prepare(db, names, [first]))
      assert.strictEqual(error.reason, "unreadable")
    })
  )
)
