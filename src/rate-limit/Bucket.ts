/**
 * A mirror of one of the provider's buckets: capacity = limit, refilled evenly with limit / 60 s. It is advanced by the
 * clock, debited by what is let through, and set right by every response's `remaining`. `BucketMirror.ts` has them all.
 *
 * Setting right: a response tells the level at the moment when its request was let in, which is long past when the
 * head arrives. Since then the bucket was refilled, lost what ran over its brim, and was debited by everything that was
 * sent later: all three are known here. What was sent shortly before may have overtaken or been overtaken on the way, so
 * it counts as not yet seen (the fence). The error of one response is never carried to the next.
 *
 * Plain numbers that change in place: this runs several times a request.
 */
import { MinuteUsage } from "./MinuteUsage.ts"
import { Pacer } from "./Pacer.ts"
import { Peaks } from "./Peaks.ts"
import type { Departure, SendMark } from "./PoolQuota.ts"
import type { BucketReport } from "./RateLimitHeaders.ts"

const MINUTE = 60_000

/** Requests sent within this time can reach the provider in another order. Milliseconds. */
export const FENCE = 120

/**
 * Share of the guessed limit that may go out at once before any response has told the limit: enough to get
 * a first answer soon, too little to matter if the guess is too high.
 */
const COLD_START = 0.1

/** A limit that changes by more than this factor at once is believed when a second response says the same. */
const BELIEVABLE = 100

/** Of a `SendMark`, what all buckets share. */
export type Mark = Pick<SendMark, "order" | "at">

export interface BucketOptions {
  /** Per minute, until a response tells the limit. */
  readonly guess: number
  /** The guess is also the most, whatever a response grants. */
  readonly capAtGuess: boolean
  /** Level held back, as a share of the limit. */
  readonly headroom: number
  readonly burst: number
}

export class Bucket {
  /** Per minute. */
  limit: number
  /** A response has told the limit. */
  learned = false
  readonly usage: MinuteUsage
  readonly pacer: Pacer

  private readonly options: BucketOptions
  /** The provider's level as far as known, less everything let through; below 0 after it turned out too high. */
  private level: number
  private at: number
  private sent = 0
  /** Let through, not sent yet. */
  private pending = 0
  private anchor = -1
  /** Refill less departures, just before each departure. */
  private readonly peaks = new Peaks()
  private doubted: number | undefined

  constructor(options: BucketOptions, now: number) {
    this.options = options
    this.limit = options.guess
    this.level = this.capacity
    this.at = now
    this.usage = new MinuteUsage(now)
    this.pacer = new Pacer(options.burst, now)
  }

  /** Milliseconds until `charge` may go if nothing else does; 0: now. */
  wait(charge: number, now: number): number {
    this.advance(now)
    const held = this.learned ? this.options.headroom * this.limit : 0
    // What needs more than there can ever be goes when the bucket is full.
    const need = Math.min(charge + held, this.capacity)
    const short = need - this.level
    const filled = short <= this.limit * 1e-9 ? 0 : (short * MINUTE) / this.limit
    return Math.max(filled, this.pacer.wait(charge, this.limit, this.usage, now))
  }

  /** Whether no wait can help. */
  excludes(charge: number): boolean {
    return (this.learned || this.options.capAtGuess) && charge > this.limit
  }

  take(charge: number, now: number): void {
    this.advance(now)
    this.level -= charge
    this.pending += charge
    this.usage.add(now, charge)
    this.pacer.take(charge, this.limit, now)
  }

  /** What was taken at `takenAt` will not be sent. */
  refund(charge: number, takenAt: number): void {
    this.level += charge
    this.pending -= charge
    this.usage.remove(takenAt, charge)
    this.pacer.refund(charge)
  }

  /** What was taken is sent now. Returns all that was sent so far. */
  depart(charge: number, mark: Mark): number {
    this.pending -= charge
    this.peaks.push(mark.order, this.net(mark.at))
    this.sent += charge
    return this.sent
  }

  /** Sets limit and level right by the response to the request that left at `mark`. False: it told nothing. */
  observe(report: BucketReport, mark: Mark, departure: Departure, now: number): boolean {
    if (report.limit === undefined && report.remaining === undefined) return false
    // Responses come back in any order; an older one knows nothing that a newer has not told.
    if (mark.order <= this.anchor) return true
    this.advance(now)
    if (report.limit !== undefined && !this.believe(report.limit)) return true
    if (report.remaining === undefined) return true
    this.anchor = mark.order
    const start = this.net(mark.at, departure.sent)
    // The provider's snapshot is later than the sending by the way there; that refill is in it already.
    const onTheWay = (Math.min(Math.max(0, now - mark.at), FENCE) * this.limit) / MINUTE
    const first = Math.min(report.remaining, this.limit) - departure.fenced - onTheWay - start
    const overBrim = Math.max(0, this.peaks.maxAfter(mark.order) + first - this.limit)
    const told = Math.min(this.limit, first + this.net(now) - overBrim) - this.pending
    const grantsMore = report.limit !== undefined && report.limit > this.limit
    // Above our own cap the provider's bucket says nothing about what we may still send.
    this.level = grantsMore ? Math.min(this.level, told) : told
    return true
  }

  /** Another limit on the same charges: it has seen what this one has seen. */
  sibling(now: number): Bucket {
    const bucket = new Bucket(this.options, now)
    bucket.sent = this.sent
    bucket.pending = this.pending
    return bucket
  }

  private get capacity(): number {
    return this.learned ? this.limit : COLD_START * this.limit
  }

  /** Refill less departures since the beginning of time, at today's rate. */
  private net(at: number, sent = this.sent): number {
    return (at * this.limit) / MINUTE - sent
  }

  private advance(now: number): void {
    // A clock that went back refills nothing; from there on it counts again.
    const passed = Math.max(0, now - this.at)
    const most = Math.max(this.level, this.capacity - this.pending)
    this.level = Math.min(most, this.level + (passed * this.limit) / MINUTE)
    this.at = now
  }

  private believe(told: number): boolean {
    const limit = this.options.capAtGuess ? Math.min(told, this.options.guess) : told
    const ratio = limit / this.limit
    const wild = this.learned && (ratio > BELIEVABLE || ratio < 1 / BELIEVABLE)
    if (wild && this.doubted !== limit) {
      this.doubted = limit
      return false
    }
    this.doubted = undefined
    this.learned = true
    if (limit === this.limit) return true
    this.limit = limit
    this.level = Math.min(this.level, limit - this.pending)
    // They were reckoned at the old rate.
    this.peaks.clear()
    return true
  }
}
