/**
 * A program with one layer swapped: the tokenizer that only estimates takes the place of the exact one, which would load
 * 200 MB when asked to count. Whatever port is swapped, the program itself does not change; its test, beside this file,
 * swaps the provider.
 */
import { pathToFileURL } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import { Generate, GenerateRequest } from "spillway"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as MemoryBudget from "spillway/layers/cost/MemoryBudget"
import * as OnlineGenerate from "spillway/layers/generate/OnlineGenerate"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import * as EstimateTokenizer from "spillway/layers/tokens/EstimateTokenizer"
import * as SimulatedOpenAiTransport from "spillway/layers/transport/SimulatedOpenAiTransport"

/** The program: it asks for `Generate` and knows nothing of what answers. */
export const headline = Effect.fn("headline")(function* (article: string) {
  const response = yield* Generate.generate(
    GenerateRequest.make({
      model: "gpt-4o-mini",
      system: "Answer with a headline of at most eight words.",
      prompt: article,
      maxOutputTokens: 30
    })
  )
  return response.text.trim() === "" ? "(no headline)" : response.text.trim()
})

const parts = Layer.mergeAll(
  SimulatedOpenAiTransport.layer({ seed: 4 }),
  BuiltInModelCatalog.layer,
  EstimateTokenizer.layer,
  MemoryRateLimiter.layer,
  MemoryCircuitBreaker.layer,
  MemoryBudget.layer,
  MemoryCheckpointStore.layer
)

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  headline(
    "The reservoir was full by May, and the spillway ran for the first time in ten years."
  ).pipe(
    Effect.flatMap(Console.log),
    Effect.provide(OnlineGenerate.layer.pipe(Layer.provide(parts))),
    NodeRuntime.runMain
  )
}
