/**
 * A clock that a model test moves by hand, without a fiber of its own: what is due wakes inside `advance`, in order, so
 * that a hundred thousand commands take seconds. For tests of programs `TestClock` is the one to take.
 */
import { type Clock, Duration, Effect } from "effect"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export class SteppedClock implements Clock.Clock {
  /** Milliseconds. */
  now = 0
  private readonly sleepers = new Set<Sleeper>()

  readonly currentTimeMillis = Effect.sync(() => this.now)
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())

  currentTimeMillisUnsafe(): number {
    return this.now
  }
  currentTimeNanosUnsafe(): bigint {
    return BigInt(Math.round(this.now * 1e6))
  }
  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }
  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const at = this.now + Duration.toMillis(duration)
      const sleeper = { at, wake: () => resume(Effect.void) }
      this.sleepers.add(sleeper)
      return Effect.sync(() => this.sleepers.delete(sleeper))
    })
  }

  /** When somebody is due next; Infinity: nobody sleeps. */
  get next(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { at } of this.sleepers) next = Math.min(next, at)
    return next
  }

  advance(millis: number): void {
    const until = this.now + millis
    for (let at = this.next; at <= until; at = this.next) {
      this.now = at
      for (const sleeper of [...this.sleepers]) {
        if (sleeper.at > at) continue
        this.sleepers.delete(sleeper)
        sleeper.wake()
      }
    }
    this.now = until
  }
}
