/**
 * The places in flight, of all pools together: what everything on one limiter shares, runs, retries and streams alike.
 * Whoever finds none is noted, and comes first when one is given back. Used by `Turnstile.ts`.
 */
import type { Pool } from "./Pool.ts"

export class Places {
  private readonly most: number
  private taken = 0
  /** Pools whose head had quota but no place, longest waiting first. */
  private readonly without = new Set<Pool>()

  constructor(most: number) {
    this.most = most
  }

  get free(): boolean {
    return this.taken < this.most
  }

  take(pool: Pool): void {
    pool.inFlight++
    this.taken++
  }

  /** The pool's head could go, but for a place. */
  want(pool: Pool): void {
    this.without.add(pool)
  }

  /** @param offer lets through who can go in this pool */
  give(pool: Pool, offer: (pool: Pool) => void): void {
    pool.inFlight--
    this.taken--
    for (const next of this.without) {
      if (!this.free) return
      this.without.delete(next)
      offer(next)
    }
  }
}
