/** The store of a preset: a SQLite file, or memory, which resumes nothing after the process has ended. */
import * as MemoryCheckpointStore from "../checkpoint/MemoryCheckpointStore.ts"
import * as SqliteCheckpointStore from "../checkpoint/SqliteCheckpointStore.ts"

export const layer = (file: string | undefined) =>
  file === undefined ? MemoryCheckpointStore.layer : SqliteCheckpointStore.layer({ filename: file })
