/**
 * Runs the demo's benchmark in three arms (temperatures 0, 0.7 and 1) and two repeats twice with one seed: uninterrupted,
 * and killed with -9 at random moments and then finished, against a simulated provider of its own process:
 * `npm run -s bench:kill-report`. The two reports must be equal, field by field, but for what belongs to time and to the
 * kills (`test/report/Differences.ts`); exit code 1 if they are not.
 *
 * `-- --kills N` (default 5), `--seed N` (of the provider's answers, default 1), `--moments TEXT` (seed of the moments,
 * default `kill`), `--data FILE` (another dataset, as GSM8K's `test.jsonl`), `--limit N` (items, default all),
 * `--mode online|batch|hybrid`, `--offline` (the provider lives in each process, and is killed with it),
 * `--concurrency N` (default 64), `--latency FACTOR` (on the provider's delays, default 0.25), `--json` (no verdict in words).
 */
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { Effect, Random } from "effect"
import { killReport } from "../../cli/KillReport.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    moments: { type: "string", default: "kill" },
    data: { type: "string" },
    limit: { type: "string" },
    mode: { type: "string", default: "online" },
    offline: { type: "boolean", default: false },
    concurrency: { type: "string", default: "64" },
    latency: { type: "string", default: "0.25" },
    json: { type: "boolean", default: false }
  }
})
const { data, json, limit, mode, moments, offline } = values
if (mode !== "online" && mode !== "batch" && mode !== "hybrid") {
  throw new Error("--mode is online, batch or hybrid")
}

const whole = (name: "kills" | "seed" | "concurrency" | "limit", text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} is a whole number`)
  return value
}

const began = performance.now()
const outcome = await Effect.runPromise(
  killReport({
    kills: whole("kills", values.kills),
    seed: whole("seed", values.seed),
    concurrency: whole("concurrency", values.concurrency),
    latency: Number(values.latency),
    data: data === undefined ? undefined : resolve(data),
    limit: limit === undefined ? undefined : whole("limit", limit),
    ...{ mode, offline }
  }).pipe(Random.withSeed(moments))
)
const { differences, killed, paidAgain, resumed } = outcome
const equal = differences.length === 0
const usd = (route: "onlineUsd" | "batchUsd"): number =>
  Number(resumed.arms.reduce((sum, { cost }) => sum + (cost?.[route] ?? 0), 0).toFixed(6))
console.log(
  JSON.stringify({
    ...{ mode, offline, killed },
    requests: resumed.requests.items,
    fromStore: resumed.requests.fromStore,
    paidAgain,
    ...{ onlineUsd: usd("onlineUsd"), batchUsd: usd("batchUsd") },
    scores: Object.fromEntries(resumed.arms.map(({ label, score }) => [label, score.mean])),
    seconds: Math.round((performance.now() - began) / 100) / 10,
    equal,
    differences: differences.slice(0, 20)
  })
)
if (!json) {
  console.log(
    equal
      ? `After ${killed} kills the report is that of the uninterrupted run.`
      : `After ${killed} kills ${differences.length} fields of the report differ.`
  )
}
process.exitCode = equal ? 0 : 1
