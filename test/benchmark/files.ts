/** Dataset files that exist for one test. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, FileSystem, Stream } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"

export const layer = NodeFileSystem.layer

/** Writes a file into a directory that goes with the test's scope, and answers its path. */
export const write = Effect.fnUntraced(function* (name: string, content: string | Uint8Array) {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped()
  const path = `${directory}/${name}`
  yield* typeof content === "string"
    ? files.writeFileString(path, content)
    : files.writeFile(path, content)
  return path
})

/** The rows of a file whose format is told by its name. */
export const rowsOf = Effect.fnUntraced(function* (name: string, content: string | Uint8Array) {
  const path = yield* write(name, content)
  return yield* Stream.runCollect(Dataset.rows(Dataset.at(Dataset.array([]), path)))
})
