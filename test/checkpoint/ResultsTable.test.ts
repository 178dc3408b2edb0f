/** What a SQL store leaves behind of results, seen in its tables. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as NodeSqlite from "spillway/layers/checkpoint/NodeSqlite"
import * as SqlCheckpointStore from "spillway/layers/checkpoint/SqlCheckpointStore"
import { itemRecord } from "./fixtures/records.ts"

const layer = () =>
  SqlCheckpointStore.layer().pipe(Layer.provideMerge(NodeSqlite.layer({ filename: ":memory:" })))

const items = (count: number) =>
  Stream.fromIterable(Array.from({ length: count }, (_, n) => itemRecord(n)))

const rows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM spillway_results`
  return found?.n
})

it.live(
  "keeps the rows of one pass only: those before it and those of a broken one are deleted",
  () =>
    Effect.gen(function* () {
      const store = yield* CheckpointStore
      const journal = yield* store.open({ name: "a" })
      yield* journal.replaceResults(items(1500))
      yield* journal.replaceResults(items(30))
      assert.strictEqual(yield* rows, 30)
      const broken = Stream.concat(items(2500), Stream.fail("no more"))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(journal.replaceResults(broken))))
      assert.strictEqual(yield* rows, 30 + 2000)
      yield* journal.replaceResults(items(7))
      assert.strictEqual(yield* rows, 7)
    }).pipe(Effect.scoped, Effect.provide(layer()))
)

it.live("begins again at the first place when half of them are used up", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const store = yield* CheckpointStore
    const journal = yield* store.open({ name: "a" })
    yield* sql.unsafe("UPDATE spillway_runs SET results_from = 2147483649, results_to = 2147483649")
    for (const count of [3, 5, 2]) {
      yield* journal.replaceResults(items(count))
      assert.strictEqual((yield* Stream.runCollect(store.results(journal.run))).length, count)
      assert.strictEqual(yield* rows, count)
    }
    const [run] = yield* sql`SELECT results_to FROM spillway_runs`
    assert.deepStrictEqual(run, { results_to: 10 })
  }).pipe(Effect.scoped, Effect.provide(layer()))
)

it.live("stops a writer that was replaced, at the next page and before the results change", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const store = yield* CheckpointStore
    const journal = yield* store.open({ name: "a" })
    yield* journal.replaceResults(items(3))
    const replaced = Stream.fromEffectDrain(
      sql.unsafe("UPDATE spillway_runs SET epoch = epoch + 1")
    )
    for (const count of [0, 1500]) {
      const error = yield* Effect.flip(
        journal.replaceResults(Stream.concat(replaced, items(count)))
      )
      assert.strictEqual(error._tag === "StoreError" && error.reason, "fenced")
    }
    assert.strictEqual((yield* Stream.runCollect(store.results(journal.run))).length, 3)
  }).pipe(Effect.scoped, Effect.provide(layer()))
)

it.live("says which result is damaged", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const store = yield* CheckpointStore
    const journal = yield* store.open({ name: "torn" })
    yield* journal.replaceResults(items(3))
    for (const damage of ["substr(json, 1, 30)", "'{}'", "'null'"]) {
      yield* sql.unsafe(`UPDATE spillway_results SET json = ${damage} WHERE place % 4294967296 = 1`)
      const error = yield* Effect.flip(Stream.runDrain(store.results(journal.run)))
      assert.strictEqual(error.reason, "corrupt")
      assert.include(error.problem, `result 1 of the run "torn" (${journal.run})`)
    }
  }).pipe(Effect.scoped, Effect.provide(layer()))
)
