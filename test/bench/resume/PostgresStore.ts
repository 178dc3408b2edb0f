/** The store as tables of its own in a PostgreSQL that trusts `postgres` at 127.0.0.1:5432 (database `test`). */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as SqlCheckpointStore from "spillway/layers/checkpoint/SqlCheckpointStore"
import * as StoreSchema from "spillway/layers/checkpoint/sql/StoreSchema"

const client = PgClient.layer({
  host: "127.0.0.1",
  port: 5432,
  username: "postgres",
  database: "test"
})

export const layer = (prefix: string) =>
  SqlCheckpointStore.layer({ prefix }).pipe(Layer.provide(client))

export const drop = (prefix: string) =>
  SqlClient.SqlClient.use((sql) =>
    Effect.forEach(Object.values(StoreSchema.tables(prefix)), (table) =>
      sql.unsafe(`DROP TABLE IF EXISTS ${table}`)
    )
  ).pipe(Effect.provide(client))
