/** The rows of a run: one for each trial, decoded by their schema, the same as JSON and as CSV. */
import { assert, describe, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Effect, Schema, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { ItemRecord } from "spillway/checkpoint/ItemRecord"
import { layer } from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as CsvColumns from "spillway/report/export/CsvColumns"
import * as Export from "spillway/report/export/Export"
import { ExportRow } from "spillway/report/export/ExportRow"
import * as Selection from "spillway/report/export/Selection"
import { answered, ended, failed, item, key, put, score, scored, scorer } from "./storedRuns.ts"

const decode = Schema.decodeUnknownSync(ExportRow, { onExcessProperty: "error" })

const HOSTILE = '=HYPERLINK("https://evil.example","a,b")\n\u001b[31m;=1\u202e'

/** Eleven trials of two arms, with one end each. */
const items: ReadonlyArray<ItemRecord> = [
  item(0, [scored(0, 1), scored(10, 0, { arm: "terra" })], { tags: ["a", "b"], group: "g" }),
  item(1, [scored(1, 0.5), ended(11, "refused", { arm: "terra" })], { target: "-5" }),
  item(2, [ended(2, "truncated"), ended(12, "filtered", { arm: "terra" })], { target: HOSTILE }),
  item(3, [ended(3, "empty"), ended(13, "off-schema", { arm: "terra", problem: "no label" })]),
  item(4, [ended(4, "failed"), ended(14, "missing", { arm: "terra" })]),
  item(5, [
    scored(5, 0, {
      shared: true,
      scores: [
        score(0, { extracted: HOSTILE, explanation: "-1 is not 5" }),
        { scorer: "judge@2", failed: "@no" }
      ]
    })
  ])
]

const records = [0, 10, 1, 2, 5].map((n) => answered(n, { text: n === 0 ? HOSTILE : `text ${n}` }))

const source = (id: string): Export.Source => ({
  ...{ id, run: "nightly", benchmark: "gsm8k", simulated: false }
})

const rowsOf = Effect.fnUntraced(function* (id: string, options?: Export.Options) {
  const pages = yield* Stream.runCollect(Export.pages(source(id), options))
  return [...pages].flat()
})

const withRun = <A, E>(
  test: (id: string) => Effect.Effect<A, E, CheckpointStore>
): Effect.Effect<A, unknown> =>
  Effect.flatMap(put({ name: "nightly", items, records: [...records, failed(4)] }), test).pipe(
    Effect.provide(layer)
  )

describe("the rows of a run", () => {
  it.effect("are one for each trial, in the dataset's order, and fit their schema", () =>
    withRun((id) =>
      Effect.gen(function* () {
        const rows = yield* rowsOf(id)
        assert.lengthOf(
          rows,
          items.reduce((sum, { trials }) => sum + trials.length, 0)
        )
        for (const row of rows) assert.deepStrictEqual(decode(JSON.parse(JSON.stringify(row))), row)
        assert.deepStrictEqual(
          rows.map((row) => [row.index, row.arm]),
          items.flatMap(({ index, trials }) => trials.map(({ arm }) => [index, arm]))
        )
        assert.deepInclude(rows[0], {
          ...{ item_id: "item-0", tags: ["a", "b"], group: "g", answer: HOSTILE, turns: 1 },
          ...{ cost_usd: 1e-6, key: key(0), prompt: [{ role: "user", text: "What is 0?" }] }
        })
      })
    )
  )

  it.effect("have null, and no 0, for what is not known", () =>
    withRun((id) =>
      Effect.gen(function* () {
        const rows = yield* rowsOf(id)
        const missing = rows.find(({ end }) => end === "missing")
        assert.deepInclude(missing, {
          ...{ answer: null, key: null, cost_usd: null, latency_ms: null, input_tokens: null },
          ...{ turns: 0, scores: [] }
        })
        const broken = rows.find(({ end }) => end === "failed")
        assert.deepInclude(broken, {
          ...{ failure_reason: "ServerError", failure_message: "The server said 500." },
          ...{ answer: null, cost_usd: null }
        })
        assert.deepInclude(
          rows.find(({ end }) => end === "off-schema"),
          { problem: "no label" }
        )
        const shared = rows.find((row) => row.shared)
        assert.strictEqual(shared?.cost_usd, 0)
        assert.deepInclude(shared?.scores[1], { score: null, failed: "@no" })
      })
    )
  )

  it.effect(
    "are split by `--only` without a rest, but for the kinds of one that a scorer failed on",
    () =>
      withRun((id) =>
        Effect.gen(function* () {
          const counts: Record<string, number> = {}
          for (const kind of Selection.kinds) {
            counts[kind] = (yield* rowsOf(id, { only: [kind] })).length
          }
          assert.deepStrictEqual(counts, {
            ...{ right: 1, partly: 1, wrong: 2, refused: 1, truncated: 1, filtered: 1, empty: 1 },
            ...{ "off-schema": 1, failed: 1, missing: 1, "score-failed": 1 }
          })
          const several = yield* rowsOf(id, { only: ["wrong", "failed"], arms: ["luna"] })
          assert.deepStrictEqual(
            several.map(({ end, index }) => [index, end]),
            [
              [4, "failed"],
              [5, "scored"]
            ]
          )
        })
      )
  )

  it.effect("come without looking an answer up where none is asked for", () =>
    Effect.gen(function* () {
      const id = yield* put({ name: "nightly", items, records })
      const store = yield* CheckpointStore
      const blind = CheckpointStore.of({ ...store, outcomes: () => Effect.die("looked up") })
      const rows = yield* rowsOf(id, { answers: false }).pipe(
        Effect.provideService(CheckpointStore, blind)
      )
      assert.lengthOf(rows, 11)
      for (const row of rows) {
        assert.doesNotHaveAnyKeys(row, ["answer", "refusal", "tool_calls", "earlier_answers"])
        decode(row)
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("of a conversation have its turns, and the answers before the last", () =>
    Effect.gen(function* () {
      const trial = scored(2, 1, { keys: [key(0), key(1), key(2)] })
      const id = yield* put({
        name: "talk",
        items: [item(0, [trial])],
        records: [0, 1, 2].map((n) => answered(n, { text: `turn ${n}` }))
      })
      const [row] = yield* rowsOf(id)
      assert.deepInclude(row, {
        ...{ turns: 3, answer: "turn 2", key: key(2), earlier_answers: ["turn 0", "turn 1"] }
      })
    }).pipe(Effect.provide(layer))
  )

  it("show the prompt of their arm's variant, where one's name ends like another's", () => {
    const prompts = ["steps", "a prompt=steps"].map((variant) => ({
      variant,
      messages: [{ role: "user", text: variant }]
    }))
    for (const { variant } of prompts) {
      const shown = Export.promptOf({ prompts }, { arm: `luna t=0 prompt=${variant}` })
      assert.deepStrictEqual(shown, [{ role: "user", text: variant }])
    }
  })

  it.effect("are held a few at a time, fewer where answers are long", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 1_200 }, (_, n) =>
        item(n, [scored(n, 1, n < 10 ? { outputTokens: 1_000_000 } : {})])
      )
      const id = yield* put({ name: "many", items: many })
      const pages = yield* Stream.runCollect(Export.pages(source(id)))
      const sizes = [...pages].map((page) => page.length)
      assert.deepStrictEqual(sizes.slice(0, 5), [2, 2, 2, 2, 2])
      assert.isAtMost(Math.max(...sizes), 500)
      assert.deepStrictEqual(
        [...pages].flat().map(({ index }) => index),
        many.map(({ index }) => index)
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("are outlined by arms and scorers, also where the first items were not scored", () =>
    Effect.gen(function* () {
      const id = yield* put({ name: "nightly", items: items.slice(2) })
      assert.deepStrictEqual(yield* Export.outline(id), {
        arms: ["luna", "terra"],
        scorers: [scorer, "judge@2"]
      })
      const none = yield* put({ name: "empty", items: [] })
      assert.isUndefined(yield* Export.outline(none))
    }).pipe(Effect.provide(layer))
  )
})

describe("an export as CSV", () => {
  it.effect(
    "comes back by csv-parse: numbers as they are, texts but for the guard of formulas",
    () =>
      withRun((id) =>
        Effect.gen(function* () {
          const rows = yield* rowsOf(id)
          const csv = CsvColumns.make({ answers: true, scorers: [scorer, "judge@2"] })
          const [half, rest] = [rows.slice(0, 4), rows.slice(4)]
          const text = `${csv.header}${csv.lines(half)}${csv.lines([])}${csv.lines(rest)}`
          const back = parse(text, { columns: true }) as ReadonlyArray<Record<string, string>>
          assert.lengthOf(back, rows.length)
          for (const [at, row] of rows.entries()) {
            const cells = back[at] ?? {}
            assert.deepInclude(cells, {
              ...{ item_id: row.item_id, index: String(row.index), arm: row.arm, end: row.end },
              ...{ latency_ms: String(row.latency_ms ?? ""), cost_usd: String(row.cost_usd ?? "") },
              [`score:${scorer}`]: String(row.scores[0]?.score ?? "")
            })
            for (const cell of Object.values(cells)) assert.notMatch(cell, /^[\s"]*[=+@\t\r-]/)
          }
          assert.deepInclude(back[0], { tags: "a, b", prompt: "What is 0?" })
          assert.match(back[0]?.answer ?? "", /^'=HYPERLINK\("https:\/\/evil\.example","a,b"\)\n/)
          assert.match(back[0]?.answer ?? "", /;'=1/)
          assert.deepInclude(back.at(-1), {
            [`explanation:${scorer}`]: "'-1 is not 5",
            "score_failed:judge@2": "'@no",
            "score:judge@2": ""
          })
          assert.strictEqual(csv.cut(), 0)
        })
      )
  )

  it("keeps negative numbers numbers in columns of numbers", () => {
    const csv = CsvColumns.make({ answers: false, scorers: [] })
    const row: ExportRow = {
      ...{ run: "r", benchmark: null, simulated: null, item_id: "i", index: 0, line: 1 },
      ...{ group: null, tags: [], arm: "a", repeat: 0, turns: 1, end: "scored", scores: [] },
      ...{ target: "-5", prompt: [], failure_reason: null, failure_message: null, problem: null },
      ...{ served_model: null, latency_ms: -1.5, input_tokens: null, output_tokens: null },
      ...{ cost_usd: -0.25, shared: false, key: null }
    }
    const [cells] = parse(`${csv.header}${csv.lines([row])}`, { columns: true }) as ReadonlyArray<
      Record<string, string>
    >
    assert.deepInclude(cells, {
      latency_ms: "-1.5",
      cost_usd: "-0.25",
      target: "'-5",
      benchmark: ""
    })
    assert.doesNotHaveAnyKeys(cells, ["answer"])
  })

  it.effect("tells how many texts were longer than a cell", () =>
    withRun((id) =>
      Effect.gen(function* () {
        const [row] = yield* rowsOf(id)
        const csv = CsvColumns.make({ answers: true, scorers: [] })
        csv.lines(row === undefined ? [] : [{ ...row, answer: "a".repeat(40_000) }])
        assert.strictEqual(csv.cut(), 1)
      })
    )
  )
})
