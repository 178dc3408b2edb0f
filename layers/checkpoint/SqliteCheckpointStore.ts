/** The embedded default: the checkpoint store in one SQLite file, with Node's own SQLite and no service to run. */
import { Effect, Layer } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { CheckpointStore, StoreError } from "../../src/checkpoint/CheckpointStore.ts"
import * as NodeSqlite from "./NodeSqlite.ts"
import * as SqlCheckpointStore from "./SqlCheckpointStore.ts"
import { storeError } from "./sql/StoreFailure.ts"

/** Fails with `unreadable` where the file cannot be opened or is no SQLite database. */
export const layer = (
  options: NodeSqlite.NodeSqliteOptions & SqlCheckpointStore.SqlStoreOptions
): Layer.Layer<CheckpointStore, StoreError> => {
  const client = Effect.mapError(NodeSqlite.make(options), storeError("open"))
  return SqlCheckpointStore.layer(options).pipe(
    Layer.provide(Layer.effect(SqlClient.SqlClient, client)),
    Layer.provide(Reactivity.layer)
  )
}
