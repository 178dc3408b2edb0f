/**
 * Hours in seconds: an effect runs to its end on a clock of its own, which nobody turns: whenever nothing is left to do at
 * the present moment, time jumps to the next sleep. It keeps the promise of Effect's `TestClock` (sleepers wake in order,
 * each has done all it can before the next one wakes) at a fifth of the cost, which a million sleeps need. For clients that
 * use `Date` and `setTimeout` the same is done by `GlobalTime.ts`. Inside, nothing may wait for anything real.
 */
import { Clock, Duration, Effect, type Exit, References, Scheduler } from "effect"

interface Sleeper {
  readonly at: number
  /** Of two that wake at the same time, the first to sleep is the first to wake. */
  readonly order: number
  wake: (() => void) | undefined
}

const isBefore = (a: Sleeper, b: Sleeper): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order)

/** A heap: the next to wake is at the front. */
const makeSleepers = () => {
  const heap: Array<Sleeper> = []
  return {
    push: (sleeper: Sleeper): void => {
      let at = heap.push(sleeper) - 1
      while (at > 0) {
        const up = (at - 1) >> 1
        const parent = heap[up] as Sleeper
        if (!isBefore(sleeper, parent)) break
        heap[at] = parent
        at = up
      }
      heap[at] = sleeper
    },
    pop: (): Sleeper | undefined => {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined || heap.length === 0) return first
      let at = 0
      for (let down = 1; down < heap.length; down = 2 * at + 1) {
        const [left, right] = [heap[down] as Sleeper, heap[down + 1]]
        const child = right !== undefined && isBefore(right, left) ? right : left
        if (!isBefore(child, last)) break
        heap[at] = child
        at = child === left ? down : down + 1
      }
      heap[at] = last
      return first
    }
  }
}

/** Starts at 0, and goes nowhere by itself. */
const makeClock = () => {
  const sleepers = makeSleepers()
  let now = 0
  let order = 0
  const millis = () => now
  const nanos = () => BigInt(Math.round(now * 1e6))
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const milliseconds = Duration.toMillis(duration)
      if (!(milliseconds > 0)) return Effect.yieldNow
      if (milliseconds === Number.POSITIVE_INFINITY) return Effect.never
      return Effect.callback((resume) => {
        const wake = () => resume(Effect.void)
        const sleeper: Sleeper = { at: now + milliseconds, order: order++, wake }
        sleepers.push(sleeper)
        return Effect.sync(() => {
          sleeper.wake = undefined
        })
      })
    }
  }
  /** Wakes the next sleeper at its time. False: nobody sleeps. */
  const next = (): boolean => {
    for (let sleeper = sleepers.pop(); sleeper !== undefined; sleeper = sleepers.pop()) {
      if (sleeper.wake === undefined) continue
      now = sleeper.at
      sleeper.wake()
      return true
    }
    return false
  }
  return { clock, next }
}

/** Turns of the fibers that are due: one queue, emptied before time goes on. */
const makeTurns = () => {
  let turns: Array<{ task: (() => void) | undefined }> = []
  return {
    scheduler: new Scheduler.MixedScheduler("async", (task) => {
      const turn: { task: (() => void) | undefined } = { task }
      turns.push(turn)
      return () => {
        turn.task = undefined
      }
    }),
    run: (): void => {
      while (turns.length > 0) {
        const due = turns
        turns = []
        for (const { task } of due) task?.()
      }
    }
  }
}

/** Sleeps between two looks at the real event loop. */
const STRETCH = 1_000

/** Looks at the real event loop for a promise that may still come, before the effect is taken to hang. */
const PATIENCE = 100

/** Dies if the effect waits for something that no sleep brings. */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.contextWith((context) =>
    Effect.flatten(
      Effect.callback<Exit.Exit<A, E>>((resume) => {
        const { clock, next } = makeClock()
        const turns = makeTurns()
        const fiber = effect.pipe(
          Effect.provideService(Clock.Clock, clock),
          Effect.provideService(References.Scheduler, turns.scheduler),
          Effect.runForkWith(context)
        )
        let stuck = 0
        const drive = (): void => {
          for (let slept = 0; slept < STRETCH; slept++) {
            turns.run()
            const exit = fiber.pollUnsafe()
            if (exit !== undefined) {
              resume(Effect.succeed(exit))
              return
            }
            if (next()) stuck = 0
            else if (++stuck > PATIENCE) {
              resume(Effect.die(new Error("Nothing is left to wait for.")))
              return
            } else break
          }
          setImmediate(drive)
        }
        drive()
        return Effect.sync(() => fiber.interruptUnsafe())
      })
    )
  )

/** The same clock, whose wall time somebody sets: what has passed, and what is waited for, stays as it is. */
export const withWallJumps = (
  clock: Clock.Clock,
  jumps: ReadonlyArray<{ readonly at: number; readonly by: number }>
): Clock.Clock => {
  const monotonic = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const startedAt = monotonic()
  const offset = () => {
    const now = monotonic() - startedAt
    return jumps.reduce((sum, { at, by }) => (at <= now ? sum + by : sum), 0)
  }
  const millis = () => clock.currentTimeMillisUnsafe() + offset()
  const nanos = () => clock.currentTimeNanosUnsafe() + BigInt(Math.round(offset() * 1e6))
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
}
