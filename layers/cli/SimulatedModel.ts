/** The simulated model of a benchmark: it knows the benchmark's targets, and gives most of them. */
import { Effect } from "effect"
import type { Benchmark } from "../../src/benchmark/Benchmark.ts"
import * as Dataset from "../../src/benchmark/Dataset.ts"
import type * as Samples from "../../src/benchmark/Samples.ts"
import * as SimulatedTargets from "../../src/benchmark/SimulatedTargets.ts"
import { fromTargets } from "../../src/simulator/BenchmarkResponder.ts"

/** @param data another dataset file than the benchmark's own */
export const responder = Effect.fnUntraced(function* (
  benchmark: Benchmark<unknown, unknown>,
  data: string | undefined,
  options: Omit<Samples.Options, "dataset"> = {}
) {
  const dataset = Dataset.at(benchmark.dataset, data)
  const { lookup, targets } = yield* SimulatedTargets.load(benchmark, { ...options, dataset })
  return fromTargets(lookup, { targets })
})
