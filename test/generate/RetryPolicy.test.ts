import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Random } from "effect"
import { TestClock } from "effect/testing"
import * as RetryConfig from "spillway/config/RetryConfig"
import { type Verdict, verdict } from "spillway/error/Verdict"
import * as RetryPolicy from "spillway/generate/RetryPolicy"

const defaults = { ...RetryConfig.defaults, base: Duration.millis(500) }

const retryable = { verdict: verdict({ retryable: true }) }
const hinted = (hint: Duration.Input) => ({
  verdict: verdict({ retryable: true, retryAfter: Duration.fromInputUnsafe(hint) })
})

/** The times of all attempts at something that always fails like this. */
const attempts = (
  error: { readonly verdict: Verdict },
  settings: Partial<RetryConfig.RetrySettings> = {},
  work: Effect.Effect<void> = Effect.void,
  allowance?: () => RetryPolicy.Allowance
) =>
  Effect.gen(function* () {
    const at: Array<number> = []
    const attempt = Effect.gen(function* () {
      at.push(yield* Clock.currentTimeMillis)
      yield* work
      return yield* Effect.fail(error)
    })
    const policy = RetryPolicy.make({ ...defaults, ...settings }, allowance)
    const fiber = yield* Effect.forkChild(Effect.flip(Effect.retry(attempt, policy)))
    yield* TestClock.adjust("10 hours")
    assert.strictEqual(yield* Fiber.join(fiber), error)
    return at
  })

describe("the delay before a retry", () => {
  it("is spread evenly over [0, min(cap, base · 2ⁿ)]", () => {
    for (let retry = 0; retry < 12; retry++) {
      const ceiling = Math.min(60_000, 500 * 2 ** retry)
      assert.strictEqual(RetryPolicy.delayFor(retry, 0, undefined, defaults), 0)
      assert.strictEqual(RetryPolicy.delayFor(retry, 0.5, undefined, defaults), ceiling / 2)
      assert.isAtMost(RetryPolicy.delayFor(retry, 0.999, undefined, defaults), ceiling)
    }
    assert.strictEqual(RetryPolicy.delayFor(1e9, 1, undefined, defaults), 60_000)
  })

  it("is never shorter than the provider's hint, and a little longer, beyond the cap too (row 3)", () => {
    for (const hint of [599, 90_000, 3_600_000])
      for (const random of [0, 0.3, 0.999]) {
        const delay = RetryPolicy.delayFor(0, random, Duration.millis(hint), defaults)
        assert.isAtLeast(delay, hint)
        assert.isAtMost(delay, Math.max(500, hint + Math.min(hint * 0.1, 5000)))
      }
  })

  it("is the backoff where that is longer than the hint", () => {
    assert.strictEqual(RetryPolicy.delayFor(6, 0.9, Duration.millis(10), defaults), 28_800)
  })
})

describe("RetryPolicy", () => {
  it.effect("gives up after the set number of attempts", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* attempts(retryable)).length, 6)
      assert.strictEqual((yield* attempts(retryable, { maxAttempts: 1 })).length, 1)
    })
  )

  it.effect("does not retry what cannot succeed", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* attempts({ verdict: verdict({}) })).length, 1)
    })
  )

  it.effect("waits the hint before every attempt (row 3)", () =>
    Effect.gen(function* () {
      const at = yield* attempts(hinted("90 seconds"), { maxAttempts: 3 })
      const gaps = at.slice(1).map((time, i) => time - (at[i] ?? 0))
      assert.strictEqual(gaps.length, 2)
      for (const gap of gaps) {
        assert.isAtLeast(gap, 90_000)
        assert.isAtMost(gap, 95_000)
      }
    })
  )

  it.effect("starts no retry after the total time, counted from the first attempt (row 13)", () =>
    Effect.gen(function* () {
      const settings = { maxAttempts: 1000, totalTimeout: Duration.minutes(30) }
      const at = yield* attempts(retryable, settings, Effect.sleep("10 minutes"))
      const [first = 0] = at
      assert.isTrue(at.every((time) => time - first <= 30 * 60_000))
      assert.strictEqual(at.length, 3)
      assert.strictEqual((yield* attempts(hinted("31 minutes"), settings)).length, 1)
    })
  )

  it.effect("does not count the time that a circuit was open", () =>
    Effect.gen(function* () {
      const settings = { maxAttempts: 4, totalTimeout: Duration.minutes(5) }
      const wait = Effect.sleep("10 minutes")
      assert.strictEqual((yield* attempts(retryable, settings, wait)).length, 1)
      let waited = 0
      const counted = Effect.tap(wait, () => {
        waited += 600_000
        return Effect.void
      })
      const allowance = () => ({ waitedMs: waited, excused: 0 })
      assert.strictEqual((yield* attempts(retryable, settings, counted, allowance)).length, 4)
    })
  )

  it.effect(
    "does not count an attempt that failed in an outage, nor backs off after it (row 17)",
    () =>
      Effect.gen(function* () {
        let made = 0
        let excused = 0
        const work = Effect.andThen(
          Effect.sync(() => {
            // The first hundred meet an outage.
            if (++made <= 100) excused++
          }),
          Effect.sleep("1 second")
        )
        const at = yield* attempts(retryable, { maxAttempts: 3 }, work, () => ({
          waitedMs: 0,
          excused
        }))
        assert.strictEqual(at.length, 103)
        for (let n = 1; n <= 100; n++) assert.strictEqual((at[n] ?? 0) - (at[n - 1] ?? 0), 1_000)
        assert.isAtMost((at[101] ?? 0) - (at[100] ?? 0), 1_500)
      })
  )

  it.effect("excuses no more than a thousand attempts of one item", () =>
    Effect.gen(function* () {
      let excused = 0
      const work = Effect.andThen(
        Effect.sync(() => excused++),
        Effect.sleep("1 second")
      )
      const allowance = () => ({ waitedMs: 0, excused })
      const at = yield* attempts(retryable, { maxAttempts: 3 }, work, allowance)
      assert.strictEqual(at.length, 1_003)
    })
  )

  it.effect("sends nothing twice with one attempt, in an outage neither", () =>
    Effect.gen(function* () {
      const excused = () => ({ waitedMs: 0, excused: 1 })
      const at = yield* attempts(retryable, { maxAttempts: 1 }, Effect.void, excused)
      assert.strictEqual(at.length, 1)
    })
  )

  it.effect("is bound by the total time in an outage, too, and by the hint", () =>
    Effect.gen(function* () {
      let excused = 0
      const work = Effect.andThen(
        Effect.sync(() => excused++),
        Effect.sleep("60 seconds")
      )
      const settings = { maxAttempts: 3, totalTimeout: Duration.minutes(10) }
      const allowance = () => ({ waitedMs: 0, excused })
      assert.strictEqual((yield* attempts(retryable, settings, work, allowance)).length, 11)
      excused = 0
      const at = yield* attempts(hinted("2 minutes"), settings, work, allowance)
      assert.isAtLeast((at[1] ?? 0) - (at[0] ?? 0), 180_000)
    })
  )

  it.effect("is not moved by a wall clock that jumps an hour, either way", () =>
    Effect.gen(function* () {
      const real = yield* Clock.Clock
      const times = (jump: number) =>
        Effect.gen(function* () {
          const start = Number(real.monotonicTimeNanosUnsafe())
          const at: Array<number> = []
          let shift = 0
          const wall = () => real.currentTimeMillisUnsafe() + shift
          const jumpy: Clock.Clock = {
            currentTimeMillisUnsafe: wall,
            currentTimeMillis: Effect.sync(wall),
            currentTimeNanosUnsafe: () => BigInt(wall()) * 1_000_000n,
            currentTimeNanos: Effect.sync(() => BigInt(wall()) * 1_000_000n),
            monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
            monotonicTimeNanos: Effect.sync(() => real.monotonicTimeNanosUnsafe()),
            sleep: (duration) => real.sleep(duration)
          }
          const attempt = Effect.suspend(() => {
            at.push(Math.round((Number(real.monotonicTimeNanosUnsafe()) - start) / 1e6))
            shift = at.length % 2 === 0 ? jump : -jump
            return Effect.fail(retryable)
          })
          const fiber = yield* Effect.forkChild(
            Effect.flip(Effect.retry(attempt, RetryPolicy.make(defaults))).pipe(
              Effect.provideService(Clock.Clock, jumpy)
            )
          )
          yield* TestClock.adjust("10 minutes")
          yield* Fiber.join(fiber)
          return at
        }).pipe(Random.withSeed("jump"))
      const still = yield* times(0)
      assert.strictEqual(still.length, defaults.maxAttempts)
      assert.deepStrictEqual(yield* times(3_600_000), still)
    })
  )

  it.effect("gives the same delays for the same seed, and others for another", () =>
    Effect.gen(function* () {
      const times = (seed: string) => {
        const start = Clock.currentTimeMillis
        return Effect.flatMap(start, (zero) =>
          Effect.map(attempts(retryable), (at) => at.map((time) => Math.round(time - zero)))
        ).pipe(Random.withSeed(seed))
      }
      assert.deepStrictEqual(yield* times("a"), yield* times("a"))
      assert.notDeepEqual(yield* times("a"), yield* times("b"))
    })
  )

  it.effect("spreads a crowd: the first retries fill [0, base] evenly", () =>
    Effect.gen(function* () {
      const gaps: Array<number> = []
      for (let i = 0; i < 400; i++) {
        const at = yield* attempts(retryable, { maxAttempts: 2 })
        gaps.push((at[1] ?? 0) - (at[0] ?? 0))
      }
      assert.isTrue(gaps.every((gap) => gap >= 0 && gap <= 500))
      for (let quarter = 0; quarter < 4; quarter++) {
        const within = gaps.filter((gap) => Math.min(3, Math.floor(gap / 125)) === quarter)
        assert.isAtLeast(within.length, 70)
        assert.isAtMost(within.length, 130)
      }
    }).pipe(Random.withSeed(1))
  )

  it("names every wrong setting", () => {
    assert.deepStrictEqual(RetryConfig.problems(defaults), [])
    const wrong = { ...defaults, maxAttempts: 0.5 }
    assert.match(RetryConfig.problems(wrong).join(" "), /maxAttempts is 0\.5/)
  })
})
