/** `spillway report` on stores that were filled within this process; it is called here but for what only a process shows. */
import * as fs from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import type { BenchmarkReport } from "spillway/report/BenchmarkReport"
import * as ReportProgram from "../../layers/cli/ReportProgram.ts"
import { report } from "../report/report.ts"
import { answered, ended, item, type Stored, scored } from "../report/storedRuns.ts"
import * as Cli from "./Cli.ts"
import { filled } from "./FilledStore.ts"
import { assertRefused } from "./refusals.ts"

const items = Array.from({ length: 60 }, (_, n) =>
  item(n, [n % 20 === 7 ? ended(n, "failed") : scored(n, n % 2, { arm: "gpt-6-luna" })])
)

const reported = (more: Partial<BenchmarkReport> = {}): RunRecord => ({
  _tag: "Reported",
  report: JSON.parse(JSON.stringify(report({ run: "nightly", ...more })))
})

const nightly: Stored = {
  name: "nightly",
  items,
  records: [
    ...items.map((_, n) => answered(n, { text: `the answer ${n}` })),
    reported({ benchmark: "the first" }),
    reported({ complete: false })
  ]
}

type Asked = Parameters<typeof ReportProgram.run>[0]

/** As the command is called, without a process of its own. */
const reports = (place: string, asked: Partial<Asked>) =>
  ReportProgram.run({
    run: "nightly",
    html: Option.none(),
    markdown: Option.none(),
    json: Option.none(),
    items: Option.none(),
    quiet: true,
    store: `${place}/s.sqlite`,
    ...asked
  }).pipe(Effect.provide(NodeServices.layer))

const refusal = (place: string, asked: Partial<Asked>) =>
  Effect.map(Effect.flip(reports(place, asked)), (error) => `${error._tag}: ${error.message}`)

Cli.test("writes the last report as a page, as Markdown and as JSON, for its owner alone", () =>
  Effect.gen(function* () {
    const place = yield* filled(nightly)
    const file = (name: string) => Option.some(`${place}/${name}`)
    yield* reports(place, {
      html: file("r.html"),
      markdown: file("r.md"),
      json: file("r.json"),
      items: Option.some(30)
    })
    const page = fs.readFileSync(`${place}/r.html`, "utf8")
    assert.include(page, "<h1>gsm8k</h1>")
    assert.include(page, "UNFINISHED")
    assert.include(page, "30 of 60 items")
    assert.include(page, "the answer 1")
    assert.match(fs.readFileSync(`${place}/r.md`, "utf8"), /^## gsm8k\n/)
    const json = Cli.readJson<BenchmarkReport>(`${place}/r.json`)
    assert.deepStrictEqual(json, report({ run: "nightly", complete: false }))
    for (const name of ["r.html", "r.md", "r.json"]) {
      assert.strictEqual(fs.statSync(`${place}/${name}`).mode & 0o777, 0o600)
    }
  })
)

Cli.test("tells what is wrong with a call before it reads or writes anything", () =>
  Effect.gen(function* () {
    const place = yield* filled(nightly, {
      name: "answers",
      items: [],
      records: [{ _tag: "Configured", settings: { command: "run" } }]
    })
    const html = Option.some(`${place}/r.html`)
    const dash = Option.some("-")
    assert.match(
      yield* refusal(place, { html: dash }),
      /UsageError: --html -: a page is for a file/
    )
    assert.match(yield* refusal(place, { markdown: dash, json: dash }), /--json -: standard output/)
    assert.match(yield* refusal(place, { items: Option.some(5) }), /--items is of the page/)
    const folder = Option.some(`${place}/none/r.html`)
    assert.match(yield* refusal(place, { html: folder }), /--html .*there is no folder/)
    assert.match(yield* refusal(place, { html, run: "nope" }), /UsageError: .*no run "nope"/)
    assert.match(
      yield* refusal(place, { html, run: "answers" }),
      /no run of a benchmark.*spillway show/
    )
    assert.match(yield* refusal(`${place}/none`, { html }), /UsageError: There is no store/)
    assert.isFalse(fs.existsSync(`${place}/r.html`))
  })
)

Cli.test("says that a run has no report yet, and shows in a page what there is", () =>
  Effect.gen(function* () {
    const place = yield* filled({
      name: "killed",
      items: [],
      records: [answered(1), { _tag: "Configured", settings: { command: "bench" } }]
    })
    const run = "killed"
    const file = Option.some(`${place}/r`)
    const told = /NoReport: "killed" has no report yet: it ended before anything was scored\./
    assert.match(yield* refusal(place, { run, markdown: file }), told)
    assert.match(yield* refusal(place, { run, json: file }), told)
    assert.isFalse(fs.existsSync(`${place}/r`))
    yield* reports(place, { run, html: file })
    const page = fs.readFileSync(`${place}/r`, "utf8")
    assert.include(page, "UNFINISHED: the run ended before anything was scored.")
    assert.match(page, /<dt>Answered<\/dt><dd>1<\/dd>/)
  })
)

Cli.test("shows the report on the terminal, and leaves standard output to what was asked for", () =>
  Effect.gen(function* () {
    const cwd = yield* filled(nightly)
    const [shown, json, refused] = yield* Effect.all(
      [
        Cli.spillway("report nightly --store s.sqlite --html r.html", { cwd }),
        Cli.spillway("report nightly --store s.sqlite --json - --html q.html", { cwd }),
        Cli.spillway("report nightly --store s.sqlite --html r.html --items 20001", { cwd })
      ],
      { concurrency: 3 }
    )
    assert.strictEqual(shown.code, 0, shown.err)
    assert.match(shown.out, /gsm8k · run nightly\nUNFINISHED/)
    assert.match(shown.out, /A page with 60 items in r\.html\.\n$/)
    assert.strictEqual((JSON.parse(json.out) as BenchmarkReport).run, "nightly")
    assert.isTrue(fs.existsSync(`${cwd}/q.html`))
    assertRefused(refused, 2, /--items/)
  })
)
