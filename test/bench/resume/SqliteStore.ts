/** The store as a SQLite file. */
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"

export const layer = (filename: string) => SqliteCheckpointStore.layer({ filename })
