/**
 * G11: a million items, 2,000 in flight, real clock, loopback. What the limiter's own scheduling adds, how far memory grows
 * once everything is warm, and whether each item costs a timer. Marks: p99 of the delay at most 1 ms, growth at most
 * 100 MB, no timer an item. The delay is defined in `g11/SchedulerDelay.ts`, the growth in `g11/Memory.ts`.
 *
 * `npm run -s bench:admission -- --scenario G11 --json`; `--items N` (default 1000000), `--in-flight N` (default 2000).
 */
import { fork } from "node:child_process"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Sample } from "./g11/client.ts"

/** A minute's quota: more than a machine can send. */
const REQUESTS_PER_MINUTE = "100000000"
const TOKENS_PER_MINUTE = "100000000000"

const start = (file: string, args: ReadonlyArray<string>) =>
  fork(join(import.meta.dirname, "g11", file), [...args], {
    execArgv: ["-C", "spillway-source", "--expose-gc"]
  })

const message = <A>(child: ReturnType<typeof start>): Promise<A> =>
  new Promise((resolve, reject) => {
    child.once("message", (value) => resolve(value as A))
    child.once("exit", (code) => reject(new Error(`A child process ended with ${code}`)))
  })

/** The number that an option asks for, or its default. */
const whole = (flag: string, given: unknown, otherwise: number, most: number): number => {
  if (given === undefined) return otherwise
  const number = Number(given)
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new Error(`--${flag}: "${String(given)}" is no whole number from 1 to ${most}.`)
  return number
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))

export const main = async (args: { json: boolean } & Record<string, unknown>): Promise<void> => {
  const items = whole("items", args.items, 1_000_000, 1e9)
  const inFlight = whole("in-flight", args["in-flight"], 2_000, 20_000)
  const responder = start("responder.ts", [REQUESTS_PER_MINUTE, TOKENS_PER_MINUTE])
  try {
    const port = await message<number>(responder)
    const numbers = [port, items, inFlight].map(String)
    const sample = await message<Sample>(
      start("client.ts", [...numbers, REQUESTS_PER_MINUTE, TOKENS_PER_MINUTE])
    )
    const result = {
      scenario: "G11",
      items,
      inFlight,
      p99SchedulerDelayMs: round(sample.p99SchedulerDelayMs, 4),
      rssGrowthMb: round(sample.memory.growth, 1),
      itemsPerSecond: round(sample.itemsPerSecond, 0),
      p50SchedulerDelayMs: round(sample.p50SchedulerDelayMs, 4),
      maxSchedulerDelayMs: round(sample.maxSchedulerDelayMs, 2),
      waitedShare: round(sample.waited, 3),
      peakRssGrowthMb: round(sample.memory.peakGrowth, 1),
      keptGrowthMb: round(sample.memory.keptGrowth, 1),
      timersPerItem: round(sample.timersPerItem, 5)
    }
    if (args.json) console.log(JSON.stringify(result))
    else console.table(result)
  } finally {
    responder.disconnect()
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      items: { type: "string" },
      "in-flight": { type: "string" }
    }
  })
  await main(values)
}
