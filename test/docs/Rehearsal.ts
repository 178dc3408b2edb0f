/** A benchmark as `spillway bench --offline` runs it with its defaults, in this process and without its delays. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import type * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as SimulatedTargets from "spillway/benchmark/SimulatedTargets"
import * as Offline from "spillway/layers/presets/Offline"
import { fromTargets } from "spillway/simulator/BenchmarkResponder"

export const rehearse = <Item, Answer>(
  benchmark: Benchmark.Benchmark<Item, Answer>,
  options: BenchmarkRun.Options = {}
) =>
  Effect.gen(function* () {
    const { lookup, targets } = yield* SimulatedTargets.load(benchmark)
    const responder = fromTargets(lookup, { targets })
    return yield* BenchmarkRun.execute(benchmark, options).pipe(
      Effect.provide(Offline.layer({ seed: 1, tier: "unlimited", latency: 0, responder }))
    )
  }).pipe(Effect.provide(NodeServices.layer))
