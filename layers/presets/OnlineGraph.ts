/**
 * The usual parts of answering in real time, over whatever `OpenAiTransport` and `ModelCatalog` are provided. Provide a
 * graph once, at the edge of the program: two of them are two limiters, and send twice the quota.
 */
import { Layer } from "effect"
import * as NodeSha256 from "../checkpoint/NodeSha256.ts"
import * as MemoryCircuitBreaker from "../circuit-breaker/MemoryCircuitBreaker.ts"
import * as MemoryBudget from "../cost/MemoryBudget.ts"
import * as OnlineGenerate from "../generate/OnlineGenerate.ts"
import * as MemoryRateLimiter from "../rate-limit/MemoryRateLimiter.ts"
import * as JsTiktokenTokenizer from "../tokens/JsTiktokenTokenizer.ts"

export const layer = OnlineGenerate.layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      MemoryRateLimiter.layer,
      MemoryCircuitBreaker.layer,
      MemoryBudget.layer,
      JsTiktokenTokenizer.layer,
      NodeSha256.layer
    )
  )
)
