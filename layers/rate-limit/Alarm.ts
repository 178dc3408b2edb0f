/** The one timer of a pool: rings at the exact time of the next admission. Used by `Turnstile.ts`. */
import { type Clock, Duration, Effect, type Fiber } from "effect"

interface Due {
  readonly at: number
  readonly fiber: Fiber.Fiber<void>
}

export class Alarm {
  private readonly clock: Clock.Clock
  private readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly ring: () => void
  private timer: Due | undefined

  constructor(
    clock: Clock.Clock,
    fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>,
    ring: () => void
  ) {
    this.clock = clock
    this.fork = fork
    this.ring = ring
  }

  /** Rings at `at`, or earlier where it was set to: who is woken too early sets it again. Infinity: never. */
  set(at: number, now: number): void {
    if (at === Number.POSITIVE_INFINITY) return
    if (this.timer !== undefined) {
      if (this.timer.at <= at) return
      this.timer.fiber.interruptUnsafe()
    }
    const due = Effect.sync(() => {
      this.timer = undefined
      this.ring()
    })
    const delay = Duration.millis(Math.max(1, Math.ceil(at - now)))
    this.timer = { at, fiber: this.fork(Effect.andThen(this.clock.sleep(delay), due)) }
  }

  cancel(): void {
    this.timer?.fiber.interruptUnsafe()
    this.timer = undefined
  }
}
