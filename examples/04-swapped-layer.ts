/**
 * A program (`headline.ts`) with one layer swapped: a tokenizer that only estimates takes the place of the exact one,
 * which would load 200 MB when asked to count. Any other line can be swapped alike, for a layer of Spillway or your own;
 * the program does not change. Its test, beside this file, swaps the provider.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as MemoryBudget from "spillway/layers/cost/MemoryBudget"
import * as OnlineGenerate from "spillway/layers/generate/OnlineGenerate"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import * as EstimateTokenizer from "spillway/layers/tokens/EstimateTokenizer"
import * as SimulatedOpenAiTransport from "spillway/layers/transport/SimulatedOpenAiTransport"
import { headline } from "./headline.ts"

const parts = Layer.mergeAll(
  SimulatedOpenAiTransport.layer({ seed: 4 }),
  BuiltInModelCatalog.layer,
  EstimateTokenizer.layer, // instead of JsTiktokenTokenizer.layer
  MemoryRateLimiter.layer,
  MemoryCircuitBreaker.layer,
  MemoryBudget.layer,
  MemoryCheckpointStore.layer
)

const program = Effect.flatMap(
  headline("The reservoir was full by May, and the spillway ran for the first time in ten years."),
  Console.log
)

program.pipe(Effect.provide(OnlineGenerate.layer.pipe(Layer.provide(parts))), NodeRuntime.runMain)
