/**
 * What limiter and breaker cost a request that waits for neither, in CPU: the calls that `layers/generate/Attempt.ts` makes
 * of them, with the head of an answer that tells its quota, around a request that does nothing. In a process of its own.
 */
import { Effect, Layer } from "effect"
import { ActiveRun, RateLimitConfig } from "spillway"
import { CircuitBreaker } from "spillway/circuit-breaker/CircuitBreaker"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import { PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"

const ROUNDS = 15
const REQUESTS = 20_000

const pool = PoolId("bench/gpt-4o-mini")
const model = "gpt-4o-mini"
const head = {
  status: 200,
  headers: {
    "content-type": "application/json",
    "x-request-id": "req_bench",
    "openai-processing-ms": "5",
    "x-ratelimit-limit-requests": "100000000",
    "x-ratelimit-limit-tokens": "100000000000",
    "x-ratelimit-remaining-requests": "99999999",
    "x-ratelimit-remaining-tokens": "99999999900",
    "x-ratelimit-reset-requests": "1ms",
    "x-ratelimit-reset-tokens": "1ms"
  },
  requestId: "req_bench"
}

const settings = Layer.succeed(RateLimitConfig.RateLimitConfig, {
  ...RateLimitConfig.defaults,
  requestsPerMinute: 100_000_000,
  tokensPerMinute: 100_000_000_000
})

const program = Effect.gen(function* () {
  const limiter = yield* RateLimiter
  const breaker = yield* CircuitBreaker
  const run = ActiveRun.ephemeral()
  const demand = {
    pool,
    model,
    run,
    lane: "fresh",
    charge: { requests: 1, tokens: 100 }
  } as const
  const answered = () => "success" as const
  const request = Effect.andThen(
    breaker.ready(pool, run, model),
    limiter.withPermit(demand, (permit) =>
      breaker.protect(
        pool,
        Effect.sync(() => {
          permit.sent()
          permit.observe(head)
        }),
        answered
      )
    )
  )
  const micros: Array<number> = []
  for (let round = -2; round < ROUNDS; round++) {
    const cpu = process.cpuUsage()
    for (let sent = 0; sent < REQUESTS; sent++) yield* request
    const { user, system } = process.cpuUsage(cpu)
    // The first rounds are for the compiler.
    if (round >= 0) micros.push((user + system) / REQUESTS)
  }
  return micros.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0
})

const services = Layer.mergeAll(MemoryRateLimiter.layer, MemoryCircuitBreaker.layer)
const micros = await Effect.runPromise(Effect.provide(program, Layer.provide(services, settings)))
process.send?.(micros)
process.disconnect?.()
