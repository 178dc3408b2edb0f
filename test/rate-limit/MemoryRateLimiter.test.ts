import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Exit, Fiber, Layer, Random, Stream } from "effect"
import { TestClock } from "effect/testing"
import { defaults, RateLimitConfig, type RateLimits } from "spillway/config/RateLimitConfig"
import { RunStopped } from "spillway/error/RunStopped"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import {
  type Demand,
  type Permit,
  PoolId,
  type PoolState,
  RateLimiter
} from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"
import { rateLimiterContract } from "../contracts/RateLimiterContract.ts"

const layerOf = (settings: Partial<RateLimits> = {}): Layer.Layer<RateLimiter> =>
  MemoryRateLimiter.layer.pipe(
    Layer.provide(Layer.succeed(RateLimitConfig, { ...defaults, ...settings }))
  )

rateLimiterContract("MemoryRateLimiter", layerOf())

const pool = PoolId("account/model")
const stop = new RunStopped({ why: "billing", detail: "No credit left." })
const run = () => RunSignal.make({ id: "r" })

const demand = (over: Partial<Demand> = {}): Demand => ({
  pool,
  model: "model",
  run: run(),
  charge: { requests: 1, tokens: 100 },
  lane: "fresh",
  ...over
})

/** Headers of a provider that has so many tokens a minute, all of them left. */
const plenty = (tokens: number) => ({
  "x-ratelimit-limit-requests": "1000000",
  "x-ratelimit-remaining-requests": "999999",
  "x-ratelimit-limit-tokens": String(tokens),
  "x-ratelimit-remaining-tokens": String(tokens)
})

/** One request that is answered at once with this head. */
const hear = (
  status: number,
  headers: Record<string, string>,
  options: { readonly message?: string; readonly over?: Partial<Demand> } = {}
) =>
  RateLimiter.use((limiter) =>
    limiter.withPermit(demand(options.over), (permit) => {
      permit.sent()
      permit.observe({ status, headers }, { message: options.message ?? "" })
      return Effect.void
    })
  )

/** The time at which the request is let through. */
const passes = (over: Partial<Demand> = {}, use?: (permit: Permit) => Effect.Effect<void>) =>
  RateLimiter.use((limiter) =>
    limiter.withPermit(demand(over), (permit) => {
      permit.sent()
      return Effect.andThen(use?.(permit) ?? Effect.void, Clock.currentTimeMillis)
    })
  )

const onlyState = RateLimiter.use((limiter) =>
  Effect.flatMap(limiter.states, ([state]) =>
    state === undefined ? Effect.die("no pool") : Effect.succeed(state)
  )
)

describe("waiting for quota", () => {
  it.effect("wakes at the exact time of the next admission, one after the other", () =>
    Effect.gen(function* () {
      yield* hear(200, plenty(60_000))
      yield* passes({ charge: { requests: 1, tokens: 60_000 } })
      const waiters = yield* Effect.forkChild(
        Effect.forEach([1000, 500, 2000], (tokens) => passes({ charge: { requests: 1, tokens } }), {
          concurrency: "unbounded"
        })
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(waiters), [1000, 1500, 3500])
    }).pipe(Effect.provide(layerOf({ headroom: 0 })))
  )

  it.effect("a request larger than the limit fails at once, and the others go on (row 8)", () =>
    Effect.gen(function* () {
      yield* hear(200, plenty(1000))
      yield* hear(200, plenty(1000))
      const error = yield* Effect.flip(passes({ charge: { requests: 1, tokens: 1001 } }))
      assert.strictEqual(error._tag === "RateLimiterError" ? error.reason : "", "request-too-large")
      assert.match(error.message, /1001 tokens.*1000/)
      yield* passes()
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a waiter that a lowered limit makes impossible fails, and the next goes on", () =>
    Effect.gen(function* () {
      yield* hear(200, plenty(60_000))
      const permits: Array<Permit> = []
      const slow = yield* Effect.forkChild(
        Effect.forEach(
          [25_000, 25_000],
          (tokens) =>
            passes({ charge: { requests: 1, tokens } }, (permit) => {
              permits.push(permit)
              return Effect.never
            }),
          { concurrency: 2 }
        ),
        { startImmediately: true }
      )
      const big = yield* Effect.forkChild(
        Effect.flip(passes({ charge: { requests: 1, tokens: 50_000 } }))
      )
      const next = yield* Effect.forkChild(passes())
      yield* Effect.yieldNow
      // On the word of one response nothing is given up.
      for (const permit of permits) permit.observe({ status: 200, headers: plenty(6000) })
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(big)
      assert.strictEqual(error._tag === "RateLimiterError" ? error.reason : "", "request-too-large")
      yield* Fiber.join(next)
      yield* Fiber.interrupt(slow)
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("one waiter too many is refused", () =>
    Effect.gen(function* () {
      const held = yield* Effect.forkChild(
        passes({}, () => Effect.never),
        { startImmediately: true }
      )
      const waiters = yield* Effect.forkChild(
        Effect.all([passes(), passes()], { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      assert.strictEqual((yield* onlyState).waiting, 2)
      const error = yield* Effect.flip(passes())
      assert.strictEqual(error._tag === "RateLimiterError" ? error.reason : "", "queue-full")
      yield* Fiber.interrupt(held)
      yield* Fiber.join(waiters)
    }).pipe(Effect.provide(layerOf({ maxInFlight: 1, maxQueue: 2 })))
  )

  it.effect("an interrupted waiter leaves nothing behind, and the next goes on", () =>
    Effect.gen(function* () {
      yield* hear(200, plenty(60_000))
      yield* passes({ charge: { requests: 1, tokens: 60_000 } })
      const big = yield* Effect.forkChild(passes({ charge: { requests: 1, tokens: 50_000 } }))
      const next = yield* Effect.forkChild(passes({ charge: { requests: 1, tokens: 1000 } }))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(big)
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* Fiber.join(next), 1000)
      const { inFlight, waiting } = yield* onlyState
      assert.deepStrictEqual({ inFlight, waiting }, { inFlight: 0, waiting: 0 })
    }).pipe(Effect.provide(layerOf({ headroom: 0 })))
  )

  it.effect("gives everything back to who leaves before sending, and nothing after it", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      yield* hear(200, plenty(60_000))
      const large = demand({ charge: { requests: 1, tokens: 59_000 } })
      for (let i = 0; i < 10; i++) yield* limiter.withPermit(large, () => Effect.void)
      assert.isBelow((yield* onlyState).tokens.utilisation, 0.01)
      yield* limiter.withPermit(large, (permit) => Effect.sync(() => permit.sent()))
      const waiter = yield* Effect.forkChild(
        limiter.withPermit(large, () => Clock.currentTimeMillis)
      )
      yield* TestClock.adjust("1 minute")
      assert.isAbove(yield* Fiber.join(waiter), 50_000)
    }).pipe(Effect.provide(layerOf({ headroom: 0 })))
  )

  it.effect("a permit that comes together with an interruption is given back", () =>
    Effect.gen(function* () {
      for (let i = 0; i < 200; i++) {
        const first = yield* Effect.forkChild(
          passes({}, () => Effect.never),
          {
            startImmediately: true
          }
        )
        const second = yield* Effect.forkChild(passes(), { startImmediately: true })
        first.interruptUnsafe()
        second.interruptUnsafe()
        yield* Fiber.await(first)
        yield* Fiber.await(second)
      }
      assert.strictEqual((yield* onlyState).inFlight, 0)
    }).pipe(
      Effect.provide(layerOf({ maxInFlight: 1, requestsPerMinute: 1e6, tokensPerMinute: 1e9 }))
    )
  )

  it.effect("thousands of waiters whose work takes no time do not overflow the stack", () =>
    Effect.gen(function* () {
      const held = yield* Effect.forkChild(
        passes({}, () => Effect.never),
        { startImmediately: true }
      )
      const all = yield* Effect.forkChild(
        Effect.forEach(Array(20_000).keys(), () => passes(), {
          concurrency: "unbounded",
          discard: true
        }),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(held)
      yield* Fiber.join(all)
    }).pipe(
      Effect.provide(layerOf({ maxInFlight: 1, requestsPerMinute: 1e9, tokensPerMinute: 1e12 }))
    )
  )
})

describe("turns", () => {
  it.effect("retries go first as far as their budget reaches, the rest behind fresh work", () =>
    Effect.gen(function* () {
      const order: Array<"fresh" | "retry"> = []
      const held = yield* Effect.forkChild(
        passes({}, () => Effect.never),
        { startImmediately: true }
      )
      const signal = run()
      const note = (lane: "fresh" | "retry") =>
        passes({ lane, run: signal }, () => Effect.sync(() => order.push(lane)))
      const lanes = [...Array(25).fill("fresh"), ...Array(25).fill("retry")]
      const all = yield* Effect.forkChild(
        Effect.forEach(lanes, note, { concurrency: "unbounded", discard: true }),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(held)
      yield* Fiber.join(all)
      assert.strictEqual(order[0], "retry")
      const mixed = order.lastIndexOf("fresh") + 1
      const ahead = order.slice(0, mixed).filter((lane) => lane === "retry").length
      // 20% of what was sent in ten seconds, and one a second.
      assert.isAtMost(ahead, 0.2 * (mixed + 1) + 10)
      assert.isAtLeast(ahead, 0.2 * mixed + 8)
      const [state] = yield* (yield* RateLimiter).states
      assert.strictEqual(state?.immediateRetries, ahead)
    }).pipe(Effect.provide(layerOf({ maxInFlight: 1, requestsPerMinute: 10_000 })))
  )

  it.effect("a run of weight 3 gets three times what a run of weight 1 gets", () =>
    Effect.gen(function* () {
      const order: Array<number> = []
      const held = yield* Effect.forkChild(
        passes({}, () => Effect.never),
        { startImmediately: true }
      )
      const runs = [RunSignal.make({ id: "a", weight: 3 }), RunSignal.make({ id: "b", weight: 1 })]
      const all = yield* Effect.forkChild(
        Effect.forEach(
          runs.flatMap((signal) => Array<typeof signal>(12).fill(signal)),
          (signal) => passes({ run: signal }, () => Effect.sync(() => order.push(signal.weight))),
          { concurrency: "unbounded", discard: true }
        ),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(held)
      yield* Fiber.join(all)
      assert.strictEqual(order.slice(0, 12).filter((weight) => weight === 3).length, 9)
    }).pipe(Effect.provide(layerOf({ maxInFlight: 1 })))
  )
})

describe("the cap on what is in flight", () => {
  it.effect("holds over pools, runs and retries (row 12)", () =>
    Effect.gen(function* () {
      let now = 0
      let most = 0
      const work = Effect.gen(function* () {
        most = Math.max(most, ++now)
        yield* Effect.sleep("1 second")
        now--
      })
      const all = yield* Effect.forkChild(
        Effect.forEach(
          Array(120).keys(),
          (i) =>
            passes(
              { pool: PoolId(`account/${i % 3}`), lane: i % 5 === 0 ? "retry" : "fresh" },
              () => work
            ),
          { concurrency: "unbounded", discard: true }
        )
      )
      yield* TestClock.adjust("17 seconds")
      yield* Fiber.join(all)
      assert.strictEqual(most, 8)
      assert.strictEqual(yield* Clock.currentTimeMillis, 17_000)
    }).pipe(Effect.provide(layerOf({ maxInFlight: 8 })))
  )
})

describe("pools that share the cap", () => {
  it.effect("take turns", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const held = yield* Effect.forkChild(
        passes({}, () => Effect.never),
        { startImmediately: true }
      )
      const names = [...Array<string>(5).fill("a"), ...Array<string>(5).fill("b")]
      const all = yield* Effect.forkChild(
        Effect.forEach(
          names,
          (name) => passes({ pool: PoolId(name) }, () => Effect.sync(() => order.push(name))),
          { concurrency: "unbounded", discard: true }
        ),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(held)
      yield* Fiber.join(all)
      assert.strictEqual(order.join(""), "ababababab")
    }).pipe(Effect.provide(layerOf({ maxInFlight: 1 })))
  )
})

describe("any mixture of answers, failures, refusals and interruptions", () => {
  for (const seed of [1, 2, 3])
    it.effect(`keeps the cap and gives every place back, seed ${seed}`, () =>
      Effect.gen(function* () {
        let [now, most] = [0, 0]
        const one = Effect.gen(function* () {
          const [tokens, lane, seconds, fate] = [
            yield* Random.nextIntBetween(1, 20_000),
            (yield* Random.nextBoolean) ? ("fresh" as const) : ("retry" as const),
            yield* Random.nextBetween(0, 30),
            yield* Random.next
          ]
          const id = PoolId(`account/${yield* Random.nextIntBetween(1, 3)}`)
          const limiter = yield* RateLimiter
          const over = { pool: id, lane, charge: { requests: 1, tokens } }
          const guarded = limiter.withPermit(demand(over), (permit) =>
            Effect.gen(function* () {
              most = Math.max(most, ++now)
              if (fate < 0.9) permit.sent()
              yield* Effect.sleep(Duration.seconds(seconds))
              if (fate < 0.2) permit.observe({ status: 429, headers: {} })
              else if (fate < 0.7) permit.observe({ status: 200, headers: plenty(200_000) })
              if (fate < 0.4) return yield* Effect.fail("no")
            }).pipe(Effect.ensuring(Effect.sync(() => now--)))
          )
          yield* Effect.exit(
            fate > 0.5 && fate < 0.8 ? Effect.timeout(guarded, Duration.seconds(10)) : guarded
          )
        })
        const all = yield* Effect.forkChild(
          Effect.forEach(Array(1000).keys(), () => one, { concurrency: 300, discard: true })
        )
        yield* TestClock.adjust("5 hours")
        yield* Fiber.join(all)
        assert.strictEqual(most, 20)
        const limiter = yield* RateLimiter
        for (const { inFlight, waiting } of yield* limiter.states)
          assert.deepStrictEqual({ inFlight, waiting }, { inFlight: 0, waiting: 0 })
      }).pipe(Effect.provide(layerOf({ maxInFlight: 20 })), Random.withSeed(seed))
    )
})

describe("a refusal", () => {
  it.effect(
    "a hint of 90 s: nothing is sent on that pool before 90 s, another pool goes on (rows 3, 9)",
    () =>
      Effect.gen(function* () {
        yield* hear(429, { "retry-after": "90" })
        const waiting = yield* Effect.forkChild(
          Effect.all([passes(), passes({ lane: "retry" })], { concurrency: "unbounded" })
        )
        assert.strictEqual(yield* passes({ pool: PoolId("account/other") }), 0)
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual((yield* onlyState).pausedUntil, 90_000)
        yield* TestClock.adjust("60 seconds")
        assert.deepStrictEqual(yield* Fiber.join(waiting), [90_000, 90_000])
      }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a 429 without headers falls back to the message: try again in 599ms (row 5)", () =>
    Effect.gen(function* () {
      yield* hear(429, {}, { message: "Rate limit reached. Please try again in 599ms." })
      const next = yield* Effect.forkChild(passes())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(next), 599)
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a 429 without any hint pauses the pool, longer each time, with jitter (row 5)", () =>
    Effect.gen(function* () {
      const pauses: Array<number> = []
      for (let i = 0; i < 4; i++) {
        const before = yield* Clock.currentTimeMillis
        yield* hear(429, {})
        const next = yield* Effect.forkChild(
          passes({}, (permit) => Effect.sync(() => permit.observe({ status: 429, headers: {} })))
        )
        yield* TestClock.adjust("2 minutes")
        pauses.push((yield* Fiber.join(next)) - before)
        yield* TestClock.adjust("2 minutes")
      }
      const [first = 0] = pauses
      assert.isAtLeast(first, 500)
      assert.isAtMost(first, 1000)
      assert.isTrue(pauses.every((pause, i) => i === 0 || pause > (pauses[i - 1] ?? 0)))
      assert.isTrue(pauses.every((pause) => pause <= 60_000))
    }).pipe(Effect.provide(layerOf()), Random.withSeed("pauses"))
  )

  it.effect("many 429s of one moment count as one event", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const all = yield* Effect.forkChild(
        Effect.forEach(
          Array(20).keys(),
          () =>
            passes({}, (permit) =>
              Effect.andThen(
                Deferred.await(answered),
                Effect.sync(() => permit.observe({ status: 429, headers: {} }))
              )
            ),
          { concurrency: "unbounded", discard: true }
        ),
        { startImmediately: true }
      )
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(all)
      const { pausedUntil, rateLimited } = yield* onlyState
      assert.strictEqual(rateLimited, 20)
      assert.isAtMost(pausedUntil ?? 0, 2000)
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a hint above maxWait ends every wait, and names the time to resume at (row 4)", () =>
    Effect.gen(function* () {
      const open = yield* Deferred.make<Permit>()
      const first = yield* Effect.forkChild(
        passes({}, (permit) => Effect.andThen(Deferred.succeed(open, permit), Effect.never))
      )
      const waiters = yield* Effect.forkChild(
        Effect.forEach(Array(50).keys(), () => Effect.flip(passes()), { concurrency: "unbounded" })
      )
      const permit = yield* Deferred.await(open)
      permit.observe({ status: 429, headers: { "retry-after": "172800" } })
      const later = yield* Effect.flip(passes())
      for (const error of [later, ...(yield* Fiber.join(waiters))]) {
        assert.strictEqual(error._tag, "RateLimiterError")
        if (error._tag !== "RateLimiterError") continue
        assert.strictEqual(error.reason, "hint-too-long")
        assert.strictEqual(error.resumeAt, 172_800_000)
        assert.strictEqual(error.verdict.blast, "run")
      }
      yield* Fiber.interrupt(first)
    }).pipe(Effect.provide(layerOf({ maxInFlight: 1 })))
  )

  it.effect("a billing 429 is counted, and does not pause the pool", () =>
    Effect.gen(function* () {
      yield* hear(429, {}, { message: "You exceeded your current quota, check your billing." })
      assert.strictEqual(yield* passes(), 0)
      assert.strictEqual((yield* onlyState).rateLimited, 1)
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect(
    "slow_down without a hint pauses the pool, also where the limit is too low for a lower rate",
    () =>
      Effect.gen(function* () {
        yield* hear(200, plenty(60_000))
        yield* hear(429, plenty(60_000), { message: "slow_down" })
        const at = yield* Clock.currentTimeMillis
        const pause = ((yield* onlyState).pausedUntil ?? at) - at
        assert.isAtLeast(pause, 500)
        assert.isAtMost(pause, 1000)
      }).pipe(Effect.provide(layerOf()))
  )

  it.effect("slow_down lowers the rate, and the full rate comes back", () =>
    Effect.gen(function* () {
      yield* hear(200, plenty(6_000_000))
      let sent = 0
      const minute = Effect.gen(function* () {
        const before = sent
        yield* TestClock.adjust("1 minute")
        return sent - before
      })
      const one = passes({ charge: { requests: 1, tokens: 100_000 } }, () =>
        Effect.sync(() => sent++)
      )
      for (let i = 0; i < 40; i++) yield* one
      yield* hear(429, plenty(6_000_000), { message: "slow_down" })
      const load = yield* Effect.forkChild(Effect.forever(one))
      const [first, second] = [yield* minute, yield* minute]
      assert.isAtMost(first, 32)
      assert.approximately(second, 30, 2)
      for (let i = 0; i < 30; i++) yield* minute
      assert.isAtLeast(yield* minute, 59)
      yield* Fiber.interrupt(load)
    }).pipe(Effect.provide(layerOf()))
  )
})

describe("a stop of the run", () => {
  it.effect("sends its waiters away and lets those of other runs go on", () =>
    Effect.gen(function* () {
      const [stopped, other] = [run(), run()]
      const held = yield* Effect.forkChild(
        passes({ run: stopped }, () => Effect.never),
        {
          startImmediately: true
        }
      )
      const gone = yield* Effect.forkChild(
        Effect.forEach(Array(100).keys(), () => Effect.exit(passes({ run: stopped })), {
          concurrency: "unbounded"
        }),
        { startImmediately: true }
      )
      const kept = yield* Effect.forkChild(passes({ run: other }), { startImmediately: true })
      stopped.stop(stop)
      const exits = yield* Fiber.join(gone)
      assert.isTrue(exits.every((exit) => Exit.isFailure(exit)))
      assert.deepStrictEqual(exits[0], Exit.fail(stop))
      assert.strictEqual((yield* onlyState).waiting, 1)
      yield* Fiber.interrupt(held)
      yield* Fiber.join(kept)
    }).pipe(Effect.provide(layerOf({ maxInFlight: 1 })))
  )

  it.effect("of one model leaves the run's other waiters alone", () =>
    Effect.gen(function* () {
      const signal = run()
      const held = yield* Effect.forkChild(
        passes({ run: signal }, () => Effect.never),
        {
          startImmediately: true
        }
      )
      const one = yield* Effect.forkChild(Effect.exit(passes({ run: signal, model: "one" })))
      const two = yield* Effect.forkChild(passes({ run: signal, model: "two" }))
      yield* Effect.yieldNow
      signal.stop(stop, "one")
      assert.deepStrictEqual(yield* Fiber.join(one), Exit.fail(stop))
      yield* Fiber.interrupt(held)
      yield* Fiber.join(two)
    }).pipe(Effect.provide(layerOf({ maxInFlight: 1 })))
  )
})

describe("watching", () => {
  it.effect("publishes each pool's changes at most every 100 ms, the last one included", () =>
    Effect.gen(function* () {
      const limiter = yield* RateLimiter
      const seen: Array<PoolState> = []
      const watcher = yield* Effect.forkChild(
        Stream.runForEach(limiter.changes, (state) => Effect.sync(() => seen.push(state))),
        { startImmediately: true }
      )
      for (let i = 0; i < 100; i++) {
        yield* passes()
        yield* TestClock.adjust("10 millis")
      }
      yield* TestClock.adjust("1 second")
      assert.isAtLeast(seen.length, 9)
      assert.isAtMost(seen.length, 12)
      const last = seen.at(-1)
      assert.strictEqual(last?.inFlight, 0)
      assert.approximately(last?.tokens.utilisation ?? 0, (100 * 100) / 200_000, 1e-9)
      yield* Fiber.interrupt(watcher)
    }).pipe(Effect.provide(layerOf({ requestsPerMinute: 10_000 })))
  )
})

describe("the clock and the settings", () => {
  for (const jump of [3_600_000, -3_600_000]) {
    it.effect(`a wall clock that jumps by ${jump / 3_600_000} h neither stalls nor bursts`, () =>
      Effect.gen(function* () {
        const test = yield* Clock.Clock
        let offset = 0
        const jumping: Clock.Clock = {
          ...test,
          currentTimeMillisUnsafe: () => test.currentTimeMillisUnsafe() + offset,
          currentTimeMillis: Effect.sync(() => test.currentTimeMillisUnsafe() + offset),
          monotonicTimeNanosUnsafe: () => test.monotonicTimeNanosUnsafe(),
          sleep: (duration) => test.sleep(duration)
        }
        yield* Effect.gen(function* () {
          yield* hear(200, plenty(60_000))
          yield* passes({ charge: { requests: 1, tokens: 59_900 } })
          let sent = 0
          const load = yield* Effect.forkChild(
            Effect.forever(
              passes({ charge: { requests: 1, tokens: 1000 } }, () => Effect.sync(() => sent++))
            )
          )
          yield* TestClock.adjust("10500 millis").pipe(Effect.provideService(Clock.Clock, test))
          offset = jump
          yield* TestClock.adjust("10 seconds").pipe(Effect.provideService(Clock.Clock, test))
          assert.strictEqual(sent, 20)
          yield* Fiber.interrupt(load)
        }).pipe(
          Effect.provide(layerOf({ headroom: 0 })),
          Effect.provideService(Clock.Clock, jumping)
        )
      })
    )
  }

  for (const value of [0, -1, Number.NaN, 1e308]) {
    it.effect(`refuses limits of ${value}, naming each field`, () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(
          Effect.scoped(Layer.build(layerOf({ requestsPerMinute: value, tokensPerMinute: value })))
        )
        assert.match(String(exit), /requestsPerMinute is .*tokensPerMinute is /)
      })
    )
  }

  it.effect("a closed limiter leaves nobody waiting", () =>
    Effect.gen(function* () {
      const waiter = yield* Effect.scoped(
        Effect.gen(function* () {
          const services = yield* Layer.build(layerOf({ maxWait: Duration.hours(1) }))
          yield* Effect.provide(hear(429, { "retry-after": "600" }), services)
          return yield* Effect.forkDetach(Effect.provide(passes(), services), {
            startImmediately: true
          })
        })
      )
      assert.isTrue(Exit.isFailure(yield* Fiber.await(waiter)))
    })
  )
})
