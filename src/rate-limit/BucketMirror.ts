/**
 * A local mirror of the provider's buckets for one pool: requests, tokens, and a project's tokens once a response has
 * told them. A charge is taken from all of them or from none, in one synchronous step. No clock, no effects: the caller
 * brings the time, in milliseconds that only grow (a monotonic clock), and the same calls give the same answers.
 */
import type { RateLimits } from "../config/RateLimitConfig.ts"
import { Bucket, FENCE } from "./Bucket.ts"
import type { Charge, Excess, PoolQuota, SendMark } from "./PoolQuota.ts"
import type { BucketState } from "./RateLimiter.ts"
import type { RateLimitHeaders } from "./RateLimitHeaders.ts"

export class BucketMirror implements PoolQuota {
  pausedUntil = Number.NEGATIVE_INFINITY
  private readonly requests: Bucket
  private readonly tokens: Bucket
  private projectTokens: Bucket | undefined
  private sends = 0
  /** What was sent within the fence, oldest first, from index `oldest` on. */
  private recent: Array<{ readonly at: number; readonly charge: Charge }> = []
  private oldest = 0
  private recentRequests = 0
  private recentTokens = 0

  constructor(settings: RateLimits, now: number) {
    const { headroom, burst, capAtConfigured: capAtGuess } = settings
    const shared = { capAtGuess, headroom, burst }
    this.requests = new Bucket({ ...shared, guess: settings.requestsPerMinute }, now)
    this.tokens = new Bucket({ ...shared, guess: settings.tokensPerMinute }, now)
  }

  pause(until: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, until)
  }

  nextAdmission(charge: Charge, now: number): number {
    const requests = this.requests.wait(charge.requests, now)
    const tokens = this.tokens.wait(charge.tokens, now)
    const project = this.projectTokens?.wait(charge.tokens, now) ?? 0
    return Math.max(this.pausedUntil, now + Math.max(requests, tokens, project))
  }

  excess(charge: Charge): Excess | undefined {
    const { projectTokens, requests, tokens } = this
    if (requests.excludes(charge.requests))
      return {
        dimension: "requests",
        charge: charge.requests,
        limit: requests.limit,
        per: "minute"
      }
    if (tokens.excludes(charge.tokens))
      return { dimension: "tokens", charge: charge.tokens, limit: tokens.limit, per: "minute" }
    if (projectTokens?.excludes(charge.tokens) === true)
      return {
        dimension: "tokens",
        charge: charge.tokens,
        limit: projectTokens.limit,
        per: "minute"
      }
    return undefined
  }

  share(charge: Charge): number {
    const { requests, tokens } = this
    return Math.max(charge.requests / requests.limit, charge.tokens / tokens.limit)
  }

  take(charge: Charge, now: number): void {
    this.requests.take(charge.requests, now)
    this.tokens.take(charge.tokens, now)
    this.projectTokens?.take(charge.tokens, now)
  }

  refund(charge: Charge, takenAt: number): void {
    this.requests.refund(charge.requests, takenAt)
    this.tokens.refund(charge.tokens, takenAt)
    this.projectTokens?.refund(charge.tokens, takenAt)
  }

  depart(charge: Charge, now: number): SendMark {
    this.forget(now)
    const mark = { order: this.sends++, at: now }
    this.projectTokens?.depart(charge.tokens, mark)
    const requests = {
      sent: this.requests.depart(charge.requests, mark),
      fenced: this.recentRequests
    }
    const tokens = { sent: this.tokens.depart(charge.tokens, mark), fenced: this.recentTokens }
    this.recent.push({ at: now, charge })
    this.recentRequests += charge.requests
    this.recentTokens += charge.tokens
    return { ...mark, requests, tokens }
  }

  observe(headers: RateLimitHeaders, mark: SendMark, now: number): boolean {
    let told = false
    if (headers.requests !== undefined)
      told = this.requests.observe(headers.requests, mark, mark.requests, now)
    if (headers.tokens !== undefined)
      told = this.tokens.observe(headers.tokens, mark, mark.tokens, now) || told
    if (headers.projectTokens !== undefined) {
      this.projectTokens ??= this.tokens.sibling(now)
      told = this.projectTokens.observe(headers.projectTokens, mark, mark.tokens, now) || told
    }
    return told
  }

  slowDown(now: number): void {
    this.requests.pacer.slowDown(now)
    this.tokens.pacer.slowDown(now)
    this.projectTokens?.pacer.slowDown(now)
  }

  requestsState(now: number): BucketState {
    return stateOf(this.requests, now)
  }

  /** Of the organization's and the project's bucket the one that binds. */
  tokensState(now: number): BucketState {
    const { projectTokens, tokens } = this
    const tighter =
      projectTokens !== undefined && projectTokens.limit < tokens.limit ? projectTokens : tokens
    return stateOf(tighter, now)
  }

  close(): void {}

  private forget(now: number): void {
    let entry = this.recent[this.oldest]
    while (entry !== undefined && entry.at < now - FENCE) {
      this.recentRequests -= entry.charge.requests
      this.recentTokens -= entry.charge.tokens
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

const stateOf = (bucket: Bucket, now: number): BucketState => ({
  limit: bucket.limit,
  utilisation: Math.min(1, bucket.usage.total(now) / bucket.limit)
})
