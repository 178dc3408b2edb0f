/**
 * Virtual time for code that cannot be given a clock: `Date`, `performance`, `setTimeout` and `setInterval` are replaced,
 * and Effect's `Clock` reads and waits on the same time, so that a library's timers and the wire's Effects run in lockstep.
 * Nobody turns the clock: whenever nothing is left to do at the present moment, time jumps to the next timer. An hour
 * with a million timers passes in seconds. Used by the clients whose `time` is `globals`; the others run on `TestClock`.
 */
import { install } from "@sinonjs/fake-timers"
import { Clock, Duration, Effect, type Exit, Scheduler } from "effect"

/** `setImmediate` stays real: it is what lets promises settle between two timers. */
const REPLACED = [
  "Date",
  "performance",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval"
] as const

const NANOS = 1_000_000

/** Reads the replaced globals. A wait is rounded up to whole milliseconds, which is all that timers know. */
const makeClock = (): Clock.Clock => {
  const millis = () => Date.now()
  const nanos = () => BigInt(Math.round(Date.now())) * BigInt(NANOS)
  const sleep = (milliseconds: number): Effect.Effect<void> => {
    if (!(milliseconds > 0)) return Effect.yieldNow
    if (milliseconds === Number.POSITIVE_INFINITY) return Effect.never
    return Effect.callback((resume) => {
      const timer = setTimeout(() => resume(Effect.void), Math.ceil(milliseconds))
      return Effect.sync(() => clearTimeout(timer))
    })
  }
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => sleep(Duration.toMillis(duration))
  }
}

/** Work of fibers that has to run before time may go on. */
const makeReady = () => {
  let ready: Array<{ task: (() => void) | undefined }> = []
  return {
    scheduler: new Scheduler.MixedScheduler("async", (task) => {
      const entry: { task: (() => void) | undefined } = { task }
      ready.push(entry)
      return () => {
        entry.task = undefined
      }
    }),
    /** Whether there was any. */
    run: (): boolean => {
      if (ready.length === 0) return false
      const due = ready
      ready = []
      for (const entry of due) entry.task?.()
      return true
    }
  }
}

/**
 * Runs an effect, and all that it calls, in virtual time from 0 until it ends. Inside, nothing may wait for anything real
 * (a file, a socket): time would not wait for it. If nothing at all is left to wait for, the effect can never end, and that
 * is a defect. Only one at a time in a process.
 */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.contextWith((context) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const settle = globalThis.setImmediate
        return {
          settled: () => new Promise<void>((resolve) => settle(() => resolve())),
          timers: install({ now: 0, toFake: [...REPLACED] })
        }
      }),
      ({ settled, timers }) =>
        Effect.flatten(
          Effect.callback<Exit.Exit<A, E>>((resume) => {
            const ready = makeReady()
            const fiber = effect.pipe(
              Effect.provideService(Clock.Clock, makeClock()),
              Effect.provideService(Scheduler.Scheduler, ready.scheduler),
              Effect.runForkWith(context)
            )
            const drive = async () => {
              for (;;) {
                await settled()
                const exit = fiber.pollUnsafe()
                if (exit !== undefined) return exit
                if (ready.run()) continue
                if (timers.countTimers() === 0) throw new Error("Nothing is left to wait for.")
                timers.next()
              }
            }
            const ended = drive()
            ended.then(
              (exit) => resume(Effect.succeed(exit)),
              (defect) => resume(Effect.die(defect))
            )
            return Effect.andThen(
              Effect.sync(() => fiber.interruptUnsafe()),
              Effect.ignoreCause(Effect.promise(() => ended))
            )
          })
        ),
      ({ timers }) => Effect.sync(() => timers.uninstall())
    )
  )
