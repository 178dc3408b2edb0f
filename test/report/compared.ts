/** Runs put into a store and compared, for the tests of comparisons. */
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { TrialRecord } from "spillway/checkpoint/ItemRecord"
import { layer } from "spillway/layers/checkpoint/MemoryCheckpointStore"
import type { ComparedRun } from "spillway/report/compare/Choice"
import * as Compare from "spillway/report/compare/Compare"
import { CompareReport } from "spillway/report/compare/CompareReport"
import * as Export from "spillway/report/export/Export"
import { ended, item, put, type Stored, scored } from "./storedRuns.ts"

/** A run in the store, as a caller names it. */
export const stored = Effect.fnUntraced(function* (
  run: Stored,
  more: Partial<ComparedRun> = {}
): Effect.fn.Return<ComparedRun, unknown, CheckpointStore> {
  const id = yield* put(run)
  const outline = yield* Export.outline(id)
  return { id, name: run.name, outline: outline ?? { arms: [], scorers: [] }, ...more }
})

const decode = Schema.decodeUnknownSync(CompareReport, { onExcessProperty: "error" })

export const compared = Effect.fnUntraced(function* (
  runs: ReadonlyArray<Stored>,
  options?: Compare.Options
) {
  const found = yield* Compare.make(yield* Effect.forEach(runs, (run) => stored(run)), options)
  assert.deepStrictEqual(decode(JSON.parse(JSON.stringify(found))), found)
  return found
}, Effect.provide(layer))

/** One trial an item: its score, or why it has none. */
export const run = (
  name: string,
  ends: ReadonlyArray<number | TrialRecord["end"]>,
  more: Partial<TrialRecord> = {}
): Stored => ({
  name,
  items: ends.map((end, n) =>
    item(n, [typeof end === "number" ? scored(n, end, more) : ended(n, end, more)])
  )
})

/** Only A right once, only B six times: exact McNemar gives 2 × (1 + 7) / 2⁷. */
export const A = [1, 0, 0, 0, 0, 0, 0, 1, 1, 0]
export const B = [0, 1, 1, 1, 1, 1, 1, 1, 1, 0]
