/**
 * One pool of a quota that several processes share. A slice of it is leased from Redis for a short time (`Lease.ts`), and
 * requests are let through from the slice without asking again. One call at a time (`CallTimes.ts`) says what was sent and
 * heard since the last one and brings the next slice (`QuotaScript.ts`). While Redis is away, the process goes on with its
 * share (`LocalShare.ts`). Who asks what when: `../RedisRateLimiter.ts`.
 */
import type { BucketMirror } from "../../../src/rate-limit/BucketMirror.ts"
import type { Charge, Excess, PoolQuota, SendMark } from "../../../src/rate-limit/PoolQuota.ts"
import type { BucketState } from "../../../src/rate-limit/RateLimiter.ts"
import type { RateLimitHeaders } from "../../../src/rate-limit/RateLimitHeaders.ts"
import { Appetite } from "./Appetite.ts"
import type { Around } from "./Around.ts"
import { CallTimes } from "./CallTimes.ts"
import { FirstWaiter } from "./FirstWaiter.ts"
import { HeardHeads } from "./HeardHeads.ts"
import * as KnownLimits from "./KnownLimits.ts"
import { Lease } from "./Lease.ts"
import * as LeasedMark from "./LeasedMark.ts"
import * as LocalShare from "./LocalShare.ts"
import { ProviderWishes } from "./ProviderWishes.ts"
import { type Answer, type Ask, LEASE, type Terms, termsOf } from "./QuotaScript.ts"
import { SharedView } from "./SharedView.ts"

/** A lease is used no longer than this after it was asked for: well before others may take it for lost. */
const USABLE = 1_500
/** What was sent and heard is told within this time. */
const REPORT = 120
/** Whoever waits says so again at least this often. */
const AGAIN = 1_000

export class LeasedQuota implements PoolQuota {
  private readonly around: Around
  private readonly appetite = new Appetite(LEASE)
  private readonly heads = new HeardHeads()
  private readonly view: SharedView
  /** Instead of leases, while Redis is away. */
  private alone: BucketMirror | undefined

  private readonly lease = new Lease()
  private readonly calls: CallTimes
  private order = 0

  private readonly terms: Terms
  private readonly first = new FirstWaiter()
  private readonly wishes = new ProviderWishes()

  constructor(around: Around) {
    this.around = around
    this.view = new SharedView(around.settings)
    this.terms = termsOf(around.worker, around.settings)
    const { after, now } = around
    this.calls = new CallTimes({
      now,
      after,
      call: () => this.call(),
      due: () => this.due()
    })
  }

  get pausedUntil(): number {
    return this.wishes.pausedUntil
  }

  pause(until: number, _now: number): void {
    if (!this.wishes.pause(until)) return
    this.alone?.pause(until)
    this.calls.atOnce()
  }

  nextAdmission(charge: Charge, now: number): number {
    const { alone } = this
    if (alone !== undefined) return alone.nextAdmission(charge, now)
    if (this.pausedUntil > now) return this.pausedUntil
    if (this.lease.covers(charge, now)) {
      this.first.forget()
      return now
    }
    if (this.first.waits(charge, this.calls.busy, now)) this.calls.atOnce()
    return Number.POSITIVE_INFINITY
  }

  blind(now: number): boolean {
    return this.alone?.blind(now) ?? false
  }

  dayAdmission(charge: Charge, now: number): number {
    return (this.alone ?? this.view).dayAdmission(charge, now)
  }

  excess(charge: Charge): Excess | undefined {
    return this.view.excess(charge)
  }

  share(charge: Charge): number {
    return this.view.share(charge)
  }

  take(charge: Charge, now: number): void {
    this.alone?.take(charge, now)
    this.lease.take(charge, now)
    this.appetite.took(charge)
  }

  refund(charge: Charge, takenAt: number): void {
    this.alone?.refund(charge, takenAt)
    this.lease.refund(charge)
    this.calls.within(REPORT)
  }

  depart(charge: Charge, now: number): SendMark {
    this.lease.depart(charge)
    this.calls.within(REPORT)
    return LeasedMark.make(this.order++, charge, this.alone, this.view, now)
  }

  observe(headers: RateLimitHeaders, mark: SendMark, now: number, refused: boolean): boolean {
    const { requests, tokens, projectTokens } = headers
    const told = [requests, tokens, projectTokens].some(
      (report) => report?.limit !== undefined || report?.remaining !== undefined
    )
    const { alone, shared } = mark as LeasedMark.LeasedMark
    if (alone !== undefined && alone === this.alone)
      return alone.observe(LocalShare.headersOf(headers, this.parts), mark, now, refused)
    if (!told || shared === undefined) return told
    const news = this.heads.hear(headers, shared, this.view.known)
    const empty = this.lease.exceeds({
      ...(requests?.remaining === undefined ? {} : { requests: requests.remaining }),
      ...(tokens?.remaining === undefined ? {} : { tokens: tokens.remaining })
    })
    if (refused || empty) this.lease.void()
    if (news || refused || empty) this.calls.atOnce()
    else this.calls.within(REPORT)
    return told
  }

  slowDown(now: number): void {
    this.wishes.slowDown()
    this.alone?.slowDown(now)
    this.calls.atOnce()
  }

  requestsState(now: number): BucketState {
    return (this.alone ?? this.view).requestsState(now)
  }

  tokensState(now: number): BucketState {
    return (this.alone ?? this.view).tokensState(now)
  }

  dayState(now: number): BucketState | undefined {
    return (this.alone ?? this.view).dayState(now)
  }

  close(): void {
    this.calls.close()
  }

  /** The last call: everything goes back. Nothing, where Redis was never reached. */
  farewell(): Ask | undefined {
    if (!this.view.reached) return undefined
    this.first.forget()
    this.lease.end()
    return this.ask(this.around.now())
  }

  /** Processes that share the quota, as far as known: each gets such a part of it while Redis is away. */
  get parts(): number {
    return Math.max(1, this.around.processes, this.view.live)
  }

  /** A planned call. Whoever waited may have gone: nobody keeps a place for them. */
  private due(): void {
    this.first.forget()
    this.around.onRoom()
    if (!this.calls.busy) this.calls.atOnce()
  }

  private call(): void {
    const startedAt = this.around.now()
    const ask = this.ask(startedAt)
    this.first.calling()
    this.around.call(ask, this.parts, (answer) => {
      const pressing = this.calls.ended()
      if (this.calls.closed) return
      if (answer === undefined) this.goAlone()
      else this.settle(ask, answer, startedAt, pressing)
    })
  }

  private ask(now: number): Ask {
    const waiter = this.first.charge
    // Whoever waits first cannot use the rest, and others are not let past.
    const account = this.lease.account(waiter !== undefined || this.alone !== undefined, now, LEASE)
    const { holds } = account
    const heard = this.heads.take()
    return {
      ...this.terms,
      ...account,
      ...(waiter === undefined ? {} : this.appetite.next(waiter, now)),
      ...(heard === undefined ? {} : { head: heard }),
      ...this.wishes.say(now),
      leaving: waiter === undefined && holds[0] === 0 && holds[1] === 0,
      epoch: this.view.epoch,
      known: KnownLimits.learned(this.view.known)
    }
  }

  private settle(ask: Ask, answer: Answer, startedAt: number, pressing: boolean): void {
    const now = this.around.now()
    this.alone = undefined
    this.view.update(answer, startedAt, now)
    // The process was heard of, so what it holds stays its own.
    this.lease.confirmed(ask.sent, startedAt + USABLE)
    this.wishes.confirmed(answer.pause, now)
    const [requests, tokens] = answer.granted
    if (requests > 0 || tokens > 0) {
      this.lease.granted(answer.granted)
      this.appetite.granted(now)
      this.first.served()
    }
    const wait = Math.min(Math.max(1, answer.wait), AGAIN)
    this.first.refused(now + wait)
    // Whoever still waits says so again.
    this.first.forget()
    this.around.onRoom()
    if (pressing) this.calls.atOnce()
    if (this.first.charge !== undefined) this.calls.within(wait)
    if (this.lease.unconfirmed || this.heads.any) this.calls.within(REPORT)
    if (this.lease.left) this.calls.within(LEASE)
    if (this.lease.pending.requests > 0) this.calls.within(AGAIN)
  }

  private goAlone(): void {
    const now = this.around.now()
    if (this.alone === undefined) {
      const { around, parts, view } = this
      this.alone = LocalShare.make(around.settings, view.known, parts, now)
      this.alone.take(this.lease.pending, now)
      this.alone.pause(this.pausedUntil)
      this.first.forget()
      this.first.served()
    }
    this.calls.within(AGAIN)
    this.around.onRoom()
  }
}
