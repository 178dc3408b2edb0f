/** What a person gets for a slip: one line that names the thing, the place and what to do, exit code 2, nothing sent. */
import * as fs from "node:fs"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Cli from "./Cli.ts"
import { assertRefused } from "./refusals.ts"

const bench = (flags: string) => `bench ${Cli.gsm8k} --offline --store never.sqlite ${flags}`

const KEY = { OPENAI_API_KEY: "sk-test" }

interface Slip {
  readonly slip: string
  readonly call: string
  readonly says: RegExp
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

const question = '{"question": "What is 1 + 1?", "answer": "#### 2"}\n'
const request = (id: string, body: object = { model: "gpt-6-luna", messages: [] }) =>
  `${JSON.stringify({ custom_id: id, method: "POST", url: "/v1/chat/completions", body })}\n`
const run = "run in.jsonl --out out.jsonl --offline --store never.sqlite"

const slips: ReadonlyArray<Slip> = [
  {
    slip: "a dataset that does not exist",
    call: bench("--data nope.jsonl"),
    says: /nope\.jsonl: There is no such file\. Check the path/
  },
  {
    slip: "a broken line in a dataset",
    call: bench("--data data.jsonl"),
    files: { "data.jsonl": `${question}${question}{"question": "What\n${question}` },
    says: /data\.jsonl, line 3: It is not valid JSON .*Correct the line/
  },
  {
    slip: "an empty dataset",
    call: bench("--data data.jsonl"),
    files: { "data.jsonl": "" },
    says: /data\.jsonl: It holds no items/
  },
  {
    slip: "an id used twice in a dataset",
    call: `bench ${Cli.fixture("duplicate-ids.ts")} --offline --store never.sqlite`,
    says: /line 3.*id "a" was given to line 1 already/
  },
  {
    slip: "a file of requests that does not exist",
    call: "run nope.jsonl --out out.jsonl --offline --store never.sqlite",
    says: /nope\.jsonl: There is no such file/
  },
  {
    slip: "a broken line in a file of requests",
    call: run,
    files: { "in.jsonl": `${request("a")}\n${request("b").slice(0, 30)}\n` },
    says: /in\.jsonl, line 3: It is not valid JSON/
  },
  {
    slip: "a request without an id",
    call: run,
    files: { "in.jsonl": `${request("a")}${request("")}` },
    says: /in\.jsonl, line 2, field custom_id: It is missing/
  },
  {
    slip: "an id used twice in a file of requests",
    call: run,
    files: { "in.jsonl": `${request("a")}${request("b")}${request("a")}` },
    says: /in\.jsonl, line 3, field custom_id: "a" stands on line 1 already/
  },
  {
    slip: "an endpoint that does not generate",
    call: run,
    files: { "in.jsonl": request("a").replace("/v1/chat/completions", "/v1/files") },
    says: /in\.jsonl, line 1, field url: "\/v1\/files" is no endpoint that generates\. Use .*\/v1\/responses/
  },
  {
    slip: "no place for the results",
    call: "run in.jsonl --offline --store never.sqlite",
    files: { "in.jsonl": request("a") },
    says: /no place for the results\. Write: spillway run FILE\.jsonl --out/
  },
  {
    slip: "results in a folder that does not exist",
    call: "run in.jsonl --out nowhere/out.jsonl --offline --store never.sqlite",
    files: { "in.jsonl": request("a") },
    says: /--out .*nowhere\/out\.jsonl: there is no folder .*nowhere\. Make it/
  },
  {
    slip: "results over the requests themselves",
    call: "run in.jsonl --out ./in.jsonl --offline --store never.sqlite",
    files: { "in.jsonl": request("a") },
    says: /is the file of requests itself\. Name another/
  },
  {
    slip: "a report in a folder that does not exist",
    call: bench("--json nowhere/report.json"),
    says: /--json nowhere\/report\.json: there is no folder .*Make it/
  },
  { slip: "a report over a folder", call: bench("--json ."), says: /--json \.: it is a folder/ },
  {
    slip: "an unknown model under a budget",
    call: bench("--model gpt-99 --max-cost 1"),
    says: /gpt-99.*price is unknown.*Add it to a catalogue file/s
  },
  {
    slip: "a temperature on a model that always reasons",
    call: bench("--model gpt-6.1-sol --temperature 0.5"),
    says: /gpt-6\.1-sol t=0\.5, temperature: .*does not take it\. Leave temperature out/s
  },
  {
    slip: "a temperature on one of two models",
    call: bench("--model gpt-6-luna --model gpt-5 --temperature 0.5"),
    says: /gpt-5 t=0\.5, temperature: .*does not take it/s
  },
  {
    slip: "a catalogue that does not exist",
    call: bench("--catalog nope.json"),
    says: /nope\.json.*cannot be read.*readable JSON/s
  },
  {
    slip: "no key",
    call: `bench ${Cli.gsm8k} --store never.sqlite`,
    says: /OPENAI_API_KEY: It is not set: .*--offline/
  },
  {
    slip: "a key in quotation marks",
    call: `bench ${Cli.gsm8k} --store never.sqlite`,
    env: { OPENAI_API_KEY: '"sk-secret"' },
    says: /OPENAI_API_KEY: It is wrapped in quotation marks.*Example/
  },
  {
    slip: "a URL that would send the key in the clear",
    call: `bench ${Cli.gsm8k} --store never.sqlite --base-url http://example.com/v1`,
    env: KEY,
    says: /OPENAI_BASE_URL: It sends the key unencrypted .*use https/
  },
  {
    slip: "several wrong settings, all at once",
    call: `bench ${Cli.gsm8k} --store never.sqlite`,
    env: { SPILLWAY_MAX_IN_FLIGHT: "many", OPENAI_BASE_URL: "nonsense" },
    says: /3 settings .*OPENAI_API_KEY.*OPENAI_BASE_URL.*SPILLWAY_MAX_IN_FLIGHT/s
  },
  {
    slip: "a base URL beside --offline",
    call: bench("--base-url https://example.com/v1"),
    says: /--base-url has no effect with --offline/
  },
  {
    slip: "a setting of the simulated provider without it",
    call: `bench ${Cli.gsm8k} --tier 1 --store never.sqlite`,
    env: KEY,
    says: /--tier belongs to the simulated provider\. Add --offline/
  },
  { slip: "no benchmark", call: "bench --offline", says: /No benchmark file was named\. Write/ },
  {
    slip: "a benchmark that does not exist",
    call: "bench nope.ts --offline",
    says: /There is no file .*nope\.ts\. Name a/
  },
  {
    slip: "a benchmark file that exports nothing",
    call: `bench ${Cli.fixture("no-default.ts")} --offline`,
    says: /no-default\.ts: It has no default export\. Write `export default Benchmark\.make/
  },
  {
    slip: "a benchmark file that throws",
    call: `bench ${Cli.fixture("throws.ts")} --offline`,
    says: /throws\.ts cannot be loaded: the answers are not here yet\. .*correct it there/
  },
  {
    slip: "a run whose settings nobody remembers",
    call: "bench --run nightly --offline --store new.sqlite",
    says: /no settings of a benchmark run "nightly"\. Name the benchmark's file/
  },
  {
    slip: "faults that are none",
    call: bench("--faults flood=2%"),
    says: /Faults, at "flood=2%": no fault has this name\. Names: .*Examples/
  },
  {
    slip: "a share of faults above all",
    call: "simulate --port 0 --faults 5xx=200%",
    says: /Faults, at "5xx=200%": .*at most 100%/
  },
  {
    slip: "a port that does not exist",
    call: "simulate --port 99999",
    says: /no such port\. Choose one from 1 to 65535/
  }
]

for (const { slip, call, says, env, files } of slips) {
  Cli.test(`refuses ${slip}`, () =>
    Effect.gen(function* () {
      const cwd = yield* Cli.folder
      for (const [name, text] of Object.entries(files ?? {})) {
        fs.writeFileSync(`${cwd}/${name}`, text)
      }
      const result = yield* Cli.spillway(call, { cwd, ...(env === undefined ? {} : { env }) })
      assertRefused(result, 2, says)
      assert.notInclude(result.err, "sk-secret")
      assert.isFalse(fs.existsSync(`${cwd}/out.jsonl`))
    })
  )
}

const calls: ReadonlyArray<readonly [string, string, RegExp]> = [
  [
    "a flag that does not exist",
    "bench x.ts --concurency 3",
    /^spillway bench: There is no flag --concurency\. Did you mean --concurrency\? See spillway bench --help\n$/
  ],
  ["a command that does not exist", "benchmark", /no command "benchmark".*See spillway --help/],
  ["a tier that does not exist", "simulate --tier 9", /--tier "9": expected .*"unlimited"/],
  [
    "a cap of nothing",
    "bench x.ts --max-cost 0",
    /--max-cost "0": expected a value greater than 0/
  ],
  ["a cap below nothing", "bench x.ts --max-cost=-1", /--max-cost "-1": expected a value greater/],
  ["a cap that is no number", "bench x.ts --max-cost much", /--max-cost "much": expected a number/],
  ["a share above all", "bench x.ts --max-failed 101%", /--max-failed "101%".*at most 100%/],
  ["a flag without its value", "bench x.ts --limit", /--limit needs a value: N/],
  ["a second file", "bench a.ts b.ts", /Unexpected positional argument: "b\.ts"/]
]

for (const [slip, call, says] of calls) {
  Cli.test(`refuses ${slip}`, () =>
    Effect.map(Cli.spillway(call), (result) => assertRefused(result, 2, says))
  )
}

Cli.test("refuses a port in use, and names it", () =>
  Effect.gen(function* () {
    const first = yield* Cli.start(["simulate", "--port", "0"])
    const [, port] = yield* first.says(/127\.0\.0\.1:(\d+)/)
    const second = yield* Cli.cli(["simulate", "--port", String(port)])
    assertRefused(second, 2, new RegExp(`:${port}: the port is in use .*another port`))
  })
)

Cli.test("names an unknown model that the provider does not have, without a budget", () =>
  Effect.gen(function* () {
    const cwd = yield* Cli.folder
    const call = `bench ${Cli.gsm8k} --offline --limit 3 --model gpt-99 --store s.sqlite`
    const { code, err, out } = yield* Cli.spillway(call, { cwd })
    assert.strictEqual(code, 2)
    assert.match(out, /The catalogue does not know gpt-99/)
    assert.match(err, /model-unavailable.*gpt-99.*does not exist/)
  })
)
