/**
 * A local mirror of the provider's buckets for one pool: requests and tokens, per minute, per day and per project. A charge
 * is taken from all of them or from none, in one synchronous step. No clock, no effects: the caller brings the time, in
 * milliseconds that only grow (a monotonic clock), and the same calls give the same answers.
 */
import type { RateLimits } from "../config/RateLimitConfig.ts"
import { type Bucket, FENCE } from "./Bucket.ts"
import type { Charge, Excess, PoolQuota, SendMark } from "./PoolQuota.ts"
import type { BucketState } from "./RateLimiter.ts"
import type { RateLimitHeaders } from "./RateLimitHeaders.ts"
import { Resource } from "./Resource.ts"

export class BucketMirror implements PoolQuota {
  pausedUntil = Number.NEGATIVE_INFINITY
  private readonly requests: Resource
  private readonly tokens: Resource
  private sends = 0
  /** What was sent within the fence, oldest first, from index `oldest` on. */
  private recent: Array<SendMark> = []
  private oldest = 0
  private recentRequests = 0
  private recentTokens = 0
  private sentRequests = 0
  private sentTokens = 0

  constructor(settings: RateLimits, now: number) {
    const { headroom, burst, capAtConfigured: capAtGuess } = settings
    const { requestsPerDay, requestsPerMinute, tokensPerDay, tokensPerMinute } = settings
    const shared = { capAtGuess, headroom, burst }
    this.requests = new Resource(
      { ...shared, perMinute: requestsPerMinute, perDay: requestsPerDay },
      now
    )
    this.tokens = new Resource({ ...shared, perMinute: tokensPerMinute, perDay: tokensPerDay }, now)
  }

  pause(until: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, until)
  }

  nextAdmission(charge: Charge, now: number): number {
    const requests = this.requests.wait(charge.requests, now)
    const tokens = this.tokens.wait(charge.tokens, now)
    return Math.max(this.pausedUntil, now + Math.max(requests, tokens))
  }

  blind(now: number): boolean {
    return this.tokens.minute.blind(now) || this.requests.minute.blind(now)
  }

  dayAdmission(charge: Charge, now: number): number {
    const requests = this.requests.day?.wait(charge.requests, now) ?? 0
    return now + Math.max(requests, this.tokens.day?.wait(charge.tokens, now) ?? 0)
  }

  excess(charge: Charge): Excess | undefined {
    const requests = this.requests.excludes(charge.requests)
    if (requests !== undefined)
      return { dimension: "requests", charge: charge.requests, ...requests }
    const tokens = this.tokens.excludes(charge.tokens)
    return tokens && { dimension: "tokens", charge: charge.tokens, ...tokens }
  }

  share(charge: Charge): number {
    const { requests, tokens } = this
    return Math.max(charge.requests / requests.minute.limit, charge.tokens / tokens.minute.limit)
  }

  take(charge: Charge, now: number): void {
    this.requests.take(charge.requests, now)
    this.tokens.take(charge.tokens, now)
  }

  refund(charge: Charge, takenAt: number): void {
    this.requests.refund(charge.requests, takenAt)
    this.tokens.refund(charge.tokens, takenAt)
  }

  depart(charge: Charge, now: number): SendMark {
    this.forget(now)
    const mark = { order: this.sends++, at: now }
    const requests = this.requests.depart(charge.requests, mark, this.recentRequests)
    const tokens = this.tokens.depart(charge.tokens, mark, this.recentTokens)
    const departed = { ...mark, requests, tokens }
    this.recent.push(departed)
    this.recentRequests += charge.requests
    this.recentTokens += charge.tokens
    this.sentRequests = requests.sent
    this.sentTokens = tokens.sent
    return departed
  }

  observe(headers: RateLimitHeaders, mark: SendMark, now: number, refused = false): boolean {
    this.forget(now)
    let told = false
    if (headers.requests !== undefined)
      told = this.requests.observe(headers.requests, mark, mark.requests, now, 0)
    const untaken = refused ? mark.tokens.charge : 0
    if (headers.tokens !== undefined)
      told = this.tokens.observe(headers.tokens, mark, mark.tokens, now, untaken) || told
    if (headers.projectTokens === undefined) {
      if (headers.tokens !== undefined) this.tokens.missProject()
    } else {
      told =
        this.tokens.observeProject(headers.projectTokens, mark, mark.tokens, now, untaken) || told
    }
    return told
  }

  slowDown(now: number): void {
    // The rule behind it looks at tokens.
    this.tokens.slowDown(now)
  }

  requestsState(now: number): BucketState {
    return this.requests.binding.state(now)
  }

  tokensState(now: number): BucketState {
    return this.tokens.binding.state(now)
  }

  dayState(now: number): BucketState | undefined {
    const [requests, tokens] = [this.requests.day, this.tokens.day]
    const used = (day: Bucket | undefined) =>
      day === undefined ? -1 : 1 - day.left(now) / day.limit
    return (used(tokens) > used(requests) ? tokens : requests)?.state(now)
  }

  close(): void {}

  private forget(now: number): void {
    let entry = this.recent[this.oldest]
    while (entry !== undefined && entry.at < now - FENCE) {
      const { requests, tokens } = entry
      this.recentRequests -= requests.charge
      this.recentTokens -= tokens.charge
      requests.after = this.sentRequests - requests.sent
      tokens.after = this.sentTokens - tokens.sent
      entry = this.recent[++this.oldest]
    }
    if (this.oldest < this.recent.length) {
      if (this.oldest > 256) this.recent = this.recent.slice(this.oldest)
      else return
    } else {
      this.recent = []
      // Nothing is left: no rounding error stays either.
      this.recentRequests = 0
      this.recentTokens = 0
    }
    this.oldest = 0
  }
}
