/**
 * Who waits first for a share of the quota, and whether Redis knows. Whoever stops waiting says nothing, so it is
 * forgotten before each pump of the queue (`Turnstile.ts`), and named again by it if it still waits.
 */
import type { Charge } from "../../../src/rate-limit/PoolQuota.ts"

export class FirstWaiter {
  charge: Charge | undefined
  /** For whom the last call asked, and when to ask again. */
  private asked: Charge | undefined
  private againAt = Number.NEGATIVE_INFINITY

  /** @returns whether Redis is to be asked now */
  waits(charge: Charge, busy: boolean, now: number): boolean {
    this.charge = charge
    const { asked } = this
    const known = asked?.requests === charge.requests && asked.tokens === charge.tokens
    return !known || (!busy && now >= this.againAt)
  }

  forget(): void {
    this.charge = undefined
  }

  calling(): void {
    this.asked = this.charge
  }

  /** Nothing was granted, and nothing will be before then. */
  refused(againAt: number): void {
    this.againAt = againAt
  }

  /** Whoever waits from now on is not known yet. */
  served(): void {
    this.asked = undefined
  }
}
