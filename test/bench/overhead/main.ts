/**
 * What the full stack costs per request beside the bare `openai` SDK and raw undici: `npm run -s bench:overhead`.
 * A fast responder in its own process; the three clients in processes of their own, interleaved round by round, so that a
 * machine that grows slower does so for all. Ratios are medians over the rounds' own pairs. Beside that, what limiter and
 * breaker alone cost a request that waits for neither (`admission.ts`): the goal is 20 µs at most.
 *
 * `-- --json` prints one line; `--requests N` (default 10000, after as many to warm up), `--rounds N` (default 5), `--concurrency N` (default 64).
 */
import { fork } from "node:child_process"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Sample } from "./client.ts"

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    requests: { type: "string", default: "10000" },
    rounds: { type: "string", default: "5" },
    concurrency: { type: "string", default: "64" }
  }
})

const KINDS = ["undici", "openai", "spillway"] as const
type Kind = (typeof KINDS)[number]

const start = (file: string, args: ReadonlyArray<string>) =>
  fork(join(import.meta.dirname, file), [...args], { execArgv: ["-C", "spillway-source"] })

const message = <A>(child: ReturnType<typeof start>): Promise<A> =>
  new Promise((resolve, reject) => {
    child.once("message", (value) => resolve(value as A))
    child.once("exit", (code) => reject(new Error(`A child process ended with ${code}`)))
  })

const responder = start("responder.ts", [])
const port = await message<number>(responder)
const rounds: Array<Record<Kind, Sample>> = []
for (let round = 0; round < Number(values.rounds); round++) {
  const samples: Partial<Record<Kind, Sample>> = {}
  for (const kind of KINDS) {
    samples[kind] = await message<Sample>(
      start("client.ts", [kind, String(port), values.requests, values.concurrency])
    )
  }
  rounds.push(samples as Record<Kind, Sample>)
}
responder.disconnect()
const limiterBreaker = await message<number>(start("admission.ts", []))

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
const round = (value: number, digits = 0) => Number(value.toFixed(digits))

const medians = (kind: Kind) => ({
  cpuMicrosPerRequest: round(median(rounds.map((one) => one[kind].cpuMicrosPerRequest))),
  requestsPerSecond: round(median(rounds.map((one) => one[kind].requestsPerSecond))),
  peakRssMb: round(median(rounds.map((one) => one[kind].peakRssMb)))
})
const ratio = (other: Kind) =>
  round(
    median(rounds.map((one) => one.spillway.cpuMicrosPerRequest / one[other].cpuMicrosPerRequest)),
    3
  )

const result = {
  undici: medians("undici"),
  openai: medians("openai"),
  spillway: medians("spillway"),
  ratios: { spillwayToOpenai: ratio("openai"), spillwayToUndici: ratio("undici") },
  /** CPU of an uncontended request. */
  limiterBreakerMicros: round(limiterBreaker, 1)
}
if (values.json) console.log(JSON.stringify(result))
else {
  console.table(Object.fromEntries(KINDS.map((kind) => [kind, result[kind]])))
  console.log(
    `CPU per request: ${result.ratios.spillwayToOpenai} of the bare SDK's, ${result.ratios.spillwayToUndici} of raw undici's`
  )
  console.log(`Limiter and breaker: ${result.limiterBreakerMicros} µs of CPU a request (goal: 20)`)
}
