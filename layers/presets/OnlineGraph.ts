/**
 * The usual parts of answering in real time, over whatever `OpenAiTransport` and `ModelCatalog` are provided. Provide a
 * graph once, at the edge of the program: two of them are two limiters, and send twice the quota. Where `RedisConfig` names
 * a Redis (`SPILLWAY_REDIS_URL`), all graphs of all processes that use it share the quota.
 */
import { Effect, Layer } from "effect"
import { RedisConfig } from "../../src/config/RedisConfig.ts"
import * as NodeSha256 from "../checkpoint/NodeSha256.ts"
import * as MemoryCircuitBreaker from "../circuit-breaker/MemoryCircuitBreaker.ts"
import * as MemoryBudget from "../cost/MemoryBudget.ts"
import * as OnlineGenerate from "../generate/OnlineGenerate.ts"
import * as MemoryRateLimiter from "../rate-limit/MemoryRateLimiter.ts"
import * as RedisRateLimiter from "../rate-limit/RedisRateLimiter.ts"
import * as JsTiktokenTokenizer from "../tokens/JsTiktokenTokenizer.ts"

const rateLimiter = Layer.unwrap(
  Effect.map(RedisConfig, ({ processes = 1, url }) =>
    url === undefined ? MemoryRateLimiter.layer : RedisRateLimiter.layerUrl(url, { processes })
  )
)

export const layer = OnlineGenerate.layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      rateLimiter,
      MemoryCircuitBreaker.layer,
      MemoryBudget.layer,
      JsTiktokenTokenizer.layer,
      NodeSha256.layer
    )
  )
)
