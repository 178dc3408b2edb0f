/**
 * The client's own manners, beside what the provider's bucket would allow: how much may go out at once (`burst`), and a
 * lower rate for a while after the provider said `slow_down`. With a full burst and no `slow_down` it never holds back.
 */
import type { MinuteUsage } from "./MinuteUsage.ts"

const MINUTE = 60_000

/** `slow_down` halves the rate, at most once in this time: the answers of one moment are one event. */
const EPISODE = 10_000
/** The full rate is back this long after the last `slow_down`: the platform looks at 15 minutes of growth. */
const RECOVERY = 15 * MINUTE
/** The lowest share of the limit that repeated `slow_down`s lead to. */
const LOWEST = 1 / 16

export class Pacer {
  private readonly burst: number
  private level = 0
  private at: number
  private share = 1
  private slowedAt = Number.NEGATIVE_INFINITY
  private started = false

  constructor(burst: number, now: number) {
    this.burst = burst
    this.at = now
  }

  slowDown(now: number): void {
    if (now - this.slowedAt < EPISODE) return
    this.share = Math.max(LOWEST, this.shareAt(now) / 2)
    this.slowedAt = now
    this.level = Math.min(this.level, 0)
  }

  /** Milliseconds until `charge` may go; 0: now. */
  wait(charge: number, limit: number, usage: MinuteUsage, now: number): number {
    const share = this.shareAt(now)
    if (this.burst >= 1 && share >= 1) return 0
    const capacity = this.advance(limit, share, now)
    const short = Math.min(charge, capacity) - this.level
    const paced = short <= limit * 1e-9 ? 0 : (short * MINUTE) / (limit * share)
    // Pacing alone lets the first request of a window through on top of a minute's worth.
    const most = limit * (1 + this.burst)
    const windowed = this.burst >= 1 ? 0 : usage.fallsTo(most - charge, now) - now
    return Math.max(paced, windowed)
  }

  take(charge: number, limit: number, now: number): void {
    if (this.burst >= 1 && this.shareAt(now) >= 1) return
    this.advance(limit, this.shareAt(now), now)
    this.level -= charge
  }

  refund(charge: number): void {
    this.level += charge
  }

  /** The rate as a share of the limit: rises evenly from the cut back to 1. */
  private shareAt(now: number): number {
    if (this.share >= 1) return 1
    const recovered = (now - this.slowedAt) / RECOVERY
    if (recovered < 1) return this.share + (1 - this.share) * Math.max(0, recovered)
    this.share = 1
    return 1
  }

  private advance(limit: number, share: number, now: number): number {
    const capacity = share < 1 ? 0 : this.burst * limit
    if (!this.started) {
      this.started = true
      this.level = Math.min(this.level + capacity, capacity)
    } else if (now > this.at) {
      this.level += ((now - this.at) * limit * share) / MINUTE
    }
    this.level = Math.min(this.level, capacity)
    this.at = now
    return capacity
  }
}
