/** The simulated provider in a process of its own; tells its parent the base URL. */
import { Effect } from "effect"
import * as HttpSimulator from "spillway/layers/simulator/HttpSimulator"

const [seed = "1", latency = "1"] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const server = yield* HttpSimulator.make({
    seed: Number(seed),
    tier: "2",
    latency: Number(latency)
  })
  yield* Effect.sync(() => process.send?.(server.url))
  return yield* Effect.never
})

process.on("disconnect", () => process.exit(0))
Effect.runFork(Effect.scoped(program))
