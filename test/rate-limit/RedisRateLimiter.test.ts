/** Needs a Redis at 127.0.0.1:6379; skipped where there is none, except in CI. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Deferred, Effect, Fiber, Layer, Logger, Redacted } from "effect"
import * as Redis from "effect/persistence/Redis"
import { defaults, RateLimitConfig, type RateLimits } from "spillway/config/RateLimitConfig"
import { RunStopped } from "spillway/error/RunStopped"
import * as RedisRateLimiter from "spillway/layers/rate-limit/RedisRateLimiter"
import { type Demand, PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"
import { rateLimiterContract } from "../contracts/RateLimiterContract.ts"
import * as Server from "./RedisServer.ts"

type Limiter = RateLimiter["Service"]

const contractLayer = (
  layerOf: (prefix: string) => Layer.Layer<RateLimiter, never, Redis.Redis>
): Layer.Layer<RateLimiter> =>
  Layer.unwrap(Effect.map(Server.prefix, layerOf)).pipe(Layer.provide(Server.client), Layer.orDie)

const pool = PoolId("account/model")

const demand = (over: Partial<Demand> = {}): Demand => ({
  pool,
  model: "model",
  run: RunSignal.make({ id: "r" }),
  charge: { requests: 1, tokens: 100 },
  lane: "fresh",
  ...over
})

/** One process: a limiter with a connection of its own. */
const processOf = (prefix: string, settings: Partial<RateLimits> = {}, url = Server.URL) =>
  Effect.map(
    Layer.build(
      Layer.fresh(
        RedisRateLimiter.layerUrl(Redacted.make(url), { prefix, processes: 2 }).pipe(
          Layer.provide(Layer.succeed(RateLimitConfig, { ...defaults, ...settings }))
        )
      )
    ),
    (context) => Context.get(context, RateLimiter)
  )

const headers = (tokens: number, remaining = tokens) => ({
  "x-ratelimit-limit-requests": "1000000",
  "x-ratelimit-remaining-requests": "999999",
  "x-ratelimit-limit-tokens": String(tokens),
  "x-ratelimit-remaining-tokens": String(remaining)
})

/** Sends one request that is answered at once. */
const hear = (
  limiter: Limiter,
  status: number,
  told: Readonly<Record<string, string>>,
  over: Partial<Demand> = {}
) =>
  limiter.withPermit(demand(over), (permit) => {
    permit.sent()
    permit.observe({ status, headers: told })
    return Effect.void
  })

const passes = (limiter: Limiter, over: Partial<Demand> = {}) =>
  limiter.withPermit(demand(over), (permit) => {
    permit.sent()
    return Clock.currentTimeMillis
  })

const stateOf = (limiter: Limiter) =>
  Effect.flatMap(limiter.states, ([state]) =>
    state === undefined ? Effect.die("no pool") : Effect.succeed(state)
  )

const until = (holds: Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.flatMap(holds, (yes) =>
    yes ? Effect.void : Effect.andThen(Effect.sleep("10 millis"), until(holds))
  )

/** Waits until the process knows the limit that another one has heard of. */
const knows = (limiter: Limiter, tokens: number) =>
  until(
    Effect.andThen(
      passes(limiter, { charge: { requests: 1, tokens: 1 } }),
      Effect.map(stateOf(limiter), (state) => state.tokens.limit === tokens)
    ).pipe(Effect.orDie)
  )

const messages = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    lines.push(`${logLevel} ${String(message)}`)
  })
  return { lines, layer: Logger.layer([logger]) }
}

describe.skipIf(!Server.reachable)("with a Redis server", () => {
  rateLimiterContract(
    "RedisRateLimiter",
    contractLayer((prefix) => RedisRateLimiter.layer({ prefix }))
  )
  rateLimiterContract(
    "RedisRateLimiter by URL",
    contractLayer((prefix) => RedisRateLimiter.layerUrl(Redacted.make(Server.URL), { prefix }))
  )

  describe("several processes on one quota", () => {
    it.live("together send no more than the provider has room for", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const limiters = yield* Effect.forEach([1, 2, 3], () => processOf(prefix))
        const [first] = limiters
        const before = yield* Clock.currentTimeMillis
        if (first !== undefined) yield* hear(first, 200, headers(60_000, 30_000))
        const times = yield* Effect.forEach(
          limiters.flatMap((limiter) => Array.from({ length: 100 }, () => limiter)),
          (limiter) => passes(limiter, { charge: { requests: 1, tokens: 101 } }),
          { concurrency: "unbounded" }
        )
        const elapsed = Math.max(...times) - before
        // All that was left but what is held back, and a token a millisecond since.
        assert.isAtMost(300 * 101, 27_000 + elapsed)
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )

    it.live("all know the limits that one has heard of, up and down", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const [one, other] = yield* Effect.all([processOf(prefix), processOf(prefix)])
        yield* hear(one, 200, headers(60_000))
        yield* knows(other, 60_000)
        yield* hear(one, 200, headers(6_000))
        yield* knows(other, 6_000)
        const error = yield* Effect.flip(passes(other, { charge: { requests: 1, tokens: 7_000 } }))
        assert.strictEqual(
          error._tag === "RateLimiterError" ? error.reason : "",
          "request-too-large"
        )
        yield* hear(one, 200, headers(120_000))
        yield* knows(other, 120_000)
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )

    it.live("all wait the hint that one of them was given (rows 3 and 9)", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const [one, other] = yield* Effect.all([processOf(prefix), processOf(prefix)])
        yield* passes(other)
        const before = yield* Clock.currentTimeMillis
        yield* hear(one, 429, { "retry-after-ms": "700" })
        yield* until(Effect.map(stateOf(one), (state) => state.pausedUntil !== undefined))
        // A third one that comes only now.
        const late = yield* processOf(prefix)
        assert.isAtLeast((yield* passes(late)) - before, 700)
        assert.isAtLeast((yield* passes(other)) - before, 700)
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )

    it.live("what one has leased and not sent goes to the others when it ends", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const other = yield* processOf(prefix, { headroom: 0 })
        yield* Effect.scoped(
          Effect.gen(function* () {
            const one = yield* processOf(prefix, { headroom: 0 })
            yield* hear(one, 200, headers(60_000))
            const waiting = yield* Deferred.make<void>()
            // Granted, never sent.
            yield* Effect.forkChild(
              one.withPermit(demand({ charge: { requests: 1, tokens: 59_000 } }), () =>
                Effect.andThen(Deferred.succeed(waiting, undefined), Effect.never)
              )
            )
            yield* Deferred.await(waiting)
          })
        )
        const before = yield* Clock.currentTimeMillis
        const passed = yield* passes(other, { charge: { requests: 1, tokens: 50_000 } })
        // Without what came back it would have taken 49 seconds.
        assert.isBelow(passed - before, 20_000)
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )

    it.live("an interrupted waiter leaves nothing behind, and the next goes on", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const one = yield* processOf(prefix, { headroom: 0 })
        yield* hear(one, 200, headers(60_000, 1_000))
        const big = yield* Effect.forkChild(
          passes(one, { charge: { requests: 1, tokens: 55_000 } }),
          { startImmediately: true }
        )
        const next = yield* Effect.forkChild(passes(one), { startImmediately: true })
        assert.strictEqual((yield* stateOf(one)).waiting, 2)
        const before = yield* Clock.currentTimeMillis
        yield* Fiber.interrupt(big)
        assert.isBelow((yield* Fiber.join(next)) - before, 20_000)
        assert.strictEqual((yield* stateOf(one)).waiting, 0)
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )

    it.live("one with a thousand waiters leaves the next turn to one with a single request", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const [greedy, modest] = yield* Effect.all([
          processOf(prefix, { headroom: 0 }),
          processOf(prefix, { headroom: 0 })
        ])
        // Ten requests in a second from here on.
        yield* hear(greedy, 200, headers(60_000, 500))
        yield* Effect.forEach(
          Array.from({ length: 1_000 }),
          () => Effect.forkChild(passes(greedy), { startImmediately: true }),
          { discard: true }
        )
        yield* passes(modest)
        assert.isAbove((yield* stateOf(greedy)).waiting, 900)
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )

    it.live("a thousand pools, whatever they are called, pass and leave no process behind", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const one = yield* processOf(prefix)
        const names = ["{", "} {", "a:b", "\u{1f600}", "\ud800", "%", "*"]
        yield* Effect.forEach(
          Array.from({ length: 1_000 }, (_, index) => PoolId(`${names[index % 7]}/${index}`)),
          (id) => hear(one, 200, headers(60_000), { pool: id }),
          { concurrency: "unbounded" }
        )
        const states = yield* one.states
        assert.lengthOf(states, 1_000)
        assert.isTrue(states.every(({ waiting }) => waiting === 0))
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )

    it.live("a stop sends away who waits for the shared quota", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const one = yield* processOf(prefix)
        yield* hear(one, 200, headers(60_000, 0))
        const run = RunSignal.make({ id: "r" })
        const waiter = yield* Effect.forkChild(
          Effect.flip(passes(one, { run, charge: { requests: 1, tokens: 50_000 } })),
          { startImmediately: true }
        )
        run.stop(new RunStopped({ why: "billing", detail: "No credit left." }))
        assert.strictEqual((yield* Fiber.join(waiter))._tag, "RunStopped")
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )
  })

  describe("a Redis that is away", () => {
    it.live("at the start: each goes on with its share, and says so once", () => {
      const { layer, lines } = messages()
      return Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const line = yield* Server.line
        yield* line.cut
        const limiter = yield* processOf(prefix, {}, line.url)
        for (let sent = 0; sent < 5; sent++) yield* hear(limiter, 200, headers(60_000))
        // Half of it, for one of two processes.
        assert.strictEqual((yield* stateOf(limiter)).tokens.limit, 30_000)
        assert.strictEqual(lines.filter((one) => one.startsWith("Warn")).length, 1)
        yield* line.mend
        yield* until(Effect.sync(() => lines.some((one) => one.includes("answers again"))))
        yield* hear(limiter, 200, headers(60_000))
        yield* knows(limiter, 60_000)
        assert.strictEqual(lines.length, 2)
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(Server.client, layer)))
    })

    it.live("in mid-run, or too slow: nothing hangs, and the quota is shared again after", () => {
      const { layer, lines } = messages()
      return Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const line = yield* Server.line
        const limiter = yield* processOf(prefix, {}, line.url)
        yield* hear(limiter, 200, headers(60_000))
        yield* knows(limiter, 60_000)
        for (const [outage, messagesSoFar] of [
          [line.cut, 2],
          [line.stall, 4]
        ] as const) {
          yield* outage
          yield* until(
            Effect.as(passes(limiter, { charge: { requests: 1, tokens: 1 } }), true).pipe(
              Effect.orDie,
              Effect.map(() => lines.length === messagesSoFar - 1)
            )
          )
          yield* Effect.forEach(
            Array.from({ length: 20 }),
            () => passes(limiter, { charge: { requests: 1, tokens: 20 } }),
            { concurrency: "unbounded" }
          )
          yield* line.mend
          yield* until(Effect.sync(() => lines.length === messagesSoFar))
          yield* knows(limiter, 60_000)
        }
        assert.deepStrictEqual(
          lines.map((one) => one.split(" ")[0]),
          ["Warn", "Info", "Warn", "Info"]
        )
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(Server.client, layer)))
    })

    it.live("a Redis that has lost everything learns it again from the processes", () =>
      Effect.gen(function* () {
        const prefix = yield* Server.prefix
        const redis = yield* Redis.Redis
        const [one, other] = yield* Effect.all([processOf(prefix), processOf(prefix)])
        yield* hear(one, 200, headers(60_000))
        yield* knows(one, 60_000)
        const keys = yield* redis.send<ReadonlyArray<string>>("KEYS", `${prefix}*`)
        yield* redis.send("DEL", ...keys)
        yield* passes(one)
        yield* knows(other, 60_000)
      }).pipe(Effect.scoped, Effect.provide(Server.client))
    )
  })
})
