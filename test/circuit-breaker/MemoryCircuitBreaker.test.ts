import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Exit, Fiber, Layer, Random, Stream } from "effect"
import { TestClock } from "effect/testing"
import { CircuitBreaker, type Transition } from "spillway/circuit-breaker/CircuitBreaker"
import {
  CircuitBreakerConfig,
  type CircuitBreakerSettings,
  defaults
} from "spillway/config/CircuitBreakerConfig"
import { RunStopped } from "spillway/error/RunStopped"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as RunSignal from "spillway/run/RunSignal"
import { circuitBreakerContract } from "../contracts/CircuitBreakerContract.ts"

const layerOf = (settings: Partial<CircuitBreakerSettings> = {}): Layer.Layer<CircuitBreaker> =>
  MemoryCircuitBreaker.layer.pipe(
    Layer.provide(
      Layer.succeed(CircuitBreakerConfig, { ...defaults, minimumCalls: 4, ...settings })
    )
  )

circuitBreakerContract("MemoryCircuitBreaker", layerOf())

const key = "model"
const stop = new RunStopped({ why: "billing", detail: "No credit left." })
const signal = RunSignal.make({ id: "r" })

const byExit = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) ? ("success" as const) : ("failure" as const)

const call = <A, E>(effect: Effect.Effect<A, E>) =>
  CircuitBreaker.use((breaker) => breaker.protect(key, effect, byExit))

const ready = (run = signal) => CircuitBreaker.use((breaker) => breaker.ready(key, run, key))

const state = CircuitBreaker.use((breaker) => breaker.state(key))

const breakIt = Effect.gen(function* () {
  for (let i = 0; i < 4; i++) yield* Effect.exit(call(Effect.fail("503")))
  assert.strictEqual(yield* state, "open")
})

/** As a worker does it: waits until ready, then calls; an open circuit sends it back and uses up no attempt. */
const worker = (work: Effect.Effect<void, string>, run = signal) =>
  Effect.gen(function* () {
    while (true) {
      yield* ready(run)
      const exit = yield* Effect.exit(call(work))
      if (Exit.isSuccess(exit)) return
    }
  })

describe("an outage without an end", () => {
  it.effect("stops the runs that wait, after maxOutage", () =>
    Effect.gen(function* () {
      yield* breakIt
      const run = RunSignal.make({ id: "r" })
      const failing = yield* Effect.forkChild(
        Effect.exit(worker(Effect.andThen(Effect.sleep("1 second"), Effect.fail("503")), run))
      )
      yield* TestClock.adjust("19 minutes")
      assert.isUndefined(run.stopped(key))
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(run.stopped(key)?.why, "outage")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(failing)))
    }).pipe(Effect.provide(layerOf({ maxOutage: Duration.minutes(20) })), Random.withSeed(1))
  )

  it.effect("does not count the time in which nobody called", () =>
    Effect.gen(function* () {
      yield* breakIt
      yield* TestClock.adjust("3 hours")
      const run = RunSignal.make({ id: "r" })
      yield* ready(run)
      yield* Effect.exit(call(Effect.fail("503")))
      assert.strictEqual(yield* state, "open")
      const waiting = yield* Effect.forkChild(ready(run))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(waiting)
      assert.isUndefined(run.stopped(key))
    }).pipe(Effect.provide(layerOf({ maxOutage: Duration.minutes(20) })), Random.withSeed(1))
  )
})

describe("while it is open", () => {
  it.effect(
    "the queue waits, no attempts are used up, and all get through afterwards (row 17)",
    () =>
      Effect.gen(function* () {
        yield* breakIt
        let attempts = 0
        const work = Effect.andThen(
          Effect.sync(() => attempts++),
          Effect.sleep("1 second")
        )
        const all = yield* Effect.forkChild(
          Effect.forEach(Array(1000).keys(), () => worker(work), {
            concurrency: "unbounded",
            discard: true
          })
        )
        yield* Effect.yieldNow
        assert.strictEqual(attempts, 0)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(all)
        assert.strictEqual(attempts, 1000)
      }).pipe(Effect.provide(layerOf()), Random.withSeed(1))
  )

  it.effect("a failing upstream sees no more than the probes (row 16)", () =>
    Effect.gen(function* () {
      yield* breakIt
      let [calls, now, most] = [0, 0, 0]
      const failing = Effect.gen(function* () {
        calls++
        most = Math.max(most, ++now)
        yield* Effect.sleep("500 millis")
        now--
        return yield* Effect.fail("503")
      })
      const all = yield* Effect.forkChild(
        Effect.forEach(Array(500).keys(), () => worker(failing), {
          concurrency: "unbounded",
          discard: true
        })
      )
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(most, 3)
      // 2.5 s open on average, half a second half open.
      assert.isAbove(calls, 300)
      assert.isBelow(calls, 900)
      yield* Fiber.interrupt(all)
    }).pipe(Effect.provide(layerOf()), Random.withSeed(2))
  )

  it.effect("set to fail, it says when to ask again", () =>
    Effect.gen(function* () {
      yield* breakIt
      const error = yield* Effect.flip(ready())
      assert.strictEqual(error._tag, "CircuitOpen")
      if (error._tag === "CircuitOpen") {
        assert.isAbove(Duration.toMillis(error.retryAfter), 0)
        assert.isAtMost(Duration.toMillis(error.retryAfter), 1000)
        assert.isTrue(error.verdict.retryable)
      }
    }).pipe(Effect.provide(layerOf({ whileOpen: "fail" })), Random.withSeed(3))
  )

  it.effect("one waiter too many is refused", () =>
    Effect.gen(function* () {
      yield* breakIt
      const waiters = yield* Effect.forkChild(
        Effect.all([ready(), ready()], { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      assert.strictEqual((yield* Effect.flip(ready()))._tag, "CircuitOpen")
      yield* Fiber.interrupt(waiters)
    }).pipe(Effect.provide(layerOf({ maxWaiting: 2 })), Random.withSeed(4))
  )

  it.effect("a stop of the run ends the wait, and the others keep waiting", () =>
    Effect.gen(function* () {
      yield* breakIt
      const run = RunSignal.make({ id: "stopped" })
      const gone = yield* Effect.forkChild(Effect.exit(ready(run)), { startImmediately: true })
      const kept = yield* Effect.forkChild(ready(), { startImmediately: true })
      run.stop(stop)
      assert.deepStrictEqual(yield* Fiber.join(gone), Exit.fail(stop))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(kept)
    }).pipe(Effect.provide(layerOf()), Random.withSeed(5))
  )

  it.effect("protect never waits", () =>
    Effect.gen(function* () {
      yield* breakIt
      const error = yield* Effect.flip(call(Effect.die("must not run")))
      assert.strictEqual(error._tag, "CircuitOpen")
    }).pipe(Effect.provide(layerOf()), Random.withSeed(6))
  )
})

describe("half open", () => {
  it.effect("wakes a probe's worth, and others in place of those who never come", () =>
    Effect.gen(function* () {
      yield* breakIt
      let woken = 0
      const waiters = yield* Effect.forkChild(
        Effect.forEach(
          Array(10).keys(),
          () => Effect.tap(ready(), () => Effect.sync(() => woken++)),
          {
            concurrency: "unbounded",
            discard: true
          }
        )
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual(woken, 3)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(woken, 6)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(waiters)
    }).pipe(Effect.provide(layerOf()), Random.withSeed("late"))
  )

  it.effect("the next probe goes as soon as one has come back", () =>
    Effect.gen(function* () {
      yield* breakIt
      yield* TestClock.adjust("1 second")
      const all = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], () => worker(Effect.sleep("10 millis")), {
          concurrency: "unbounded",
          discard: true
        })
      )
      yield* TestClock.adjust("30 millis")
      yield* Fiber.join(all)
      assert.strictEqual(yield* state, "closed")
    }).pipe(Effect.provide(layerOf({ probes: 1 })), Random.withSeed(9))
  )

  it.effect("an interrupted probe gives its place back", () =>
    Effect.gen(function* () {
      yield* breakIt
      yield* TestClock.adjust("1 second")
      for (let i = 0; i < 20; i++) {
        const probe = yield* Effect.forkChild(call(Effect.never), { startImmediately: true })
        yield* Fiber.interrupt(probe)
      }
      assert.strictEqual(yield* state, "half-open")
      for (let i = 0; i < 3; i++) yield* call(Effect.void)
      assert.strictEqual(yield* state, "closed")
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("a late answer from before the break moves nothing (row 18)", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<void, string>()
      const late = yield* Effect.forkChild(
        Effect.forEach(Array(10).keys(), () => Effect.exit(call(Deferred.await(answer))), {
          concurrency: "unbounded"
        }),
        { startImmediately: true }
      )
      yield* breakIt
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* state, "half-open")
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(late)
      assert.strictEqual(yield* state, "half-open")
    }).pipe(Effect.provide(layerOf()))
  )

  it.effect("probes that hang give their places to others: never half open for ever (row 19)", () =>
    Effect.gen(function* () {
      yield* breakIt
      yield* TestClock.adjust("1 second")
      const hung = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], () => call(Effect.never), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      const waiters = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], () => worker(Effect.void), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      // An attempt may take 10 minutes: one probe in 25 s goes beside those that hang.
      yield* TestClock.adjust("24 seconds")
      assert.strictEqual(yield* state, "half-open")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(waiters)
      assert.strictEqual(yield* state, "closed")
      yield* Fiber.interrupt(hung)
    }).pipe(Effect.provide(layerOf()), Random.withSeed(8))
  )

  it.effect("opens again after the lease where all of them hang (row 19)", () =>
    Effect.gen(function* () {
      yield* breakIt
      yield* TestClock.adjust("1 second")
      const hung = yield* Effect.forkChild(call(Effect.never), { startImmediately: true })
      yield* TestClock.adjust("599 seconds")
      assert.strictEqual(yield* state, "half-open")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* state, "open")
      yield* Fiber.interrupt(hung)
    }).pipe(Effect.provide(layerOf()), Random.withSeed("lease"))
  )

  it.effect("the smallest that wait are the probes, of equal ones the first that came", () =>
    Effect.gen(function* () {
      const breaker = yield* CircuitBreaker
      yield* breakIt
      const order: Array<string> = []
      const waiting = (name: string, size: number) =>
        Effect.forkChild(
          Effect.tap(breaker.ready(key, signal, key, size), () =>
            Effect.sync(() => order.push(name))
          ),
          { startImmediately: true }
        )
      const fibers = [
        yield* waiting("4096 tokens", 4096),
        yield* waiting("256 tokens", 256),
        yield* waiting("1024 tokens", 1024),
        yield* waiting("256 tokens, later", 256)
      ]
      yield* TestClock.adjust("5 seconds")
      for (const fiber of fibers) yield* Fiber.join(fiber)
      assert.deepStrictEqual(order, [
        "256 tokens",
        "256 tokens, later",
        "1024 tokens",
        "4096 tokens"
      ])
    }).pipe(Effect.provide(layerOf()), Random.withSeed(10))
  )
})

describe("by hand", () => {
  it.effect("forced open, waiters wait until it is lifted", () =>
    Effect.gen(function* () {
      const breaker = yield* CircuitBreaker
      yield* breaker.force(key, "open")
      const waiters = yield* Effect.forkChild(
        Effect.all([ready(), ready()], { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* state, "forced-open")
      yield* breaker.force(key, "automatic")
      yield* Fiber.join(waiters)
      assert.strictEqual(yield* state, "closed")
    }).pipe(Effect.provide(layerOf()))
  )
})

describe("transitions", () => {
  it.effect("are told in order, with their times", () =>
    Effect.gen(function* () {
      const breaker = yield* CircuitBreaker
      const seen: Array<Transition> = []
      const watcher = yield* Effect.forkChild(
        Stream.runForEach(breaker.transitions, (transition) =>
          Effect.sync(() => seen.push(transition))
        ),
        { startImmediately: true }
      )
      yield* breakIt
      yield* TestClock.adjust("1 second")
      for (let i = 0; i < 3; i++) yield* call(Effect.void)
      yield* breaker.force(key, "disabled")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        seen.map(({ from, to }) => `${from} > ${to}`),
        ["closed > open", "open > half-open", "half-open > closed", "closed > disabled"]
      )
      assert.deepInclude(seen[3], { key, at: 1000 })
      assert.isTrue((seen[1]?.at ?? 0) <= 1000)
      yield* Fiber.interrupt(watcher)
    }).pipe(Effect.provide(layerOf()))
  )
})

describe("the snapshot", () => {
  const look = Effect.gen(function* () {
    const breaker = yield* CircuitBreaker
    const [circuit] = yield* breaker.snapshot
    return circuit
  })

  it.effect("shows rates and calls while it is closed, and what opened it afterwards", () =>
    Effect.gen(function* () {
      yield* call(Effect.void)
      yield* Effect.exit(call(Effect.fail("503")))
      assert.deepStrictEqual(yield* look, {
        key,
        state: "closed",
        generation: 0,
        openings: 0,
        calls: 2,
        failureRate: 0.5,
        slowCallRate: 0,
        probes: 0,
        waiting: 0,
        nextCallAt: 0
      })
      for (let i = 0; i < 2; i++) yield* Effect.exit(call(Effect.fail("503")))
      const waiter = yield* Effect.forkChild(ready(), { startImmediately: true })
      const open = yield* look
      assert.deepInclude(open, { state: "open", openings: 1, generation: 1, waiting: 1 })
      assert.deepInclude(open, { calls: 4, failureRate: 0.75 })
      assert.isAbove(open?.nextCallAt ?? 0, 0)
      assert.isAtMost(open?.nextCallAt ?? 0, 1000)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(waiter)
      const probe = yield* Effect.forkChild(call(Effect.never), { startImmediately: true })
      assert.deepInclude(yield* look, { state: "half-open", probes: 1, waiting: 0 })
      yield* Fiber.interrupt(probe)
    }).pipe(Effect.provide(layerOf()), Random.withSeed(11))
  )

  it.effect("tells that nothing but a hand lifts a forced state", () =>
    Effect.gen(function* () {
      const breaker = yield* CircuitBreaker
      yield* breaker.force(key, "open")
      assert.deepInclude(yield* look, { state: "forced-open", nextCallAt: undefined })
    }).pipe(Effect.provide(layerOf()))
  )
})

describe("a wall clock that jumps an hour, either way", () => {
  for (const hour of [3_600_000, -3_600_000])
    it.effect(`of ${hour} ms moves nothing: time is the monotonic clock`, () =>
      Effect.gen(function* () {
        const real = yield* Clock.Clock
        let shift = 0
        const wall = () => real.currentTimeMillisUnsafe() + shift
        const jumpy: Clock.Clock = {
          ...real,
          currentTimeMillisUnsafe: wall,
          currentTimeMillis: Effect.sync(wall),
          currentTimeNanosUnsafe: () => BigInt(wall()) * 1_000_000n,
          currentTimeNanos: Effect.sync(() => BigInt(wall()) * 1_000_000n),
          monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
          monotonicTimeNanos: Effect.sync(() => real.monotonicTimeNanosUnsafe()),
          sleep: (duration) => real.sleep(duration)
        }
        yield* Effect.gen(function* () {
          yield* breakIt
          const waiter = yield* Effect.forkChild(ready(), { startImmediately: true })
          shift = hour
          assert.strictEqual(yield* state, "open")
          assert.isUndefined(waiter.pollUnsafe())
          yield* TestClock.adjust("1 second")
          yield* Fiber.join(waiter)
          assert.strictEqual(yield* state, "half-open")
          shift = -hour
          for (let i = 0; i < 3; i++) yield* call(Effect.void)
          assert.strictEqual(yield* state, "closed")
          shift = hour
          // The ramp still lasts: no more than twice the probes at once.
          const all = yield* Effect.forkChild(
            Effect.forEach(Array(7).keys(), () => Effect.exit(call(Effect.sleep("1 milli"))), {
              concurrency: "unbounded"
            }),
            { startImmediately: true }
          )
          yield* TestClock.adjust("1 milli")
          const exits = yield* Fiber.join(all)
          assert.strictEqual(exits.filter(Exit.isSuccess).length, 6)
        }).pipe(Effect.provide(layerOf()), Effect.provideService(Clock.Clock, jumpy))
      }).pipe(Random.withSeed(12))
    )
})

describe("settings", () => {
  it.effect("that cannot work are refused, all together", () =>
    Effect.gen(function* () {
      const wrong = layerOf({ probes: 0, failureRate: 2, window: Duration.zero })
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(wrong)))
      assert.match(String(exit), /failureRate is 2.*probes is 0.*window is 0 ms/)
    })
  )
})
