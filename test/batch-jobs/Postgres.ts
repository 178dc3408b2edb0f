/** A PostgreSQL that trusts `postgres` at 127.0.0.1:5432 (database `test`); tests skip it where there is none, except in CI. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Random } from "effect"
import { SqlClient } from "effect/sql"
import * as SqlCheckpointStore from "spillway/layers/checkpoint/SqlCheckpointStore"

export const client = PgClient.layer({
  host: "127.0.0.1",
  port: 5432,
  username: "postgres",
  database: "test",
  connectTimeout: "2 seconds"
})

/** A prefix of its own, whose tables go with the scope. */
export const prefix = Effect.acquireRelease(
  Effect.map(Random.nextIntBetween(0, 2 ** 40), (n) => `t${n.toString(36)}_`),
  (own) =>
    SqlClient.SqlClient.use((sql) =>
      Effect.forEach(["meta", "runs", "records", "outcomes", "deliveries", "results"], (table) =>
        sql.unsafe(`DROP TABLE IF EXISTS ${own}${table}`)
      )
    ).pipe(Effect.orDie)
)

/** A store of its own. */
export const store = Layer.unwrap(
  Effect.map(prefix, (own) => SqlCheckpointStore.layer({ prefix: own }))
).pipe(Layer.provide(client))

export const reachable = await Effect.runPromise(
  SqlClient.SqlClient.use((sql) => sql`SELECT 1`).pipe(
    Effect.provide(client),
    Effect.as(true),
    Effect.catchCause(() => Effect.succeed(process.env.CI === "true"))
  )
)
