import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Deadlines from "spillway/layers/generate/Deadlines"

const late = () => "late"

describe("Deadlines", () => {
  it.effect("cuts each off at the limit, counted from its own beginning", () =>
    Effect.gen(function* () {
      const within = yield* Deadlines.make(Duration.seconds(10))
      const cut: Array<string> = []
      const one = (name: string) =>
        within(Effect.never, () => name).pipe(
          Effect.catch((error) => Effect.sync(() => cut.push(error))),
          Effect.forkChild({ startImmediately: true })
        )
      yield* one("first")
      yield* TestClock.adjust("4 seconds")
      yield* one("second")
      yield* TestClock.adjust("5999 millis")
      assert.deepStrictEqual(cut, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(cut, ["first"])
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(cut, ["first", "second"])
    }).pipe(Effect.scoped)
  )

  it.effect("passes on what comes in time, and sets its timer for the next one", () =>
    Effect.gen(function* () {
      const within = yield* Deadlines.make(Duration.seconds(10))
      const early = yield* Effect.forkChild(
        within(Effect.as(Effect.sleep("2 seconds"), "early"), late),
        { startImmediately: true }
      )
      yield* TestClock.adjust("1 seconds")
      const other = yield* Effect.forkChild(within(Effect.never, late), { startImmediately: true })
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(yield* Fiber.join(early), "early")
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* Fiber.await(other), Exit.fail("late"))
      assert.strictEqual(yield* within(Effect.succeed("at once"), late), "at once")
      assert.deepStrictEqual(yield* Effect.exit(within(Effect.fail("own"), late)), Exit.fail("own"))
    }).pipe(Effect.scoped)
  )

  it.effect("waits for the cleaning up of what it cuts off", () =>
    Effect.gen(function* () {
      const within = yield* Deadlines.make(Duration.seconds(1))
      let clean = false
      const slow = Effect.never.pipe(
        Effect.onInterrupt(() =>
          Effect.andThen(
            Effect.sleep("1 seconds"),
            Effect.sync(() => {
              clean = true
            })
          )
        )
      )
      const fiber = yield* Effect.forkChild(
        Effect.andThen(
          Effect.exit(within(slow, late)),
          Effect.sync(() => clean)
        ),
        { startImmediately: true }
      )
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(yield* Fiber.join(fiber))
    }).pipe(Effect.scoped)
  )

  it.effect("interrupts the effect with its caller, before the caller ends", () =>
    Effect.gen(function* () {
      const within = yield* Deadlines.make(Duration.seconds(1))
      let interrupted = false
      const effect = Effect.never.pipe(
        Effect.onInterrupt(() =>
          Effect.sync(() => {
            interrupted = true
          })
        )
      )
      const fiber = yield* Effect.forkChild(within(effect, late), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.isTrue(interrupted)
    }).pipe(Effect.scoped)
  )
})
