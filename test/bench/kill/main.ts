/**
 * Kills the demo with -9 at random moments, then lets it finish, against a simulated provider of its own process:
 * `npm run -s bench:kill`, or `npm run -s bench:kill -- KILLS SEED` (default 10 kills).
 */
import { Effect, Random } from "effect"
import { kill } from "../../cli/Kill.ts"

const [kills = "10", seed = "kill"] = process.argv.slice(2)
const concurrency = 8

const { report, timesAnswered, ...counts } = await Effect.runPromise(
  kill({ kills: Number(kills), concurrency, latency: 0.5 }).pipe(Random.withSeed(seed))
)
const once = timesAnswered.filter((times) => times === 1).length
const { items, unknownOutcome } = report.requests
const right =
  once === items &&
  counts.paidAgain <= counts.openAtKills &&
  unknownOutcome === counts.openAtLastKill
console.log(
  JSON.stringify({ kills: Number(kills), items, answeredOnce: once, ...counts, unknownOutcome })
)
console.log(right ? "Every item was answered once." : "Something was lost or paid for nothing.")
process.exitCode = right ? 0 : 1
