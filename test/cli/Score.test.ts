/** `spillway score`: stored answers scored again. One run for all; most calls are made within this process. */
import * as fs from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert } from "@effect/vitest"
import { ConfigProvider, Effect, Option } from "effect"
import * as NamedScorers from "../../layers/cli/NamedScorers.ts"
import * as ScoreProgram from "../../layers/cli/ScoreProgram.ts"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import * as Cli from "./Cli.ts"
import * as Provider from "./Provider.ts"

const judge = `
import * as Scorer from "spillway/benchmark/Scorer"
import * as Judge from "spillway/scorer/Judge"
import * as JudgeRubric from "spillway/scorer/JudgeRubric"

const rubric = JudgeRubric.make({
  ...{ name: "clear", version: 1, criteria: "It is clear." },
  grades: [
    { name: "good", value: 1, meaning: "It is." },
    { name: "bad", value: 0, meaning: "It is not." }
  ]
})
export const clear = Judge.make({ rubric, request: { model: "gpt-6-luna", maxOutputTokens: 200 } })
export default [Scorer.custom("lastNumber", 9, () => 0.25)]
export const unrelated = { name: "no scorer" }
`

/** As the command is called, without a process of its own. */
const score = (
  place: string,
  asked: {
    readonly run?: string
    readonly file?: string
    readonly scorers?: ReadonlyArray<string>
    readonly maxCost?: number
    readonly store?: string
    readonly env?: Readonly<Record<string, string>>
  }
) =>
  Effect.gen(function* () {
    const json = `${place}/score.json`
    fs.rmSync(json, { force: true })
    const result = yield* Effect.result(
      ScoreProgram.run({
        run: asked.run ?? "sums",
        file: Option.fromUndefinedOr(asked.file),
        scorers: asked.scorers ?? [],
        maxCost: Option.fromUndefinedOr(asked.maxCost),
        retryFailed: false,
        store: asked.store ?? `${place}/s.sqlite`,
        json: Option.some(json),
        quiet: true
      })
    )
    const report = fs.existsSync(json) ? Cli.readJson<BenchmarkReport>(json) : undefined
    const message = result._tag === "Failure" ? result.failure.message : ""
    return { report, message }
  }).pipe(
    // Nothing of this machine's own settings.
    Effect.provide([
      NodeServices.layer,
      ConfigProvider.layer(ConfigProvider.fromEnvRecord(asked.env ?? {}))
    ])
  )

const ids = (report: BenchmarkReport | undefined) =>
  report?.arms[0]?.scorers.map(({ scorer }) => scorer)

Cli.test("scores a run again without asking anybody, with the scorers that are asked for", () =>
  Effect.gen(function* () {
    const place = yield* Cli.folder
    const store = `${place}/s.sqlite`
    const flags = `--offline --limit 12 --repeats 2 --store ${store} --quiet`
    const ran = yield* Cli.spillway(
      `bench ${Cli.gsm8k} ${flags} --run sums --json ${place}/run.json`
    )
    assert.strictEqual(ran.code, 0, ran.err)
    const first = Cli.readJson<BenchmarkReport>(`${place}/run.json`)

    // As a user calls it: no key, no server, a table.
    const table = yield* Cli.spillway(`score sums --scorer numeric --store ${store}`)
    assert.strictEqual(table.code, 0, table.err)
    assert.match(table.out, /numeric@1 +\d+\.\d%/)
    assert.include(table.out, "24 requests in")
    assert.include(table.out, " 0 sent")

    const more = yield* score(place, { scorers: ["gsm8kStrict", "numeric", "lastNumber"] })
    assert.strictEqual(more.message, "")
    assert.deepStrictEqual(ids(more.report), ["lastNumber@1", "gsm8kStrict@1", "numeric@1"])
    assert.deepInclude(more.report?.requests, { items: 24, sent: 0, missing: 0 })
    assert.deepStrictEqual(more.report?.arms[0]?.score, first.arms[0]?.score)
    assert.strictEqual(more.report?.spentUsd, first.spentUsd)

    // A file's scorers: one takes the place of the benchmark's, the judge is asked, within the cap.
    const file = `${Cli.project}/test/cli/fixtures/zz-${process.pid}-judge.ts`
    fs.writeFileSync(file, judge)
    yield* Effect.addFinalizer(() => Effect.sync(() => fs.rmSync(file, { force: true })))
    const poor = yield* score(place, { scorers: [file], maxCost: first.spentUsd + 1e-6 })
    assert.match(poor.message, /The run stopped \(budget\)[\s\S]*go on with: .*score sums --scorer/)
    assert.strictEqual(poor.report?.complete, false)
    assert.strictEqual(poor.report?.requests.sent, 0)
    const judged = yield* score(place, { scorers: [file], maxCost: 1 })
    assert.strictEqual(judged.message, "")
    assert.deepStrictEqual(ids(judged.report), ["lastNumber@9", "clear@1"])
    assert.strictEqual(judged.report?.arms[0]?.scorers[0]?.noAnswerExcluded.mean, 0.25)
    const sent = judged.report?.requests.sent ?? 0
    assert.isAbove(sent, 0)
    assert.deepInclude(judged.report?.judges?.[0], { scorer: "clear@1", model: "gpt-6-luna" })
    assert.isAbove(judged.report?.spentUsd ?? 0, first.spentUsd)
    const again = yield* score(place, { scorers: [file] })
    assert.strictEqual(again.report?.requests.sent, 0)
    assert.strictEqual(again.report?.spentUsd, judged.report?.spentUsd)

    // What is wrong with a call.
    const refusals: ReadonlyArray<readonly [Parameters<typeof score>[1], RegExp]> = [
      [{ run: "nobody" }, /The store holds no run "nobody"/],
      [
        { scorers: ["exactly"] },
        /--scorer exactly: there is no ready-made scorer.*exactMatch, .*tokenF1/
      ],
      [{ scorers: [`${place}/none.ts`] }, /There is no file .*that exports scorers/],
      [{ scorers: [Cli.gsm8k] }, /03-gsm8k\.ts: the file exports no scorer/],
      [{ file: `${place}/none.ts` }, /There is no file .*a benchmark as default export/],
      [{ store: `${place}/other.sqlite` }, /There is no store/]
    ]
    for (const [asked, says] of refusals) {
      assert.match((yield* score(place, asked)).message, says)
    }
    assert.isFalse(fs.existsSync(`${place}/other.sqlite`))
  })
)

Cli.test("refuses a run that is no benchmark's, and says what an unfinished run has not", () =>
  Effect.gen(function* () {
    const place = yield* Cli.folder
    const store = `${place}/s.sqlite`
    const line = {
      ...{ custom_id: "a", method: "POST", url: "/v1/chat/completions" },
      body: { model: "gpt-6-luna", messages: [{ role: "user", content: "a" }] }
    }
    fs.writeFileSync(`${place}/in.jsonl`, `${JSON.stringify(line)}\n`)
    const ran = yield* Cli.cli([
      ...["run", `${place}/in.jsonl`, "--out", `${place}/out.jsonl`, "--run", "plain"],
      ...["--offline", "--store", store, "--quiet"]
    ])
    assert.strictEqual(ran.code, 0, ran.err)
    const refused = yield* score(place, { run: "plain" })
    assert.match(refused.message, /"plain" is a run of `spillway run`, not of a benchmark/)
    const stopped = yield* Cli.cli([
      ...[
        "bench",
        Cli.gsm8k,
        "--offline",
        "--limit",
        "20",
        "--run",
        "part",
        "--max-cost",
        "0.0007"
      ],
      ...["--store", store, "--quiet"]
    ])
    assert.strictEqual(stopped.code, 3, stopped.err)
    const part = yield* score(place, { run: "part" })
    assert.strictEqual(part.message, "")
    assert.strictEqual(part.report?.complete, false)
    assert.isAbove(part.report?.requests.missing ?? 0, 0)
    const told = yield* Cli.spillway(`score part --store ${store}`)
    assert.strictEqual(told.code, 0)
    assert.match(told.out, /UNFINISHED: \d+ of 20 requests are missing/)
    assert.match(told.err, /the run is unfinished: .*Go on with: .*bench --run part/)
  })
)

/** 16 explanations, each with a verdict. */
const judged = `${Cli.project}/examples/08-judged.ts`
/** Requests in flight at once: as many may be paid again after a kill. */
const IN_FLIGHT = 2

Cli.test(
  "a run that is killed among its verdicts pays for none of them twice, nor does scoring it",
  () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      const provider = yield* Provider.start(["--benchmark", judged, "--latency", "0.2"])
      const options = { cwd, env: provider.env }
      const flags = ["--concurrency", String(IN_FLIGHT), "--store", "s.sqlite", "--run", "sums"]
      const args = ["bench", judged, ...provider.args, ...flags, "--json", "run.json"]
      const running = yield* Cli.start(args, options)
      yield* provider.billed(22)
      yield* running.kill("SIGKILL")
      yield* running.end
      const ended = yield* Cli.cli(args, options)
      assert.strictEqual(ended.code, 0, ended.err)
      const first = Cli.readJson<BenchmarkReport>(`${cwd}/run.json`)
      const asked = first.judges?.[0]?.asked ?? 0
      assert.isAbove(asked, 12)
      assert.strictEqual(first.judges?.[0]?.judged, asked)
      assert.isAtMost(first.requests.sent, 16 + asked - 22 + IN_FLIGHT)
      const stats = yield* provider.stats
      assert.strictEqual(stats.contents, 16 + asked)
      assert.isAtMost(stats.billed - stats.contents, IN_FLIGHT)

      const again = yield* score(cwd, { scorers: ["exactMatch"], env: provider.env })
      assert.strictEqual(again.message, "")
      assert.deepInclude(again.report?.requests, { sent: 0, missing: 0, items: 16 })
      assert.deepStrictEqual(again.report?.arms[0]?.score, first.arms[0]?.score)
      assert.deepStrictEqual(again.report?.judges, first.judges)
      assert.strictEqual((yield* provider.stats).requests, stats.requests)

      // Without a judge nothing can be sent: no key, no provider, and another file for the same items.
      yield* provider.stop
      const plain = `${Cli.project}/test/cli/fixtures/zz-${process.pid}-plain.ts`
      fs.writeFileSync(
        plain,
        `import * as Scorer from "spillway/benchmark/Scorer"
import judged from "../../../examples/08-judged.ts"
export default { ...judged, scorers: [Scorer.tokenF1()] }`
      )
      yield* Effect.addFinalizer(() => Effect.sync(() => fs.rmSync(plain, { force: true })))
      const silent = yield* score(cwd, { file: plain, scorers: ["exactMatch"] })
      assert.strictEqual(silent.message, "")
      assert.deepStrictEqual(ids(silent.report), ["tokenF1@1", "exactMatch@1"])
      assert.deepInclude(silent.report?.requests, { sent: 0, missing: 0, items: 16 })
    })
)

Cli.test("names ready-made scorers that each judge an answer", () =>
  Effect.gen(function* () {
    assert.isAtLeast(NamedScorers.names.length, 10)
    for (const name of NamedScorers.names) {
      const [, scorer] = yield* NamedScorers.applied([placeholder], [name])
      assert.strictEqual(scorer?.name, name)
    }
  })
)

const placeholder = { name: "placeholder", version: 1, score: () => 1 }
