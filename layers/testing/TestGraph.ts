/** The whole graph of real parts over a scripted provider: what a test of a program built on Spillway provides. */
import { Layer } from "effect"
import { defaults, RateLimitConfig } from "../../src/config/RateLimitConfig.ts"
import * as MemoryCheckpointStore from "../checkpoint/MemoryCheckpointStore.ts"
import * as MemoryCircuitBreaker from "../circuit-breaker/MemoryCircuitBreaker.ts"
import * as MemoryBudget from "../cost/MemoryBudget.ts"
import * as OnlineGenerate from "../generate/OnlineGenerate.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as MemoryRateLimiter from "../rate-limit/MemoryRateLimiter.ts"
import * as EstimateTokenizer from "../tokens/EstimateTokenizer.ts"
import * as ScriptedOpenAiTransport from "../transport/ScriptedOpenAiTransport.ts"

/** A quota that no test reaches by accident: a million requests and a billion tokens a minute, from the start. */
const plenty = Layer.succeed(RateLimitConfig, {
  ...defaults,
  requestsPerMinute: 1_000_000,
  tokensPerMinute: 1_000_000_000
})

/**
 * `Generate`, store, limiter, breaker, budget and catalogue as in production, in memory; the script answers every call:
 * a list of steps, or a function of the call and its number. What was sent is in `ScriptedCalls`.
 */
export const layer = (script: ScriptedOpenAiTransport.Script) =>
  OnlineGenerate.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        MemoryRateLimiter.layer,
        MemoryCircuitBreaker.layer,
        MemoryBudget.layer,
        EstimateTokenizer.layer,
        ScriptedOpenAiTransport.layer(script),
        BuiltInModelCatalog.layer,
        MemoryCheckpointStore.layer
      )
    ),
    Layer.provide(plenty)
  )
