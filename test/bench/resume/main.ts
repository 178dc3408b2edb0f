/**
 * How long a large run takes to go on: from opening the store until the first item without an answer is dispatched, in a
 * process of its own, by the whole online graph. `npm run -s bench:resume -- --items 1000000 --json` prints one line
 * `{ items, resumeSeconds, cpuSeconds, peakRssMb, benchmark }`. The figures are those of `Run.deliver`; every item but the
 * LAST is answered and delivered, so that nothing is gained by looking at the beginning only. `benchmark` has the same of
 * `BenchmarkRun.execute` over a JSONL file, its pass over the whole dataset before anything is sent included.
 *
 * The store is filled beforehand by the same code with a `Generate` that answers at once, and holds all that a real run
 * writes: intents, answers, deliveries, blocks. Starting Node and loading modules (about a second) is not in the figures;
 * `peakRssMb` is the whole process's. The files were just written, so they are in the system's cache. `--items N` (default
 * 100,000), `--store sqlite|postgres` (default sqlite: a file in the system's temporary folder; 1 GB for a million items),
 * `--only run|benchmark`, `--json`.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import * as Items from "./Items.ts"
import * as PostgresStore from "./PostgresStore.ts"

interface Measured {
  readonly resumeSeconds: number
  /** User and system time of all threads. */
  readonly cpuSeconds: number
  readonly peakRssMb: number
}

const { values } = parseArgs({
  options: {
    items: { type: "string", default: "100000" },
    store: { type: "string", default: "sqlite" },
    only: { type: "string" },
    json: { type: "boolean", default: false }
  }
})
const items = Number(values.items)
if (!Number.isInteger(items) || items < 1) throw new Error("--items must be a whole number from 1.")
if (!["sqlite", "postgres"].includes(values.store)) {
  throw new Error("--store must be sqlite or postgres.")
}
if (values.only !== undefined && !["run", "benchmark"].includes(values.only)) {
  throw new Error("--only must be run or benchmark.")
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "spillway-resume-"))
const dataset = path.join(folder, "items.jsonl")
const prefixes: Array<string> = []

const writeDataset = () => {
  const file = fs.openSync(dataset, "w")
  for (let from = 0; from < items; from += 10_000) {
    const rows = Array.from({ length: Math.min(10_000, items - from) }, (_, n) =>
      JSON.stringify({ question: Items.questionOf(from + n), answer: String((from + n) % 97) })
    )
    fs.writeSync(file, `${rows.join("\n")}\n`)
  }
  fs.closeSync(file)
}

const measure = (kind: "run" | "benchmark"): Measured => {
  const prefix = `bench_${kind}_${process.pid}_`
  const place = values.store === "postgres" ? prefix : path.join(folder, `${kind}.sqlite`)
  if (values.store === "postgres") prefixes.push(prefix)
  const step = (name: string): string =>
    execFileSync(
      process.execPath,
      [
        ...["-C", "spillway-source", path.join(import.meta.dirname, "one.ts")],
        ...[name, kind, String(items), values.store, place, dataset]
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }
    )
  const began = performance.now()
  step("fill")
  if (!values.json) {
    const seconds = Math.round((performance.now() - began) / 1000)
    console.error(`${kind}: filled a store with ${items - 1} answers in ${seconds} s`)
  }
  return JSON.parse(step("resume"))
}

try {
  const run = values.only === "benchmark" ? undefined : measure("run")
  if (values.only !== "run") writeDataset()
  const benchmark = values.only === "run" ? undefined : measure("benchmark")
  console.log(JSON.stringify({ items, ...run, benchmark }))
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
  await Effect.runPromise(Effect.forEach(prefixes, PostgresStore.drop))
}
