/** The tour of benchmarks cannot go stale: its programs run, and its tables name all that there is. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import type * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Scorer from "spillway/benchmark/Scorer"
import { ExportRow } from "spillway/report/export/ExportRow"
import * as Selection from "spillway/report/export/Selection"
import { answer, layer, ScriptedCalls } from "spillway/testing"
import dialogue from "../../examples/tour/dialogue.ts"
import evals from "../../examples/tour/from-evals.ts"
import added from "../../examples/tour/scorers.ts"
import tickets from "../../examples/tour/tickets.ts"
import * as Markdown from "./Markdown.ts"
import { outputOf } from "./Program.ts"
import { rehearse } from "./Rehearsal.ts"

const page = Markdown.read("examples/tour/benchmarks.md")

const firstCells = (head: string) => Markdown.table(page, head).map(([cell = ""]) => cell)

/** What `Scorer.ts` exports beside scorers. */
const others = ["MAX_TEXT", "checked", "idOf", "isJudge", "judge", "start"]

describe("the tour of benchmarks", () => {
  it("lists every ready-made scorer", () => {
    assert.sameMembers(firstCells("scorer | right is"), [
      ...Object.keys(Scorer).filter((name) => !others.includes(name)),
      "Pattern.pattern",
      "Judge.make"
    ])
  })

  it("lists every field of a benchmark", () => {
    const fields: Readonly<Record<keyof Benchmark.Definition<unknown> | "answer", true>> = {
      name: true,
      item: true,
      dataset: true,
      prompt: true,
      next: true,
      maxTurns: true,
      secondTry: true,
      answer: true,
      target: true,
      scorers: true,
      tags: true,
      group: true,
      noAnswer: true,
      request: true,
      sweep: true,
      id: true
    }
    const [, table = ""] = page.split("documents every field:")
    assert.sameMembers(
      Markdown.table(table, "field | is").map(([field]) => field),
      Object.keys(fields)
    )
  })

  it("lists every field of an exported row, and every kind of rows", () => {
    const [, table = ""] = page.split("JSON Lines have these fields")
    assert.deepStrictEqual(
      Markdown.table(table, "field | is").map(([field]) => field),
      Object.keys(ExportRow.fields)
    )
    const [, kinds = ""] = /`--only` takes any of (.*?);/.exec(page) ?? []
    assert.deepStrictEqual(
      Array.from(kinds.matchAll(/`([^`]+)`/g), ([, kind]) => kind),
      [...Selection.kinds]
    )
  })

  it.live("routes tickets in four arms, by three scorers, tags and groups", () =>
    Effect.gen(function* () {
      const report = yield* rehearse(tickets)
      assert.isTrue(report.complete)
      assert.strictEqual(report.arms.length, 4)
      assert.deepStrictEqual(
        report.arms[0]?.scorers.map(({ scorer }) => scorer),
        ["all@1", "team@1", "refund@1"]
      )
      assert.strictEqual(report.arms[0]?.groups, 30)
      assert.sameMembers(
        (report.tags ?? []).map(({ tag }) => tag),
        ["billing", "delivery", "product"]
      )
      for (const { score } of report.arms) assert.isAbove(score.mean ?? 0, 0.6)
    })
  )

  it.effect("answers calls of the tool, and asks once more", () =>
    Effect.gen(function* () {
      const report = yield* BenchmarkRun.execute(dialogue, { limit: 1 })
      assert.strictEqual(report.arms[0]?.score.mean, 1)
      const [, second, third] = yield* ScriptedCalls.use((scripted) => scripted.all)
      assert.include(JSON.stringify(second?.body), '"content":"$2"')
      assert.isUndefined(third)
    }).pipe(
      Effect.provide([
        FileSystem.layerNoop({}),
        layer([
          answer("", {
            toolCalls: [{ id: "call-1", name: "price", arguments: '{"thing":"apple"}' }]
          }),
          answer("That is $4.")
        ])
      ])
    )
  )

  it.live("scores an evaluation of the hosted Evals by a scorer for each grader", () =>
    Effect.gen(function* () {
      const report = yield* rehearse(evals)
      assert.deepStrictEqual(
        report.arms[0]?.scorers.map(({ scorer, scoreFailed }) => [scorer, scoreFailed]),
        [
          ["exactMatch@1", 0],
          ["ilike@1", 0],
          ["similar@1", 0],
          ["helpful@1", 0]
        ]
      )
      assert.deepInclude(report.judges?.[0], { scorer: "helpful@1", asked: 12, judged: 12 })
    })
  )

  it("scores again by what its file of scorers exports", () => {
    const scorers: Benchmark.Benchmark<unknown, unknown>["scorers"] = [Scorer.exactMatch, ...added]
    assert.deepStrictEqual(scorers.map(Scorer.idOf), ["exactMatch@1", "short@1", "clear@1"])
  })

  it.live("shows what is in its datasets", () =>
    Effect.gen(function* () {
      const shown = Markdown.blocks(page, "text").find((block) => block.startsWith("JSON Lines"))
      assert.strictEqual(yield* outputOf("examples/tour/datasets.ts"), shown)
    })
  )

  it.live("shows what is said of a row that does not fit", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      const path = `${folder}/bad2.jsonl`
      yield* files.writeFileString(path, '{"item":{}}\n')
      const { message } = yield* Effect.flip(rehearse(evals, { data: path }))
      const shown =
        Markdown.blocks(page, "text").find((block) => block.includes("bad2.jsonl")) ?? ""
      const rest = (text: string) => text.slice(text.indexOf("The item does not fit"), -1)
      assert.include(message, "line 1, field item.ticket_text")
      assert.include(message, rest(shown).split("Expected")[0] ?? "?")
      assert.include(message, rest(shown).split("string. ")[1] ?? "?")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
