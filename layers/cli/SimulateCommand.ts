/** `spillway simulate`: the simulated OpenAI as a server that any client can talk to. */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import * as Dataset from "../../src/benchmark/Dataset.ts"
import * as SimulatedTargets from "../../src/benchmark/SimulatedTargets.ts"
import { fromTargets } from "../../src/simulator/BenchmarkResponder.ts"
import * as HttpSimulator from "../simulator/HttpSimulator.ts"
import * as BenchmarkFile from "./BenchmarkFile.ts"
import * as Flags from "./Flags.ts"
import * as RunSettings from "./RunSettings.ts"

const flags = {
  port: Flag.Int("port").pipe(
    Flag.withDescription("Port to listen on; 0 for any that is free"),
    Flag.withMetavar("PORT"),
    Flag.withDefault(8787)
  ),
  host: Flag.String("host").pipe(
    Flag.withDescription("Address to listen on (default 127.0.0.1: this machine only)"),
    Flag.withMetavar("ADDRESS"),
    Flag.optional
  ),
  seed: Flags.seed,
  tier: Flags.tier,
  faults: Flags.faults,
  latency: Flag.Finite("latency").pipe(
    Flag.withDescription("Factor on all delays: 1 is realistic (default), 0 answers at once"),
    Flag.withMetavar("FACTOR"),
    Flag.optional
  ),
  benchmark: Flag.String("benchmark").pipe(
    Flag.withDescription("Benchmark file whose targets the simulated model knows"),
    Flag.withMetavar("FILE"),
    Flag.optional
  ),
  data: Flags.data
}

export const simulate = Command.make(
  "simulate",
  flags,
  Effect.fn(function* (asked) {
    const { benchmark, data, ...options } = RunSettings.given(asked)
    const responder =
      benchmark === undefined ? {} : { responder: yield* responderOf(benchmark, data) }
    yield* Effect.scoped(
      Effect.gen(function* () {
        const server = yield* HttpSimulator.fromFlags({ ...options, ...responder })
        yield* Console.log(`Simulated OpenAI (seed ${server.seed}) on ${server.url}`)
        yield* Console.log(`  export OPENAI_BASE_URL=${server.url} OPENAI_API_KEY=sk-simulated`)
        yield* Console.log("  Ctrl-C ends it.")
        yield* Effect.never
      })
    )
  })
).pipe(
  Command.withDescription("Serve a simulated OpenAI over HTTP: limits, latency, faults, usage")
)

const responderOf = Effect.fnUntraced(function* (file: string, data: string | undefined) {
  const benchmark = yield* BenchmarkFile.load(file)
  const dataset = Dataset.at(benchmark.dataset, data)
  const { lookup, targets } = yield* SimulatedTargets.load(benchmark, { dataset })
  return fromTargets(lookup, { targets })
})
