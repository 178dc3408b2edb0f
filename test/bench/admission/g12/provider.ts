/**
 * The simulated provider of G12 in a process of its own: what the judge and the workers do delays no answer. It says its URL
 * when it listens, and its statistics when it is asked for them.
 */
import { Effect } from "effect"
import * as HttpSimulator from "spillway/layers/simulator/HttpSimulator"

/** A minute. Binds eight processes on a small machine: about one request a second each, after the first burst. */
export const TOKENS = 240_000
/** A request is charged 450 tokens on average: those bind. */
const TOKENS_A_REQUEST = 80
/** So that answers do not outlast the run. */
const LATENCY = 0.1

export type Stats = Effect.Success<HttpSimulator.HttpSimulator["Service"]["stats"]>

const serve = Effect.gen(function* () {
  const tokensPerMinute = Number(process.argv[2] ?? TOKENS)
  const limits = { requestsPerMinute: tokensPerMinute / TOKENS_A_REQUEST, tokensPerMinute }
  const server = yield* HttpSimulator.make({ limits, latency: LATENCY })
  const runSync = Effect.runSyncWith(yield* Effect.context<never>())
  process.on("message", () => {
    process.send?.(runSync(server.stats))
  })
  process.send?.(server.url)
  return yield* Effect.never
})

if (import.meta.main) {
  process.on("disconnect", () => process.exit(0))
  Effect.runFork(Effect.scoped(serve))
}
