import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import { defaults, RateLimitConfig, type RateLimits } from "spillway/config/RateLimitConfig"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import { PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"
import * as ServerModel from "./ServerModel.ts"

interface Scenario {
  readonly tier: ServerModel.Tier
  readonly workers: number
  readonly minutes: number
  readonly seed: number
  readonly settings?: Partial<RateLimits>
  readonly change?: { readonly atMinute: number; readonly tier: ServerModel.Tier }
  /** Output bound of every request; by default 256, 1024 or 4096. */
  readonly output?: number
}

const normal = Effect.gen(function* () {
  const [u, v] = [yield* Random.next, yield* Random.next]
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v)
})

/** Prompt tokens lognormal around 600, an output bound, and the way there and back of 10 to 40 ms each. */
const request = (output: number | undefined) =>
  Effect.gen(function* () {
    const prompt = Math.round(600 * Math.exp(0.8 * (yield* normal)))
    const u = yield* Random.next
    const bound = output ?? (u < 0.5 ? 256 : u < 0.9 ? 1024 : 4096)
    const charge = output === undefined ? Math.max(prompt, bound) : output
    return {
      charge,
      there: yield* Random.nextBetween(10, 40),
      back: yield* Random.nextBetween(10, 40),
      generating: 300 + bound / 0.08
    }
  })

/** Workers that always have another request, against one server, on a virtual clock. */
const drive = (scenario: Scenario) =>
  Effect.gen(function* () {
    const limiter = yield* RateLimiter
    const clock = yield* Clock.Clock
    const run = RunSignal.make({ id: "r" })
    const server = ServerModel.make(scenario.tier, clock.currentTimeMillisUnsafe())
    let avoidable = 0
    let changeSeen: number | undefined
    const one = Effect.gen(function* () {
      const { back, charge, generating, there } = yield* request(scenario.output)
      yield* limiter.withPermit(
        {
          pool: PoolId("account/model"),
          model: "model",
          run,
          charge: { requests: 1, tokens: charge },
          lane: "fresh"
        },
        (permit) =>
          Effect.gen(function* () {
            permit.sent()
            const sentAt = clock.currentTimeMillisUnsafe()
            yield* Effect.sleep(there)
            const answer = server.arrive(charge, clock.currentTimeMillisUnsafe())
            yield* Effect.sleep(back + (answer.status === 200 ? generating : 0))
            if (answer.status === 429 && changeSeen !== undefined && sentAt > changeSeen)
              avoidable++
            const told = answer.headers["x-ratelimit-limit-tokens"]
            if (scenario.change !== undefined && told === `${scenario.change.tier.tokensPerMinute}`)
              changeSeen ??= clock.currentTimeMillisUnsafe()
            permit.observe(answer)
          })
      )
    })
    const workers = yield* Effect.forkChild(
      Effect.forEach(Array(scenario.workers).keys(), () => Effect.forever(one), {
        concurrency: "unbounded",
        discard: true
      })
    )
    const until = (minute: number) => TestClock.adjust(`${minute} minutes`)
    if (scenario.change === undefined) {
      yield* until(scenario.minutes)
    } else {
      yield* until(scenario.change.atMinute)
      server.setLimits(scenario.change.tier, clock.currentTimeMillisUnsafe())
      yield* until(scenario.minutes - scenario.change.atMinute)
    }
    yield* Fiber.interrupt(workers)
    const minutes = (tier: keyof ServerModel.Tier) => {
      const { change, tier: first } = scenario
      const before = change?.atMinute ?? scenario.minutes
      return first[tier] * (1 + before) + (change?.tier[tier] ?? 0) * (scenario.minutes - before)
    }
    return {
      utilisation: Math.max(
        server.served.tokens / minutes("tokensPerMinute"),
        server.served.requests / minutes("requestsPerMinute")
      ),
      avoidable,
      ...server.served
    }
  }).pipe(
    Effect.provide(MemoryRateLimiter.layer),
    Effect.provideService(RateLimitConfig, {
      ...defaults,
      maxInFlight: 10_000,
      ...scenario.settings
    }),
    Random.withSeed(scenario.seed)
  )

const known = (tier: ServerModel.Tier): Partial<RateLimits> => ({ ...tier })

describe("the mirror against a server's buckets, 10 virtual minutes", () => {
  for (const [name, scenario] of Object.entries<Omit<Scenario, "seed">>({
    "small tier": {
      tier: ServerModel.small,
      workers: 150,
      minutes: 10,
      settings: known(ServerModel.small)
    },
    "large tier": {
      tier: ServerModel.large,
      workers: 600,
      minutes: 10,
      settings: known(ServerModel.large)
    },
    "large tier, nothing held back": {
      tier: ServerModel.large,
      workers: 600,
      minutes: 10,
      settings: { ...known(ServerModel.large), headroom: 0 }
    },
    "large tier, cold start": { tier: ServerModel.large, workers: 600, minutes: 10 },
    "requests bind": { tier: ServerModel.small, workers: 80, minutes: 10, output: 20 }
  })) {
    for (const seed of scenario.tier === ServerModel.small ? [1, 2, 3] : [1]) {
      it.effect(
        `uses at least 98% of the quota (row 10) without a 429: ${name}, seed ${seed}`,
        () =>
          Effect.gen(function* () {
            const result = yield* drive({ ...scenario, seed })
            assert.strictEqual(result.rateLimited, 0)
            assert.isAtLeast(result.utilisation, 0.98)
          })
      )
    }
  }

  for (const [name, factor] of [
    ["halves", 0.5],
    ["doubles", 2],
    ["falls to a tenth", 0.1]
  ] as const) {
    it.effect(`follows a limit that ${name}`, () =>
      Effect.gen(function* () {
        const { large } = ServerModel
        const tier = {
          requestsPerMinute: large.requestsPerMinute * factor,
          tokensPerMinute: large.tokensPerMinute * factor
        }
        const change = { atMinute: 5, tier }
        const result = yield* drive({ tier: large, workers: 1200, minutes: 10, seed: 3, change })
        assert.strictEqual(result.avoidable, 0)
        assert.isAtLeast(result.utilisation, 0.97)
        assert.isAtMost(result.rateLimited, result.requests * 0.005)
      })
    )
  }
})
