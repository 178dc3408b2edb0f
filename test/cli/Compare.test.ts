/** `spillway compare` on stores that were filled within this process; it is called here but for what only a process shows. */
import * as fs from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { CompareReport } from "spillway/report/compare/CompareReport"
import * as CompareProgram from "../../layers/cli/CompareProgram.ts"
import { report } from "../report/report.ts"
import { item, type Stored, scored } from "../report/storedRuns.ts"
import * as Cli from "./Cli.ts"
import { filled } from "./FilledStore.ts"
import { assertRefused } from "./refusals.ts"

/** Sixty items; every `wrong`-th is wrong. */
const run = (name: string, wrong: number, ids = "item"): Stored => ({
  name,
  items: Array.from({ length: 60 }, (_, n) =>
    item(n, [scored(n, n % wrong === 0 ? 0 : 1)], { itemId: `${ids}-${n}` })
  ),
  records: [{ _tag: "Reported", report: JSON.parse(JSON.stringify(report({ run: name }))) }]
})

type Asked = Parameters<typeof CompareProgram.run>[0]

const compare = (place: string, asked: Partial<Asked>) =>
  CompareProgram.run({
    runs: ["monday", "tuesday"],
    arms: [],
    scorer: Option.none(),
    noAnswer: Option.none(),
    markdown: Option.none(),
    html: Option.none(),
    json: Option.none(),
    quiet: true,
    store: `${place}/s.sqlite`,
    ...asked
  }).pipe(Effect.provide(NodeServices.layer))

const decode = Schema.decodeUnknownSync(CompareReport, { onExcessProperty: "error" })

Cli.test("writes a comparison as JSON, Markdown and a page, for its owner alone", () =>
  Effect.gen(function* () {
    const place = yield* filled(run("monday", 3), run("tuesday", 7))
    const [json, markdown, html] = ["json", "md", "html"].map((end) => `${place}/c.${end}`)
    yield* compare(place, {
      json: Option.fromUndefinedOr(json),
      markdown: Option.fromUndefinedOr(markdown),
      html: Option.fromUndefinedOr(html)
    })
    const found = decode(Cli.readJson(json ?? ""))
    assert.deepInclude(found, { complete: true, simulated: false, noAnswerPolicy: "wrong" })
    assert.deepStrictEqual(found.pairs[0]?.comparison.table, {
      ...{ both: 34, onlyA: 6, onlyB: 17, neither: 3 }
    })
    assert.lengthOf(found.pairs[0]?.betterB.listed ?? [], 17)
    assert.match(fs.readFileSync(markdown ?? "", "utf8"), /^## monday · tuesday by lastNumber@1\n/)
    assert.match(fs.readFileSync(html ?? "", "utf8"), /^<!doctype html>/)
    for (const file of [json, markdown, html]) {
      assert.strictEqual(fs.statSync(file ?? "").mode & 0o777, 0o600)
    }
  })
)

Cli.test("refuses what cannot be compared or written, before anything is written", () =>
  Effect.gen(function* () {
    const place = yield* filled(run("monday", 3), run("tuesday", 7), run("other", 2, "row"))
    const refusal = (asked: Partial<Asked>) =>
      Effect.map(Effect.flip(compare(place, asked)), ({ message }) => message)
    const json = Option.some(`${place}/c.json`)
    const some = (text: string) => Option.some(text)
    assert.match(yield* refusal({ json, runs: ["monday", "nope"] }), /no run "nope"/)
    assert.match(
      yield* refusal({ json, runs: ["monday", "other"] }),
      /"monday" \(60 items\) and "other" \(60 items\) have no item in common/
    )
    assert.match(yield* refusal({ json, runs: ["monday"] }), /Name another run too/)
    assert.match(yield* refusal({ json, arms: ["terra"] }), /--arm "terra".*They have: "luna"/)
    assert.match(yield* refusal({ json, scorer: some("x@1") }), /No run was scored by "x@1"\. All/)
    assert.match(yield* refusal({ json, html: some("-") }), /^--html -: a page is for a file/)
    assert.match(
      yield* refusal({ json: some("-"), markdown: some("-") }),
      /^--json -: standard output is taken/
    )
    assert.match(yield* refusal({ json, html: some(place) }), /^--html .*it is a folder/)
    assert.deepStrictEqual(
      fs.readdirSync(place).filter((name) => !name.startsWith("s.sqlite")),
      []
    )
  })
)

Cli.test("shows it on a terminal or as Markdown for a pipe, and ends with 2 on a wrong call", () =>
  Effect.gen(function* () {
    const cwd = yield* filled(run("monday", 3), run("tuesday", 7), run("other", 2, "row"))
    const table = yield* Cli.spillway("compare monday tuesday --store s.sqlite", { cwd })
    assert.deepInclude(table, { code: 0, err: "" })
    assert.match(table.out, /^monday · tuesday by lastNumber@1\n/)
    assert.match(table.out, /tuesday is better than monday by 18\.3 points/)
    const piped = yield* Cli.spillway("compare monday tuesday --store s.sqlite --markdown -", {
      cwd
    })
    assert.deepInclude(piped, { code: 0, err: "" })
    assert.match(piped.out, /^## monday · tuesday by lastNumber@1\n/)
    assert.notInclude(piped.out, "Each on all of its own items\nrun")
    const apart = yield* Cli.spillway("compare monday other --store s.sqlite", { cwd })
    assertRefused(apart, 2, /no item in common.*Compare runs of the same dataset/)
  })
)
