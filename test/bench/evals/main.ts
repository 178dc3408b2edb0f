/**
 * Evaluations end to end, each client a whole process from its start to the written result: `spillway bench` with its
 * durable store, a plain script over the `openai` package, and promptfoo where it is installed (on the PATH, or beside
 * this package). `npm run -s bench:evals`. All ask the same fast local responder the same questions, so many at once;
 * rounds are interleaved, and figures are medians over them. Every client's mean score is checked.
 *
 * `-- --json` prints one line `{ spillway, plainScript, promptfoo?, ratios }`; `--items N` (default 1000), `--concurrency N`
 * (default 32), `--rounds N` (default 5; promptfoo takes part in the first only).
 */
import { fork, spawn, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { MAX_TOKENS, MODEL, sums } from "./items.ts"

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    items: { type: "string", default: "1000" },
    concurrency: { type: "string", default: "32" },
    rounds: { type: "string", default: "5" }
  }
})
const ITEMS = Number(values.items)

interface Sample {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakRssMb: number
}

const here = import.meta.dirname
const folder = mkdtempSync(join(tmpdir(), "spillway-evals-"))
const dataset = join(folder, "sums.jsonl")
const items = sums(ITEMS)
writeFileSync(dataset, items.map((item) => `${JSON.stringify(item)}\n`).join(""))
const right = items.filter(({ answer }) => answer === "42").length / items.length

const responder = fork(join(here, "../overhead/responder.ts"), [])
const port = await new Promise<number>((resolve, reject) => {
  responder.once("message", (value) => resolve(Number(value)))
  responder.once("exit", (code) => reject(new Error(`The responder ended with ${code}`)))
})
const baseUrl = `http://127.0.0.1:${port}/v1`

let runs = 0
/** One whole process; of several that a command starts the processor time is added up. */
const measured = async (
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<{ readonly sample: Sample; readonly output: string }> => {
  const usage = join(folder, `usage-${runs++}`)
  mkdirSync(usage)
  const start = performance.now()
  const child = spawn(command, args, {
    env: {
      ...process.env,
      ...env,
      NODE_OPTIONS: `--import=${join(here, "usage.mjs")}`,
      SPILLWAY_BENCH_USAGE: usage
    },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  child.stdout.on("data", (text) => {
    output += String(text)
  })
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve))
  const wallSeconds = (performance.now() - start) / 1000
  // promptfoo ends with 100 where some evaluation has failed, as half of these do.
  if (code !== 0 && code !== 100) throw new Error(`${args[0] ?? command} ended with ${code}`)
  const used = readdirSync(usage).map(
    (file): Omit<Sample, "wallSeconds"> => JSON.parse(readFileSync(join(usage, file), "utf8"))
  )
  const cpuSeconds = used.reduce((sum, one) => sum + one.cpuSeconds, 0)
  const peakRssMb = Math.max(...used.map((one) => one.peakRssMb))
  return { sample: { wallSeconds, cpuSeconds, peakRssMb }, output }
}

const checked = (client: string, mean: number): void => {
  if (Math.abs(mean - right) > 1e-9) {
    throw new Error(`${client} found a score of ${mean}, and ${right} is right`)
  }
}

const SOURCE = ["-C", "spillway-source"]

const spillway = async () => {
  const store = join(folder, `store-${runs}.sqlite`)
  const out = join(folder, "spillway.json")
  const bin = join(here, "../../../layers/cli/bin.ts")
  const bench = [...SOURCE, bin, "bench", join(here, "benchmark.ts"), "--data", dataset]
  const ends = ["--store", store, "--json", out, "--concurrency", values.concurrency]
  const { sample } = await measured(process.execPath, [...bench, ...ends, "--base-url", baseUrl], {
    OPENAI_API_KEY: "sk-bench",
    // The responder's quota does not bind, and the others know of none.
    SPILLWAY_RPM: "10000000",
    SPILLWAY_TPM: "100000000000"
  })
  checked("Spillway", JSON.parse(readFileSync(out, "utf8")).arms[0].score.mean)
  return sample
}

const plainScript = async () => {
  const out = join(folder, "plain.json")
  const args = [join(here, "plainScript.ts"), dataset, out, baseUrl, values.concurrency]
  const { output, sample } = await measured(process.execPath, args)
  checked("The plain script", Number(output))
  return sample
}

const promptfooCommand = ["node_modules/.bin/promptfoo", "promptfoo"].find(
  (command) => spawnSync(command, ["--version"]).status === 0
)

const promptfoo = async (command: string) => {
  const config = join(folder, "promptfoo.json")
  const out = join(folder, "promptfoo-results.json")
  const parameters = { apiBaseUrl: baseUrl, max_completion_tokens: MAX_TOKENS }
  writeFileSync(
    config,
    JSON.stringify({
      prompts: ["{{question}}"],
      providers: [{ id: `openai:chat:${MODEL}`, config: parameters }],
      tests: items.map((vars) => ({
        vars,
        assert: [
          {
            type: "javascript",
            value: String.raw`(output.match(/-?\d+(\.\d+)?/g) ?? []).at(-1) === context.vars.answer`
          }
        ]
      }))
    })
  )
  const args = ["eval", "-c", config, "-j", values.concurrency, "--no-cache", "--no-table"]
  const { sample } = await measured(command, [...args, "--no-progress-bar", "-o", out], {
    OPENAI_API_KEY: "sk-bench",
    PROMPTFOO_CONFIG_DIR: join(folder, "promptfoo"),
    PROMPTFOO_DISABLE_TELEMETRY: "1",
    PROMPTFOO_DISABLE_UPDATE: "1"
  })
  const { successes, failures } = JSON.parse(readFileSync(out, "utf8")).results.stats
  checked("promptfoo", successes / (successes + failures))
  return sample
}

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
const round = (value: number) => Number(value.toFixed(3))
const medians = (samples: ReadonlyArray<Sample>): Sample => ({
  wallSeconds: round(median(samples.map((one) => one.wallSeconds))),
  cpuSeconds: round(median(samples.map((one) => one.cpuSeconds))),
  peakRssMb: round(median(samples.map((one) => one.peakRssMb)))
})

try {
  const ours: Array<Sample> = []
  const theirs: Array<Sample> = []
  for (let n = 0; n < Number(values.rounds); n++) {
    ours.push(await spillway())
    theirs.push(await plainScript())
  }
  const foo = promptfooCommand === undefined ? undefined : await promptfoo(promptfooCommand)
  const pairs = ours.map((one, n) => one.wallSeconds / (theirs[n]?.wallSeconds ?? Number.NaN))
  const result = {
    spillway: medians(ours),
    plainScript: medians(theirs),
    ...(foo === undefined ? {} : { promptfoo: medians([foo]) }),
    /** Of the wall times, Spillway's to the other's. */
    ratios: {
      plainScript: round(median(pairs)),
      ...(foo === undefined
        ? {}
        : { promptfoo: round(median(ours.map((one) => one.wallSeconds / foo.wallSeconds))) })
    }
  }
  if (values.json) console.log(JSON.stringify(result))
  else {
    const { ratios, ...clients } = result
    console.table(clients)
    console.log(`Wall time: ${ratios.plainScript} of the plain script's (goal: 1.2)`)
    if (ratios.promptfoo !== undefined) {
      console.log(`Wall time: ${ratios.promptfoo} of promptfoo's (goal: 0.15)`)
    }
  }
} finally {
  responder.disconnect()
  rmSync(folder, { recursive: true, force: true })
}
