/** Needs a PostgreSQL that trusts `postgres` at 127.0.0.1:5432 (database `test`); skipped where there is none, except in CI. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Random, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as SqlCheckpointStore from "spillway/layers/checkpoint/SqlCheckpointStore"
import { checkpointStoreContract } from "../contracts/CheckpointStoreContract.ts"
import { answered, intent } from "./fixtures/records.ts"

const client = PgClient.layer({
  host: "127.0.0.1",
  port: 5432,
  username: "postgres",
  database: "test",
  connectTimeout: "2 seconds"
})

/** A prefix of its own, whose tables go with the scope. */
const prefix = Effect.acquireRelease(
  Effect.map(Random.nextIntBetween(0, 2 ** 40), (n) => `t${n.toString(36)}_`),
  (own) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const table of ["meta", "runs", "records", "outcomes", "deliveries", "results"]) {
        yield* sql.unsafe(`DROP TABLE IF EXISTS ${own}${table}`)
      }
    }).pipe(Effect.orDie)
)

const layer = Layer.unwrap(
  Effect.map(prefix, (own) => SqlCheckpointStore.layer({ prefix: own }))
).pipe(Layer.provide(client))

const reachable = await Effect.runPromise(
  SqlClient.SqlClient.use((sql) => sql`SELECT 1`).pipe(
    Effect.provide(client),
    Effect.as(true),
    Effect.catchCause(() => Effect.succeed(process.env.CI === "true"))
  )
)

describe.skipIf(!reachable)("with a PostgreSQL server", () => {
  checkpointStoreContract("postgres", layer)

  it.live("keeps a second client off a run, and says which session has it", () =>
    Effect.gen(function* () {
      const own = yield* prefix
      const store = SqlCheckpointStore.layer({ prefix: own }).pipe(
        Layer.provide(Layer.fresh(client))
      )
      const [one, other] = yield* Effect.all([
        Effect.map(Layer.build(store), (context) => context),
        Effect.map(Layer.build(Layer.fresh(store)), (context) => context)
      ])
      const open = Effect.flatMap(CheckpointStore, (service) => service.open({ name: "a" }))
      const scope = yield* Scope.make()
      const journal = yield* open.pipe(Effect.provide(one), Scope.provide(scope))
      yield* journal.append([intent(1)])
      const refused = yield* Effect.flip(Effect.scoped(Effect.provide(open, other)))
      assert.strictEqual(refused.reason, "locked")
      assert.match(refused.message, /PostgreSQL session \d+/)
      yield* Scope.close(scope, Exit.void)
      const next = yield* Effect.provide(open, other)
      assert.strictEqual(next.recovered.unresolved, 1)
      yield* next.append([answered(1)])
    }).pipe(Effect.scoped, Effect.provide(client))
  )
})
