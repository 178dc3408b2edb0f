/** What the flags promise, and what reaches the terminal. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Cli from "./Cli.ts"

/** Every field that the JSON of a benchmark promises. */
const FIELDS = {
  "": "spillway benchmark run mode simulated elapsedSeconds requests usage costUsd arms",
  requests: "items answered noAnswer failed fromStore sent retries rateLimited unknownOutcome",
  usage: "inputTokens cachedInputTokens outputTokens reasoningTokens",
  arms: "model servedModels temperature repeats items scored refused truncated failed score latencySeconds costUsd",
  score: "mean ci95",
  latencySeconds: "p50 p95 p99"
}

type Json = Readonly<Record<string, unknown>>

Cli.test(
  "remembers the arms and flags of a named run, and lets a flag win over what it remembers",
  () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      const elsewhere = yield* Cli.folder
      fs.writeFileSync(`${cwd}/two.jsonl`, '{"question":"1+1?","answer":"#### 2"}\n'.repeat(6))
      const arms = "--model gpt-6-luna --model gpt-4.1-mini --temperature 0 --temperature 1"
      const call = `bench ${Cli.gsm8k} --offline --data two.jsonl --limit 5 --repeats 2 ${arms} --quiet`
      const store = `--store ${cwd}/s.sqlite --run nightly`
      const first = yield* Cli.spillway(`${call} ${store} --json report.json`, { cwd })
      assert.deepInclude(first, { code: 0, out: "", err: "" })
      const report = Cli.readJson<Json>(`${cwd}/report.json`)
      const sections: ReadonlyArray<readonly [keyof typeof FIELDS, Json]> = [
        ["", report],
        ["requests", report.requests as Json],
        ["usage", report.usage as Json]
      ]
      for (const [name, value] of sections) assert.containsAllKeys(value, FIELDS[name].split(" "))
      const all = report.arms as ReadonlyArray<Json>
      for (const arm of all) {
        assert.containsAllKeys(arm, FIELDS.arms.split(" "))
        assert.containsAllKeys(arm.score as Json, FIELDS.score.split(" "))
        assert.containsAllKeys(arm.latencySeconds as Json, FIELDS.latencySeconds.split(" "))
      }
      assert.include(report, { mode: "online", simulated: true, run: "nightly" })
      assert.include(report.requests, { items: 40, sent: 40, fromStore: 0 })
      assert.deepStrictEqual(
        all.map(({ model, repeats, temperature }) => [model, temperature, repeats]),
        [
          ["gpt-6-luna", 0, 2],
          ["gpt-6-luna", 1, 2],
          ["gpt-4.1-mini", 0, 2],
          ["gpt-4.1-mini", 1, 2]
        ]
      )

      const piped = yield* Cli.spillway(`bench ${store} --json -`, { cwd: elsewhere })
      assert.strictEqual(piped.code, 0, piped.err)
      const again = JSON.parse(piped.out) as Json
      assert.include(again.requests, { items: 40, sent: 0, fromStore: 40 })
      assert.deepStrictEqual(again.arms, report.arms)

      const one = `bench ${store} --model gpt-6-luna --temperature 0 --limit 6 --json -`
      const fewer = JSON.parse((yield* Cli.spillway(one, { cwd })).out) as Json
      assert.include(fewer.requests, { items: 12, sent: 2, fromStore: 10 })

      const fresh = yield* Cli.spillway(`bench ${store} --fresh --json -`, { cwd })
      assert.include((JSON.parse(fresh.out) as Json).requests, {
        items: 12,
        sent: 12,
        fromStore: 0
      })
      const runs = yield* Cli.spillway(`runs --store ${cwd}/s.sqlite --json`)
      assert.lengthOf(JSON.parse(runs.out) as ReadonlyArray<Json>, 2)
    })
)

Cli.test("tries again what failed only when it is asked to", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const call = `bench ${Cli.gsm8k} --offline --limit 4 --store s.sqlite --json -`
    const requests = (flags: string) =>
      Effect.map(
        Cli.spillway(`${call}${flags}`, { cwd }),
        ({ out }) => (JSON.parse(out) as Json).requests
      )
    const impatient = { SPILLWAY_MAX_ATTEMPTS: "1" }
    const broken = yield* Cli.spillway(`${call} --faults 500=100%`, { cwd, env: impatient })
    assert.strictEqual(broken.code, 1, broken.err)
    assert.include((JSON.parse(broken.out) as Json).requests, { failed: 4 })
    assert.include(yield* requests(""), { failed: 4, sent: 0, fromStore: 4 })
    assert.include(yield* requests(" --retry-failed"), { failed: 0, answered: 4, sent: 4 })
  })
)

Cli.test("lets no escape sequence of a name, an answer or a scorer reach the terminal", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const call = `bench ${Cli.fixture("hostile.ts")} --offline --store s.sqlite`
    const shown = [
      yield* Cli.spillway(call, { cwd }),
      yield* Cli.spillway(`${call} --json -`, { cwd }),
      yield* Cli.spillway("runs --store s.sqlite", { cwd }),
      yield* Cli.cli(["show", "\u001b[2Jnope", "--store", "s.sqlite"], { cwd }),
      yield* Cli.cli(["bench", "--\u001b[2Jflag"], { cwd })
    ]
    for (const { err, out } of shown) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
      assert.notMatch(out + err, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    }
    const [first] = shown
    assert.strictEqual(first?.code, 0)
    assert.match(first?.out ?? "", /hostile.*name/)
    assert.match(first?.out ?? "", /throws@1 could not judge an answer: Error: cannot judge/)
    assert.match(
      first?.out ?? "",
      /[0-9] answers? without a score by throws@1, in none of its means/
    )
  })
)

Cli.test("tells a log how a run ended, without a line that says nothing", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const call = `bench ${Cli.gsm8k} --offline --limit 5 --store s.sqlite`
    const { err } = yield* Cli.spillway(call, { cwd })
    assert.match(err, /^gsm8k · gpt-6-luna \(simulated\): 5\/5 100% done in \d+s, .*\$0\.\d+\n$/)
  })
)

Cli.test("helps, completes and names its version on standard output", () =>
  Effect.gen(function* () {
    const help = yield* Cli.spillway("--help")
    assert.strictEqual(help.code, 0)
    assert.match(
      help.out,
      /SUBCOMMANDS\s+bench .*run .*runs .*show .*compare .*export .*rm .*simulate /s
    )
    const bench = yield* Cli.spillway("bench --help")
    for (const flag of "model temperature effort prompt repeats limit data skip-invalid concurrency max-cost max-failed min-score fresh retry-failed offline base-url store run json quiet".split(
      " "
    )) {
      assert.include(bench.out, `--${flag}`)
    }
    const version = yield* Cli.spillway("--version")
    assert.deepInclude(version, { code: 0, err: "" })
    assert.match(version.out, /^spillway v\d+\.\d+\.\d+\n$/)
    const completions = yield* Cli.spillway("--completions bash")
    assert.strictEqual(completions.code, 0)
    assert.match(completions.out, /complete .*spillway/)
  })
)

Cli.test("says on an older Node which one it needs", (context) =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const old = ["/usr/bin/node", "/usr/local/bin/node"].find((path) => {
      if (!fs.existsSync(path)) return false
      const [major = 0] = execFileSync(path, ["-p", "process.versions.node"], { encoding: "utf8" })
        .split(".")
        .map(Number)
      return major >= 16 && major < 22
    })
    if (old === undefined) return context.skip("no older Node on this machine")
    const source = fs.readFileSync(Cli.bin, "utf8")
    fs.writeFileSync(`${cwd}/bin.mjs`, stripTypeScriptTypes(source))
    const { end } = yield* Cli.startProgram(old, ["bin.mjs", "--help"], { cwd })
    const { code, err } = yield* end
    assert.strictEqual(code, 2)
    assert.match(err, /^spillway needs Node 22\.19 or later; this is v\d+.*npx node@24[^\n]*\n$/)
  })
)
