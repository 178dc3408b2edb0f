/**
 * A mirror of one of the provider's buckets: capacity = limit, refilled evenly with limit / window. It is advanced by the
 * clock, debited by what is let through, and set right by every response's `remaining`. `BucketMirror.ts` has them all.
 *
 * Setting right: a response tells the level at the moment when its request was let in, which is long past when the
 * head arrives. Since then the bucket was refilled, lost what ran over its brim, and was debited by everything that was
 * sent later: all three are known here. What was sent shortly before may have overtaken or been overtaken on the way, so
 * it counts as not yet seen (the fence). The error of one response is never carried to the next. What others take from the
 * same bucket is estimated from those errors (`Neighbours.ts`) and taken off the refill.
 *
 * Plain numbers that change in place: this runs several times a request.
 */
import { LimitBelief } from "./LimitBelief.ts"
import { MinuteUsage } from "./MinuteUsage.ts"
import { Neighbours } from "./Neighbours.ts"
import { Pacer } from "./Pacer.ts"
import { Peaks } from "./Peaks.ts"
import type { Departure, SendMark } from "./PoolQuota.ts"
import type { BucketState } from "./RateLimiter.ts"
import type { BucketReport } from "./RateLimitHeaders.ts"

/** Requests sent within this time can reach the provider in another order. Milliseconds. */
export const FENCE = 120

/**
 * Share of the guessed limit that may go out at once before any response has told the limit: enough to get
 * a first answer soon, too little to matter if the guess is too high.
 */
const COLD_START = 0.1

/** A bucket that holds this share was full: `remaining` is rounded down. */
const ALMOST = 0.999

/**
 * How far below empty the level may be told to be, as a share of the limit. The provider's own never is: what does not fit
 * is refused and not taken. A little, because refusals come one after the other.
 */
const DEBT = 0.1

/** Of a `SendMark`, what all buckets share. */
export type Mark = Pick<SendMark, "order" | "at">

export interface BucketOptions {
  /** Time in which an empty bucket fills. Milliseconds. */
  readonly window: number
  /** Per window, until a response tells the limit. */
  readonly guess: number
  /** It is a guess: little of it goes at once before a response has told more. Else somebody knows it. */
  readonly guessed: boolean
  /** The guess is also the most, whatever a response grants. */
  readonly capAtGuess: boolean
  /** Level held back, as a share of the limit. */
  readonly headroom: number
  readonly burst: number
  /** Estimate what others take. Of no use for a day's bucket: its refill is far below the noise. */
  readonly neighbours: boolean
}

export class Bucket {
  readonly usage: MinuteUsage
  private readonly pacer: Pacer

  readonly options: BucketOptions
  private readonly belief: LimitBelief
  private readonly neighbours: Neighbours
  /** The provider's level as far as known, less everything let through; below 0 after it turned out too high. */
  private level: number
  private at: number
  private sent = 0
  /** Let through, not sent yet. */
  private pending = 0
  private anchor = -1
  /** Refill that found the bucket full, since the beginning. */
  private overflow = 0
  /** Charges that the provider refused, and so never took. */
  private refused = 0
  /** Refill less departures, just before each departure. */
  private readonly peaks = new Peaks()

  constructor(options: BucketOptions, now: number) {
    this.options = options
    this.belief = new LimitBelief(options.guess, options.capAtGuess)
    this.level = this.capacity
    this.at = now
    this.usage = new MinuteUsage(now)
    this.pacer = new Pacer(options.burst, now)
    this.neighbours = new Neighbours(now)
  }

  /** Milliseconds until `charge` may go if nothing else does; 0: now. */
  wait(charge: number, now: number): number {
    this.advance(now)
    const held = this.belief.learned ? this.options.headroom * this.limit : 0
    // What needs more than there can ever be goes when the bucket is full.
    const need = Math.min(charge + held, this.capacity)
    const short = need - this.level
    const filled = short <= this.limit * 1e-9 ? 0 : this.neighbours.timeTo(short, this.refill, now)
    return Math.max(filled, this.pacer.wait(charge, this.limit, this.usage, now))
  }

  /** Whether no wait can help. */
  excludes(charge: number): boolean {
    return (this.belief.confirmed || this.options.capAtGuess) && charge > this.limit
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

  /** What was taken is sent now. */
  depart(charge: number, mark: Mark, fenced: number): Departure {
    this.advance(mark.at)
    this.pending -= charge
    this.peaks.push(mark.order, this.net(mark.at))
    this.sent += charge
    this.neighbours.sent(mark.at)
    return { sent: this.sent, fenced, charge, overflow: this.overflow }
  }

  /**
   * Sets limit and level right by the response to the request that left at `mark`. False: it told nothing.
   *
   * @param refused the charge that the provider did not take, because it refused the request
   */
  observe(
    report: BucketReport,
    mark: Mark,
    departure: Departure,
    now: number,
    refused = 0
  ): boolean {
    this.refused += refused
    if (report.limit === undefined && report.remaining === undefined) return false
    // Responses come back in any order; an older one knows nothing that a newer has not told.
    if (mark.order <= this.anchor) return true
    this.advance(now)
    if (report.limit !== undefined && !this.believe(report.limit)) return true
    if (report.remaining === undefined) return true
    this.anchor = mark.order
    const start = this.net(mark.at, departure.sent)
    this.readNeighbours(report.remaining, departure, start, mark.at, now)
    // The provider's snapshot is later than the sending by the way there; that refill is in it already.
    const onTheWay = Math.min(Math.max(0, now - mark.at), FENCE) * this.refill
    const first = Math.min(report.remaining, this.limit) - departure.fenced - onTheWay - start
    const overBrim = Math.max(0, this.peaks.maxAfter(mark.order) + first - this.limit)
    const others = this.neighbours.taken(mark.at, now)
    const left = Math.min(this.limit, first + this.net(now) - overBrim - others)
    const told = Math.max(left, -DEBT * this.limit) - this.pending
    // Above our own cap the provider's bucket says nothing about what we may still send.
    this.level = this.belief.capped ? Math.min(this.level, told) : told
    return true
  }

  /** Another limit on the same charges: it has seen what this one has seen. */
  sibling(options: BucketOptions, now: number): Bucket {
    const bucket = new Bucket(options, now)
    bucket.sent = this.sent
    bucket.pending = this.pending
    return bucket
  }

  blind(now: number): boolean {
    return this.neighbours.unheard(this.refill, now)
  }

  slowDown(now: number): void {
    this.pacer.slowDown(this.limit, this.usage, now)
  }

  state(now: number): BucketState {
    return {
      limit: this.limit,
      level: this.left(now),
      utilisation: Math.min(1, this.usage.total(now) / this.limit)
    }
  }

  /** Left of the limit as far as known, 0 to `limit`. */
  left(now: number): number {
    this.advance(now)
    return Math.max(0, Math.min(this.limit, this.level + this.pending))
  }

  /** Per window. */
  get limit(): number {
    return this.belief.value
  }

  /** Per millisecond. */
  private get refill(): number {
    return this.limit / this.options.window
  }

  private get capacity(): number {
    return this.belief.learned || !this.options.guessed ? this.limit : COLD_START * this.limit
  }

  /** Refill less departures since the beginning of time, at today's rate. */
  private net(at: number, sent = this.sent): number {
    return at * this.refill - sent
  }

  private advance(now: number): void {
    // A clock that went back refills nothing; from there on it counts again.
    const passed = Math.max(0, now - this.at)
    const most = Math.max(this.level, this.capacity - this.pending)
    const gained = Math.max(0, passed * this.refill - this.neighbours.taken(this.at, now))
    if (this.level + gained > most) {
      this.overflow += this.level + gained - most
      this.level = most
    } else {
      this.level += gained
    }
    this.at = now
  }

  private readNeighbours(
    remaining: number,
    departure: Departure,
    start: number,
    sentAt: number,
    now: number
  ): void {
    // Above our own cap the provider's bucket is another one.
    if (this.belief.capped || !this.options.neighbours) return
    const full = remaining + departure.charge >= this.limit * ALMOST
    const constant = remaining - start - this.refused + (departure.overflow ?? 0)
    const reading = {
      at: sentAt,
      low: constant - departure.fenced,
      high: constant + (departure.after ?? 0)
    }
    this.neighbours.read(reading, this.refill, full, now)
  }

  private believe(told: number): boolean {
    const before = this.limit
    if (!this.belief.hear(told)) return false
    if (this.limit === before) return true
    this.level = Math.min(this.level, this.limit - this.pending)
    // They were reckoned at the old rate.
    this.peaks.clear()
    this.neighbours.forget(this.refill)
    return true
  }
}
