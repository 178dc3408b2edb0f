/** Stores that earlier versions wrote: they open, with all they hold, and can do what this version can. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as NodeSqlite from "spillway/layers/checkpoint/NodeSqlite"
import * as SqlCheckpointStore from "spillway/layers/checkpoint/SqlCheckpointStore"
import * as Database from "spillway/layers/checkpoint/sql/Database"
import * as StoreSchema from "spillway/layers/checkpoint/sql/StoreSchema"
import * as Postgres from "../batch-jobs/Postgres.ts"
import { answered, delivered, failed, itemRecord, key, planned, usd } from "./fixtures/records.ts"

const NUMBER = 1
const place = (seq: number) => NUMBER * StoreSchema.RUN + seq

/** A run as version 1 has written it, row by row: an answer, a failure, a delivery, and in version 2 a shard. */
const fill = Effect.fnUntraced(function* (
  db: Database.Database,
  names: StoreSchema.Tables,
  version: number
) {
  const { response, at } = answered(1, { cost: 30 })
  const { failure } = failed(2)
  const shard = version === 1 ? undefined : planned("a")
  const { _tag, shard: id, ...fields } = planned("a")
  yield* db.run(
    `INSERT INTO ${names.runs} (number, id, name, own_only, epoch, created_at, updated_at, next_seq, settled_to, spent, answered, failed)
     VALUES (?, 'old-1', 'old', 0, 3, 1700000000000, 1700000000001, ?, 2, 30, 1, 1)`,
    [NUMBER, shard === undefined ? 3 : 4]
  )
  const rows = [
    [place(0), "Answered", key(1), 0, 30, JSON.stringify({ response, at })],
    [place(1), "Failed", key(2), null, null, JSON.stringify({ failure, at: failed(2).at })],
    [place(2), "Delivered", key(1), null, null, JSON.stringify({ itemId: "x" })],
    ...(shard === undefined
      ? []
      : [[place(3), _tag, id, null, null, JSON.stringify(fields)] as const])
  ]
  for (const row of rows) {
    yield* db.run(
      `INSERT INTO ${names.records} (place, tag, key, attempt, amount, json) VALUES (?, ?, ?, ?, ?, ?)`,
      row
    )
  }
  for (const [n, answered] of [
    [1, 1],
    [2, 0]
  ] as const) {
    yield* db.run(
      `INSERT INTO ${names.outcomes} (hash, run, place, answered) VALUES (?, ?, ?, ?)`,
      [StoreSchema.hashOf(key(n)), NUMBER, place(n - 1), answered]
    )
  }
  yield* db.run(`INSERT INTO ${names.deliveries} (run, item_id, place) VALUES (?, 'x', ?)`, [
    NUMBER,
    place(2)
  ])
  return shard
})

const upgrades = (name: string, client: Layer.Layer<SqlClient.SqlClient, unknown>) => {
  for (const version of [1, 2]) {
    it.live(
      `${name}: opens a store of version ${version} with all it holds, and writes results to it`,
      () =>
        Effect.gen(function* () {
          const prefix = yield* Postgres.prefix
          const names = StoreSchema.tables(prefix)
          const sql = yield* SqlClient.SqlClient
          const db = Database.make(sql)
          assert.isDefined(db)
          yield* StoreSchema.prepare(db, names, StoreSchema.migrations.slice(0, version))
          const shard = yield* fill(db, names, version)
          for (const _ of ["brings it up to date", "finds it so"]) {
            const store = yield* SqlCheckpointStore.make({ prefix })
            assert.deepStrictEqual(yield* db.rows(`SELECT name, value FROM ${names.meta}`, []), [
              { name: "version", value: String(StoreSchema.migrations.length) }
            ])
            yield* Effect.scoped(
              Effect.gen(function* () {
                const journal = yield* store.open({ name: "old" })
                assert.deepStrictEqual(
                  { run: journal.run, ...journal.recovered },
                  { run: "old-1", spent: usd(30), unresolved: 0, answered: 1, failed: 1 }
                )
                assert.deepStrictEqual(
                  [...(yield* journal.lookup([key(1), key(2)]))].toSorted(([a], [b]) =>
                    a < b ? -1 : 1
                  ),
                  [
                    [key(1), { _tag: "Answered", response: answered(1, { cost: 30 }).response }],
                    [key(2), { _tag: "Failed", failure: failed(2).failure }]
                  ]
                )
                assert.deepStrictEqual([...(yield* journal.delivered(["x"]))], [["x", key(1)]])
                assert.deepStrictEqual(yield* Stream.runCollect(store.records(journal.run)), [
                  answered(1, { cost: 30 }),
                  failed(2),
                  delivered("x", 1),
                  ...(shard === undefined ? [] : [shard])
                ])
                assert.deepStrictEqual(
                  yield* Stream.runCollect(store.batchLedger(journal.run)),
                  shard === undefined ? [] : [shard]
                )
                yield* journal.replaceResults(Stream.make(itemRecord(1), itemRecord(2)))
                assert.deepStrictEqual(yield* Stream.runCollect(store.results(journal.run)), [
                  itemRecord(1),
                  itemRecord(2)
                ])
              })
            )
          }
        }).pipe(Effect.scoped, Effect.provide(client))
    )
  }
}

upgrades("sqlite", NodeSqlite.layer({ filename: ":memory:" }))

describe.skipIf(!Postgres.reachable)("with a PostgreSQL server", () => {
  upgrades("postgres", Postgres.client)
})
