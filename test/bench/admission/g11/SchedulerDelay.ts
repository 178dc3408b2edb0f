/**
 * Measures what the limiter itself adds to a request's way, at its port.
 *
 * The scheduler's own delay of a request runs from the moment when it could have gone to the moment when the limiter
 * lets it go. It could have gone when three things were there: the request (`withPermit` was run), quota (G11's never
 * binds, so always), and a place in flight. The k-th request that is let through takes the k-th place that came free,
 * the first ones the places that were free from the start. A place comes free when the effect under the permit ends:
 * giving the permit back, choosing who is next and waking its fiber all count as delay, and so does whatever else the
 * process does in between, as collecting garbage. Who finds a place free goes in the same synchronous step: those are
 * left out, because they would only make the figure smaller.
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks"
import { Effect } from "effect"
import { RateLimiter } from "spillway/rate-limit/RateLimiter"

/** When each place came free, oldest first, in a ring: never more than there are places. */
class FreePlaces {
  private readonly times: Float64Array
  private oldest = 0
  private size: number

  constructor(places: number) {
    this.times = new Float64Array(places).fill(Number.NEGATIVE_INFINITY)
    this.size = places
  }

  free(at: number): void {
    this.times[(this.oldest + this.size) % this.times.length] = at
    this.size++
  }

  take(): number {
    if (this.size === 0) throw new Error("The limiter let through more than maxInFlight")
    const at = this.times[this.oldest] ?? 0
    this.oldest = (this.oldest + 1) % this.times.length
    this.size--
    return at
  }
}

export interface SchedulerDelay {
  /** Of those who found no place free, nanoseconds. */
  readonly histogram: RecordableHistogram
  /** The same limiter, watched. */
  readonly watch: (limiter: RateLimiter["Service"]) => RateLimiter["Service"]
}

/** @param maxInFlight the limiter's own */
export const make = (maxInFlight: number): SchedulerDelay => {
  const histogram = createHistogram()
  const places = new FreePlaces(maxInFlight)
  return {
    histogram,
    watch: (limiter) =>
      RateLimiter.of({
        ...limiter,
        withPermit: (demand, use) =>
          Effect.suspend(() => {
            const arrived = performance.now()
            return limiter.withPermit(demand, (permit) => {
              const free = places.take()
              if (free > arrived)
                histogram.record(Math.max(1, Math.round((performance.now() - free) * 1e6)))
              return Effect.onExitPrimitive(use(permit), () => {
                places.free(performance.now())
                return undefined
              })
            })
          })
      })
  }
}
