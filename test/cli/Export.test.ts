/** `spillway export` on stores that were filled within this process; it is called here but for what only a process shows. */
import * as fs from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import { Effect, Option, Schema } from "effect"
import { ExportRow } from "spillway/report/export/ExportRow"
import * as Selection from "spillway/report/export/Selection"
import { KINDS } from "../../layers/cli/ExportCommand.ts"
import * as ExportProgram from "../../layers/cli/ExportProgram.ts"
import { report } from "../report/report.ts"
import { answered, ended, item, type Stored, scored } from "../report/storedRuns.ts"
import * as Cli from "./Cli.ts"
import { filled } from "./FilledStore.ts"
import { assertRefused } from "./refusals.ts"

const items = Array.from({ length: 3_000 }, (_, n) =>
  item(n, [
    n % 100 === 7 ? ended(n, "failed") : n % 100 === 8 ? ended(n, "missing") : scored(n, n % 2),
    scored(n, 1, { arm: "=terra" })
  ])
)

const nightly: Stored = {
  name: "nightly",
  items,
  records: [
    ...items.map((_, n) => answered(n, { text: n === 1 ? "=1+1\u0000" : `text ${n}` })),
    { _tag: "Reported", report: JSON.parse(JSON.stringify(report({ complete: false }))) }
  ]
}

const settings = (command: string) => ({ _tag: "Configured", settings: { command } }) as const

const lines = (file: string) => fs.readFileSync(file, "utf8").trimEnd().split("\n")
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ExportRow))

/** As the command is called, without a process of its own. */
const exported = (
  place: string,
  asked: Partial<Parameters<typeof ExportProgram.run>[0]> & { readonly out: string }
) =>
  ExportProgram.run({
    run: "nightly",
    format: Option.none(),
    only: [],
    arms: [],
    answers: true,
    quiet: true,
    store: `${place}/s.sqlite`,
    ...asked
  }).pipe(Effect.provide(NodeServices.layer))

Cli.test("writes a row for each trial, by format, kind and arm", () =>
  Effect.gen(function* () {
    const place = yield* filled(nightly)
    const out = `${place}/rows.jsonl`
    yield* exported(place, { out })
    assert.strictEqual(fs.statSync(out).mode & 0o777, 0o600)
    const rows = lines(out).map((line) => decode(line))
    assert.lengthOf(rows, 6_000)
    assert.deepInclude(rows[2], { run: "nightly", benchmark: "gsm8k", answer: "=1+1\u0000" })
    assert.isUndefined(fs.readdirSync(place).find((name) => name.endsWith(".partial")))

    let sum = 0
    for (const kind of Selection.kinds) {
      yield* exported(place, { out, only: [[kind]], answers: false })
      const of = lines(out).filter((line) => line !== "")
      sum += of.length
      if (kind === "failed") assert.lengthOf(of, 30)
    }
    assert.strictEqual(sum, 6_000)

    const csv = `${place}/wrong.csv`
    yield* exported(place, { out: csv, only: [["wrong"], ["failed"]], arms: ["luna"] })
    const cells = parse(fs.readFileSync(csv, "utf8"), { columns: true }) as ReadonlyArray<
      Record<string, string>
    >
    const wrong = rows.filter(
      ({ arm, end, scores }) => arm === "luna" && (end === "failed" || scores[0]?.score === 0)
    )
    assert.deepStrictEqual(
      cells.map(({ item_id }) => item_id),
      wrong.map(({ item_id }) => item_id)
    )
    yield* exported(place, { out: csv, format: Option.some("csv"), arms: ["=terra"] })
    const [, first] = parse(fs.readFileSync(csv, "utf8"), { columns: true }) as ReadonlyArray<
      Record<string, string>
    >
    assert.deepInclude(first, { arm: "'=terra", answer: "'=1+1", "score:lastNumber@1": "1" })
  })
)

Cli.test("says what an export is not for, and what to do instead", () =>
  Effect.gen(function* () {
    const place = yield* filled(
      nightly,
      { name: "plain", items: [], records: [settings("run")] },
      { name: "batched", items: [], records: [settings("batch")] },
      { name: "killed", items: [], records: [settings("bench")] }
    )
    const refusal = (asked: Parameters<typeof exported>[1]) =>
      Effect.map(Effect.flip(exported(place, asked)), ({ message }) => message)
    const out = `${place}/o`
    assert.match(
      yield* refusal({ out, run: "plain" }),
      /"plain" is a run of `spillway run`, which scores nothing\..*spillway run --run plain --out/
    )
    assert.match(yield* refusal({ out, run: "batched" }), /spillway batch results batched --out/)
    assert.match(
      yield* refusal({ out, run: "killed" }),
      /"killed" has no results.*spillway bench --run killed/
    )
    assert.match(yield* refusal({ out, run: "nope" }), /no run "nope".*spillway runs/)
    assert.match(
      yield* refusal({ out, arms: ["luna", "lunar"] }),
      /^--arm "lunar": the run "nightly" has no such arm\. It has: "luna", "=terra"\.$/
    )
    assert.match(yield* refusal({ out: place }), /^--out .*: it is a folder\. Name a file in it/)
    assert.match(yield* refusal({ out, store: `${place}/no.sqlite` }), /There is no store/)
    assert.isFalse(fs.existsSync(out))
  })
)

Cli.test(
  "ends quietly where its reader leaves, and tells a reader's person that a run is unfinished",
  () =>
    Effect.gen(function* () {
      const place = yield* filled(nightly)
      const call = `"${process.execPath}" -C spillway-source "${process.env.SPILLWAY_TEST_CLI ?? Cli.bin}" export nightly --store s.sqlite`
      const script = `set -o pipefail; ${call} | head -n 2`
      const piped = yield* Effect.scoped(
        Effect.flatMap(Cli.startProgram("bash", ["-c", script], { cwd: place }), ({ end }) => end)
      )
      assert.strictEqual(piped.code, 0, piped.err)
      assert.lengthOf(
        piped.out
          .trimEnd()
          .split("\n")
          .map((line) => decode(line)),
        2
      )
      assert.strictEqual(piped.err, 'spillway: "nightly" is unfinished.\n')
      const wrong = yield* Cli.spillway("export nightly --store s.sqlite --only wrong,fled", {
        cwd: place
      })
      assertRefused(
        wrong,
        2,
        /--only "wrong,fled": expected a list of right, partly, wrong, .*failed/
      )
    })
)

Cli.test("names the kinds of rows as the rows have them", () =>
  Effect.sync(() => assert.deepStrictEqual(KINDS, [...Selection.kinds]))
)
