/** A folder with a store `s.sqlite` that holds runs, without a process that ran them. */
import { Effect } from "effect"
import { layer } from "spillway/layers/checkpoint/SqliteCheckpointStore"
import { put, type Stored } from "../report/storedRuns.ts"
import * as Cli from "./Cli.ts"

export const filled = Effect.fnUntraced(function* (...runs: ReadonlyArray<Stored>) {
  const place = yield* Cli.folder
  yield* Effect.forEach(runs, (run) => put(run)).pipe(
    Effect.provide(layer({ filename: `${place}/s.sqlite` }))
  )
  return place
})
