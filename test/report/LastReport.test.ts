/** The last report of a run, where the run has been started again since. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import { layer } from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as LastReport from "spillway/report/LastReport"
import { report } from "./report.ts"
import { put } from "./storedRuns.ts"

const reportedAt = (at?: number): RunRecord => ({
  _tag: "Reported",
  report: JSON.parse(JSON.stringify(report({ complete: true, stopped: null }))),
  ...(at === undefined ? {} : { at })
})

const look = (start: number): RunRecord => ({
  _tag: "Vitals",
  ...{ start, at: start, answered: 0, noAnswer: 0, failed: 0, fromStore: 0 },
  ...{ sent: 0, retries: 0, rateLimited: 0, spent: 0 }
})

const last = (...records: ReadonlyArray<RunRecord>) =>
  Effect.gen(function* () {
    const id = yield* put({ name: "nightly", items: [], records })
    return yield* LastReport.ofBenchmark(id)
  }).pipe(Effect.provide(layer))

describe("the last report of a run", () => {
  it.effect("is unfinished where a later start has left none", () =>
    Effect.gen(function* () {
      const found = yield* last(look(1_000), reportedAt(2_000), look(3_000))
      assert.deepInclude(found, { complete: false, stopped: LastReport.OUTDATED })
    })
  )

  it.effect("is as it was where it is that of the last start, or of a version without times", () =>
    Effect.gen(function* () {
      const whole = { complete: true, stopped: null }
      assert.deepInclude(yield* last(look(1_000), reportedAt(2_000)), whole)
      assert.deepInclude(yield* last(look(1_000), reportedAt(), look(3_000)), whole)
    })
  )

  it.effect("is none before the first", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* last(look(1_000)))
    })
  )
})
