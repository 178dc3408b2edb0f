import { Effect, Layer } from "effect"
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"
import { checkpointStoreContract } from "../contracts/CheckpointStoreContract.ts"
import * as Folders from "./fixtures/folders.ts"

checkpointStoreContract(
  "sqlite file",
  Layer.unwrap(
    Effect.map(Folders.temporary, (folder) =>
      SqliteCheckpointStore.layer({ filename: `${folder}/store.db` })
    )
  )
)
checkpointStoreContract("sqlite in memory", SqliteCheckpointStore.layer({ filename: ":memory:" }))
