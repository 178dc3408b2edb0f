/** Runs as they are read from a store: unfinished ones, ones without an item in common, answers of many megabytes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { layer } from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as Compare from "spillway/report/compare/Compare"
import * as CompareSections from "spillway/report/compare/CompareSections"
import { MAX_CELL } from "spillway/report/export/CsvCell"
import * as CsvColumns from "spillway/report/export/CsvColumns"
import * as Export from "spillway/report/export/Export"
import * as StoredRuns from "../../layers/cli/StoredRuns.ts"
import { report } from "../report/report.ts"
import { answered, ended, item, put, type Stored, scored } from "../report/storedRuns.ts"

const compared = (...runs: ReadonlyArray<Stored>) =>
  Effect.gen(function* () {
    yield* Effect.forEach(runs, put)
    const found = yield* Effect.forEach(runs, ({ name }) => StoredRuns.scored(name))
    const report = yield* Compare.make(
      found.map(({ outline, report, summary }) => ({
        ...{ id: summary.id, name: summary.name, outline, report }
      }))
    )
    return { found, report }
  }).pipe(Effect.provide(layer))

const reported = (complete: boolean) => [
  {
    _tag: "Reported" as const,
    report: JSON.parse(
      JSON.stringify(
        report({ complete, requests: { ...report().requests, missing: complete ? 0 : 3 } })
      )
    )
  }
]

describe("a run that has not come to its end", () => {
  const half: Stored = {
    name: "half",
    items: [item(0, [scored(0, 1)]), item(1, [ended(1, "missing")])],
    records: reported(false)
  }
  const whole: Stored = {
    name: "whole",
    items: [item(0, [scored(0, 0)]), item(1, [scored(1, 1)])],
    records: reported(true)
  }

  it.effect("is compared on what it reached, and says so", () =>
    Effect.gen(function* () {
      const { found, report } = yield* compared(half, whole)
      assert.deepStrictEqual(found.map(StoredRuns.notices), [
        ['"half" is unfinished: 3 of its requests are missing.'],
        []
      ])
      assert.isFalse(report.complete)
      assert.match(
        CompareSections.warnings(report).join(),
        /^UNFINISHED: 1 request of half missing; the numbers cover what was reached\.$/
      )
      assert.deepInclude(report.pairs[0], { common: 2, unpaired: 1 })
      assert.strictEqual(report.pairs[0]?.comparison.items, 1)
    })
  )

  it.effect("is no run at all where nothing was scored", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(compared({ name: "new", items: [] }, whole))
      assert.match(String(error), /"new" has no results.*spillway bench --run new/)
    })
  )
})

it.effect("runs with no item in common are a typed error that says why", () =>
  Effect.gen(function* () {
    const run = (name: string): Stored => ({
      name,
      items: [item(0, [scored(0, 1)], { itemId: `of ${name}` })]
    })
    const error = yield* Effect.flip(compared(run("a"), run("b")))
    assert.deepInclude(error, { _tag: "CompareError", reason: "no-common-items" })
    assert.match(String(error), /no item in common\. An item's id comes from its content/)
  })
)

it.effect("an answer of 10 MB is exported whole as JSON, and cut to a cell as CSV", () =>
  Effect.gen(function* () {
    const text = "\n=1".repeat(3_500_000)
    const id = yield* put({
      name: "long",
      items: [item(0, [scored(0, 1)], { target: text })],
      records: [answered(0, { text })]
    })
    const source = { id, run: "long", benchmark: null, simulated: null }
    const [[row] = []] = yield* Stream.runCollect(Export.pages(source))
    assert.strictEqual(row?.answer, text)
    const csv = CsvColumns.make({ answers: true, scorers: [] })
    const line = csv.lines(row === undefined ? [] : [row])
    assert.strictEqual(csv.cut(), 2)
    assert.isAtMost(line.length, 2 * MAX_CELL + 1_000)
  }).pipe(Effect.provide(layer))
)
