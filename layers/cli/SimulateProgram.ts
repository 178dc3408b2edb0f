/** What `spillway simulate` does: serves until it is interrupted. Its flags: `SimulateCommand.ts`. */
import { Console, Effect } from "effect"
import { sized } from "../../src/simulator/SizedResponder.ts"
import * as HttpSimulator from "../simulator/HttpSimulator.ts"
import * as BenchmarkFile from "./BenchmarkFile.ts"
import { UsageError } from "./ExitCode.ts"
import * as RunSettings from "./RunSettings.ts"
import type { Asked } from "./SimulateCommand.ts"
import * as SimulatedModel from "./SimulatedModel.ts"

export const run = Effect.fn("simulate")(function* (asked: Asked) {
  const { answerTokens, benchmark, batchLatency, data, enqueuedTokens, ...options } =
    RunSettings.given(asked)
  if (data !== undefined && benchmark === undefined) {
    return yield* new UsageError({
      problem: "--data has no effect without --benchmark.",
      fix: "Name the benchmark that reads the file, or leave it out."
    })
  }
  if (answerTokens !== undefined && benchmark !== undefined) {
    return yield* new UsageError({
      problem: "--answer-tokens has no effect with --benchmark, whose targets are the answers.",
      fix: "Leave out one of them."
    })
  }
  const responder =
    benchmark !== undefined
      ? { responder: yield* SimulatedModel.responder(yield* BenchmarkFile.load(benchmark), data) }
      : answerTokens !== undefined
        ? { responder: sized({ median: answerTokens }) }
        : {}
  const batch = {
    ...(batchLatency === undefined ? {} : { scale: batchLatency }),
    ...(enqueuedTokens === undefined ? {} : { enqueuedTokens })
  }
  const server = yield* HttpSimulator.fromFlags({ ...options, ...responder, batch })
  yield* Console.log(`Simulated OpenAI (seed ${server.seed}) on ${server.url}`)
  yield* Console.log(`  export OPENAI_BASE_URL=${server.url} OPENAI_API_KEY=sk-simulated`)
  yield* Console.log("  Ctrl-C ends it.")
  return yield* Effect.never
}, Effect.scoped)
