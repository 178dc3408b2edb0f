/** Virtual time for libraries that use `Date` and timers. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import * as GlobalTime from "../bench/admission/GlobalTime.ts"

const globals = () => [
  Date,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  queueMicrotask,
  performance.now
]

describe("global time", () => {
  it.live("passes for timers, dates and Effect's clock alike", () =>
    GlobalTime.run(
      Effect.gen(function* () {
        const seen: Array<string> = []
        setTimeout(() => seen.push(`timer ${Date.now()}`), 3_600_000)
        const fiber = yield* Effect.forkChild(
          Effect.andThen(
            Effect.sleep("1 hour"),
            Clock.clockWith((clock) =>
              Effect.sync(() => seen.push(`clock ${clock.currentTimeMillisUnsafe()}`))
            )
          )
        )
        yield* Effect.sleep("59 minutes")
        assert.deepStrictEqual(seen, [])
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(seen, ["timer 3600000", "clock 3600000"])
        assert.strictEqual(performance.now(), 3_600_000)
        assert.strictEqual(yield* Clock.monotonicTimeNanos, 3_600_000_000_000n)
      })
    )
  )

  it.live("lets promises and fibers finish with the present before it goes on", () =>
    GlobalTime.run(
      Effect.gen(function* () {
        const times: Array<number> = []
        yield* Effect.forkChild(Effect.sleep(1))
        yield* Effect.promise(async () => {
          for (let n = 0; n < 1_000; n++) await Promise.resolve()
          times.push(Date.now())
        })
        for (let n = 0; n < 100; n++) yield* Effect.yieldNow
        times.push(Date.now())
        assert.deepStrictEqual(times, [0, 0])
      })
    )
  )

  it.live("takes twenty thousand timers, and wakes nobody too early", () =>
    GlobalTime.run(
      Effect.gen(function* () {
        const late = Effect.fnUntraced(function* (milliseconds: number) {
          yield* Effect.sleep(milliseconds)
          return Date.now() - milliseconds
        })
        const lateness = yield* Effect.forEach(
          Array.from({ length: 20_000 }, (_, n) => (n * 7_919.37) % 600_000),
          late,
          { concurrency: "unbounded" }
        )
        assert.isTrue(lateness.every((each) => each >= 0 && each < 1))
      })
    )
  )

  it.live("gives everything back when the effect ends, fails, dies or is interrupted", () =>
    Effect.gen(function* () {
      const before = globals()
      const withTimer = Effect.sync(() => {
        setInterval(() => {}, 1)
        assert.notStrictEqual(setTimeout, before[1])
      })
      for (const ending of [
        Effect.void,
        Effect.fail("no"),
        Effect.die("never"),
        Effect.interrupt
      ]) {
        yield* Effect.exit(GlobalTime.run(Effect.andThen(withTimer, ending)))
        assert.deepStrictEqual(globals(), before)
      }
      const fiber = yield* Effect.forkChild(
        GlobalTime.run(Effect.andThen(withTimer, Effect.forever(Effect.sleep(1))))
      )
      yield* Effect.yieldNow
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(globals(), before)
    })
  )

  it.live("is a defect where nothing is left to wait for", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(GlobalTime.run(Effect.never))
      assert.isTrue(Exit.hasDies(exit))
    })
  )
})
