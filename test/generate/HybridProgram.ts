/** All that a program in hybrid mode has, over a provider, a store and a folder that outlive it. */
import { Layer } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as BatchConfig from "spillway/config/BatchConfig"
import * as HybridConfig from "spillway/config/HybridConfig"
import * as RateLimitConfig from "spillway/config/RateLimitConfig"
import * as OpenAiBatchJobs from "spillway/layers/batch-jobs/OpenAiBatchJobs"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as MemoryBudget from "spillway/layers/cost/MemoryBudget"
import * as HybridGenerate from "spillway/layers/generate/HybridGenerate"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as SimulatedBatches from "spillway/layers/presets/SimulatedBatches"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import * as EstimateTokenizer from "spillway/layers/tokens/EstimateTokenizer"
import { OpenAiTransport } from "spillway/transport/OpenAiTransport"
import type * as MemoryDisk from "../batch-jobs/MemoryDisk.ts"

/** Fewer lines are no batch here. */
export const SMALLEST = 20

/** What outlives a program. */
export interface Surroundings {
  readonly transport: OpenAiTransport["Service"]
  readonly store: CheckpointStore["Service"]
  readonly disk: Pick<MemoryDisk.MemoryDisk, "layer">
  readonly settings?: Partial<BatchConfig.BatchSettings>
}

export interface Settings {
  readonly hybrid?: Partial<HybridConfig.HybridSettings>
  readonly limits?: Partial<RateLimitConfig.RateLimits>
  /** The provider ends with each program, and its batches with it. */
  readonly simulated?: boolean
}

/** All that one program has; built anew, it is the program of a later process. */
export const program = (at: Surroundings, { hybrid, limits, simulated = false }: Settings = {}) =>
  Layer.fresh(HybridGenerate.layer).pipe(
    Layer.provideMerge(
      Layer.fresh(simulated ? SimulatedBatches.over(OpenAiBatchJobs.layer) : OpenAiBatchJobs.layer)
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.fresh(MemoryBudget.layer),
        Layer.fresh(MemoryRateLimiter.layer),
        Layer.fresh(MemoryCircuitBreaker.layer),
        EstimateTokenizer.layer,
        BuiltInModelCatalog.layer,
        Layer.succeed(OpenAiTransport, at.transport),
        Layer.succeed(CheckpointStore, at.store)
      )
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.succeed(BatchConfig.BatchConfig, {
          ...BatchConfig.defaults,
          directory: "/spool",
          ...at.settings
        }),
        Layer.succeed(HybridConfig.HybridConfig, {
          ...HybridConfig.defaults,
          smallestBatch: SMALLEST,
          ...hybrid
        }),
        Layer.succeed(RateLimitConfig.RateLimitConfig, {
          ...RateLimitConfig.defaults,
          tokensPerMinute: 10_000_000,
          ...limits
        })
      )
    ),
    Layer.provideMerge(at.disk.layer)
  )
