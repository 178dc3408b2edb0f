/**
 * The client's own manners, beside what the provider's bucket would allow: how much may go out at once (`burst`), and a
 * lower rate for a while after the provider said `slow_down`. With a full burst and no `slow_down` it never holds back.
 *
 * `slow_down` means that traffic has grown by more than half within 15 minutes, whatever the limits allow. So the answer is
 * a cap that starts below what was just sent and may itself grow by half in 15 minutes.
 * https://platform.openai.com/docs/guides/rate-limits
 */
import type { MinuteUsage } from "./MinuteUsage.ts"

const MINUTE = 60_000

/** Refusals within this time of a cut are of the same event. */
const EPISODE = 10_000
/** The cap starts at this share of what went out in the last minute. */
const CUT = 0.75
/** By how much it grows in `GROWTH_TIME`: what the platform tolerates. */
const GROWTH = 1.5
const GROWTH_TIME = 15 * MINUTE
/** The lowest cap, per minute: below a million tokens the rule does not hold. */
const LOWEST = 1_000_000

export class Pacer {
  private readonly burst: number
  private level = 0
  private at: number
  /** Per minute, as of `slowedAt`. */
  private cap = Number.POSITIVE_INFINITY
  private slowedAt = Number.NEGATIVE_INFINITY
  private started = false

  constructor(burst: number, now: number) {
    this.burst = burst
    this.at = now
  }

  /** @param limit per minute */
  slowDown(limit: number, usage: MinuteUsage, now: number): void {
    if (now - this.slowedAt < EPISODE) return
    const sent = Math.min(this.capAt(now, limit), limit, usage.total(now))
    this.cap = Math.max(CUT * sent, LOWEST)
    this.slowedAt = now
    this.level = Math.min(this.level, 0)
  }

  /** Milliseconds until `charge` may go; 0: now. */
  wait(charge: number, limit: number, usage: MinuteUsage, now: number): number {
    const cap = this.capAt(now, limit)
    const capped = cap < limit
    if (this.burst >= 1 && !capped) return 0
    const rate = Math.min(cap, limit)
    const capacity = this.advance(limit, rate, now)
    const short = Math.min(charge, capacity) - this.level
    const paced = short <= limit * 1e-9 ? 0 : (short * MINUTE) / rate
    // Pacing alone lets the first request of a window through on top of a minute's worth.
    const most = capped ? rate : limit * (1 + this.burst)
    const windowed =
      this.burst >= 1 && !capped ? 0 : usage.fallsTo(Math.max(0, most - charge), now) - now
    return Math.max(paced, windowed)
  }

  take(charge: number, limit: number, now: number): void {
    const cap = this.capAt(now, limit)
    if (this.burst >= 1 && cap >= limit) return
    this.advance(limit, Math.min(cap, limit), now)
    this.level -= charge
  }

  refund(charge: number): void {
    this.level += charge
  }

  private capAt(now: number, limit: number): number {
    if (this.cap === Number.POSITIVE_INFINITY) return this.cap
    const grown = this.cap * GROWTH ** (Math.max(0, now - this.slowedAt) / GROWTH_TIME)
    if (grown < limit) return grown
    this.cap = Number.POSITIVE_INFINITY
    return this.cap
  }

  private advance(limit: number, rate: number, now: number): number {
    const capacity = rate < limit ? 0 : this.burst * limit
    if (!this.started) {
      this.started = true
      this.level = Math.min(this.level + capacity, capacity)
    } else if (now > this.at) {
      this.level += ((now - this.at) * rate) / MINUTE
    }
    this.level = Math.min(this.level, capacity)
    this.at = now
    return capacity
  }
}
