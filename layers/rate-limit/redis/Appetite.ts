/**
 * How large the next lease should be: as many requests as this process lets through while a lease lasts. It doubles where
 * a lease was used up early and halves where it lasted long; Redis gives no more than the fair share, unless the quota is
 * far from used up.
 */
import type { Charge } from "../../../src/rate-limit/PoolQuota.ts"
import { bounded } from "./Lease.ts"
import type { Pair } from "./QuotaScript.ts"

const MOST = 100_000
/** Weight of one request in the mean of tokens. */
const WEIGHT = 1 / 16

export class Appetite {
  private readonly lease: number
  private requests = 1
  /** Tokens of a request. */
  private mean = 0
  private grantedAt: number | undefined

  constructor(lease: number) {
    this.lease = lease
  }

  took(charge: Charge): void {
    this.mean += (bounded(charge.tokens) - this.mean) * (this.mean === 0 ? 1 : WEIGHT)
  }

  granted(now: number): void {
    this.grantedAt = now
  }

  /** The lease that is due now, and what whoever waits first needs of it. */
  next(waiter: Charge, now: number): { readonly want: Pair; readonly least: Pair } {
    if (this.grantedAt !== undefined) {
      const lasted = now - this.grantedAt
      if (lasted < this.lease) this.requests = Math.min(MOST, this.requests * 2)
      else if (lasted > 2 * this.lease) this.requests = Math.max(1, this.requests / 2)
      this.grantedAt = undefined
    }
    const least: Pair = [bounded(waiter.requests), bounded(waiter.tokens)]
    const { mean, requests } = this
    return {
      least,
      want: [Math.max(least[0], requests), Math.max(least[1], bounded(requests * mean))]
    }
  }
}
