/**
 * One limit of time for many effects at once. The limit is the same for all, so that they are due in the order in which
 * they began: a single timer, set for the oldest, serves them all. A race with a sleep for each would cost every request
 * two more fibers and a timer, about 15 µs of processor time. Used by `Attempt.ts`.
 */
import { Cause, Clock, type Context, Duration, Effect, Exit, Fiber, type Scope } from "effect"

/** An effect under way. */
interface Entry {
  /** Milliseconds of the monotonic clock. */
  readonly due: number
  readonly fiber: Fiber.Fiber<unknown, unknown>
  late: boolean
}

/** Interrupts the effect where it takes too long, and fails with what `late` says once it has given up. */
export type Within = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  late: () => E2
) => Effect.Effect<A, E | E2, R>

/** @param limit counted from the beginning of each effect; `Duration.infinity` for none */
export const make = Effect.fnUntraced(function* (
  limit: Duration.Duration
): Effect.fn.Return<Within, never, Scope.Scope> {
  if (!Duration.isFinite(limit)) return (effect) => effect
  const millis = Duration.toMillis(limit)
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  // In the order of insertion, which is that of the deadlines.
  const underWay = new Set<Entry>()
  let timer: Fiber.Fiber<void> | undefined

  const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

  const arm = (): void => {
    const oldest = underWay.values().next().value
    if (oldest === undefined) return
    const wait = Duration.millis(Math.max(1, Math.ceil(oldest.due - now())))
    timer = Fiber.runIn(runFork(Effect.andThen(clock.sleep(wait), Effect.sync(expire))), scope)
  }

  const expire = (): void => {
    timer = undefined
    const time = now()
    for (const entry of underWay) {
      if (entry.due > time) break
      underWay.delete(entry)
      entry.late = true
      entry.fiber.interruptUnsafe()
    }
    if (timer === undefined) arm()
  }

  const leave = (entry: Entry): void => {
    underWay.delete(entry)
    if (underWay.size > 0) return
    // Nothing of it may keep the process alive.
    timer?.interruptUnsafe()
    timer = undefined
  }

  return <A, E, R, E2>(effect: Effect.Effect<A, E, R>, late: () => E2) =>
    Effect.contextWith((context: Context.Context<R>) =>
      Effect.callback<A, E | E2>((resume) => {
        const due = now() + millis
        const fiber = Effect.runForkWith(context)(effect)
        const entry: Entry = { due, fiber, late: false }
        underWay.add(entry)
        if (timer === undefined) arm()
        fiber.addObserver((exit) => {
          leave(entry)
          const cut = entry.late && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
          resume(cut ? Effect.fail(late()) : exit)
        })
        return Fiber.interrupt(fiber)
      })
    )
})
