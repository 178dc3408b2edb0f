/**
 * Lets a test that runs on `TestClock` end without guessing how long it takes: time moves from timer to timer until the
 * work is done, and stands at the moment of its end afterwards.
 */
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** Turns of the event loop that work gets between two timers: promises and fibers may need several. */
const TURNS = 8

/** Virtual milliseconds without a timer of its own after which the work is taken to hang: one year. */
const HOPELESS = 365 * 24 * 3_600_000

interface Timer {
  readonly at: number
}

/** Notes every sleep that is begun on this clock, by whichever fiber, until released. */
const watch = (clock: TestClock.TestClock) => {
  const timers = new Set<Timer>()
  const sleep = clock.sleep
  clock.sleep = (duration) =>
    Effect.suspend(() => {
      const timer = { at: clock.currentTimeMillisUnsafe() + Duration.toMillis(duration) }
      timers.add(timer)
      return Effect.ensuring(
        sleep(duration),
        Effect.sync(() => timers.delete(timer))
      )
    })
  const next = (): number => {
    let earliest = Number.POSITIVE_INFINITY
    for (const { at } of timers) if (at < earliest) earliest = at
    return earliest
  }
  const release = Effect.sync(() => {
    clock.sleep = sleep
  })
  return { next, release }
}

const turn = Effect.callback<void>((resume) => {
  const handle = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(handle))
})

/**
 * Runs the effect to its end in virtual time and returns what it returns. Timers that were set before are passed by in
 * steps that grow, so time may then stand a little after the end. Dies if the work waits for something no timer brings.
 */
export const runToEnd = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  TestClock.testClockWith((clock) =>
    Effect.acquireUseRelease(
      Effect.sync(() => watch(clock)),
      Effect.fnUntraced(function* ({ next }) {
        const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
        let blind = 1
        while (fiber.pollUnsafe() === undefined) {
          for (let n = 0; n < TURNS && fiber.pollUnsafe() === undefined; n++) yield* turn
          if (fiber.pollUnsafe() !== undefined) break
          const at = next()
          if (Number.isFinite(at)) {
            blind = 1
            yield* clock.setTime(Math.max(at, clock.currentTimeMillisUnsafe()))
          } else if (blind > HOPELESS) {
            return yield* Effect.die(
              new Error("The work waits for something that no timer brings.")
            )
          } else {
            yield* clock.adjust(blind)
            blind *= 2
          }
        }
        return yield* Fiber.join(fiber)
      }),
      ({ release }) => release
    )
  )
