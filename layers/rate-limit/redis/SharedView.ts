/**
 * A process's picture of the shared quota, as of the last answer of Redis: limits and levels for whoever asks, and what a
 * request is marked with when it leaves. `LeasedQuota.ts` keeps it up to date.
 */
import type { RateLimits } from "../../../src/config/RateLimitConfig.ts"
import type { Charge, Excess } from "../../../src/rate-limit/PoolQuota.ts"
import type { BucketState } from "../../../src/rate-limit/RateLimiter.ts"
import type { SharedMark } from "./HeardHeads.ts"
import * as KnownLimits from "./KnownLimits.ts"
import type { Answer } from "./QuotaScript.ts"

const MINUTE = 60_000

export class SharedView {
  known: KnownLimits.Known = {}
  private last: Answer | undefined
  private answeredAt = 0
  /** What to add to our clock for that of Redis, at least and at most. */
  private ahead = { least: 0, most: 0 }
  private readonly settings: RateLimits

  constructor(settings: RateLimits) {
    this.settings = settings
  }

  /** Whether Redis was ever reached. */
  get reached(): boolean {
    return this.last !== undefined
  }

  /** The state that the last answer told of. */
  get epoch(): number {
    return this.last?.epoch ?? 0
  }

  /** Processes that use the quota, as far as known. */
  get live(): number {
    return this.last?.live ?? 1
  }

  update(answer: Answer, startedAt: number, now: number): void {
    this.last = answer
    this.answeredAt = now
    this.ahead = { least: answer.now - now, most: answer.now - startedAt }
    this.known = KnownLimits.of(answer.limits)
  }

  mark(charge: Charge, now: number): SharedMark | undefined {
    const { ahead, last } = this
    if (last === undefined) return undefined
    const { epoch, seen } = last
    return {
      epoch,
      after: now + ahead.least,
      at: now + ahead.most,
      charge: [charge.requests, charge.tokens],
      // Whoever answers it has seen it.
      seen: [seen[0] + charge.requests, seen[1] + charge.tokens]
    }
  }

  excess(charge: Charge): Excess | undefined {
    return KnownLimits.excess(this.known, this.settings, charge)
  }

  share(charge: Charge): number {
    const requests = this.known.rm?.limit ?? this.settings.requestsPerMinute
    const tokens = this.known.tm?.limit ?? this.settings.tokensPerMinute
    return Math.max(charge.requests / requests, charge.tokens / tokens)
  }

  dayAdmission(charge: Charge, now: number): number {
    const passed = now - this.answeredAt
    const requests = KnownLimits.dayWait(this.known.rd, charge.requests, passed)
    return now + Math.max(requests, KnownLimits.dayWait(this.known.td, charge.tokens, passed))
  }

  requestsState(now: number): BucketState {
    return KnownLimits.state(this.known.rm, this.used(0, now))
  }

  tokensState(now: number): BucketState {
    return KnownLimits.state(KnownLimits.tighter(this.known.tm, this.known.tp), this.used(1, now))
  }

  dayState(now: number): BucketState | undefined {
    const { rd, td } = this.known
    const left = (day: KnownLimits.KnownLimit | undefined) =>
      day === undefined ? Number.POSITIVE_INFINITY : day.level / day.limit
    const tokens = left(td) < left(rd)
    const day = tokens ? td : rd
    return day === undefined ? undefined : KnownLimits.state(day, this.used(tokens ? 1 : 0, now))
  }

  private used(unit: 0 | 1, now: number): number {
    return (this.last?.used[unit] ?? 0) * Math.max(0, 1 - (now - this.answeredAt) / MINUTE)
  }
}
