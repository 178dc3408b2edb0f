/**
 * One pool of a quota that several processes share. A slice of it is leased from Redis for a short time, and requests are
 * let through from the slice without asking again. One call at a time says what was sent and heard since the last one and
 * brings the next slice (`QuotaScript.ts`). While Redis is away, the process goes on with its share (`LocalShare.ts`).
 *
 * Calls are made when somebody waits, within `REPORT` of a request or a response, at once for bad news, and not at all
 * while nothing happens: then the rest of the lease has been handed back.
 */
import type { RateLimits } from "../../../src/config/RateLimitConfig.ts"
import type { BucketMirror } from "../../../src/rate-limit/BucketMirror.ts"
import type { Charge, Excess, PoolQuota, SendMark } from "../../../src/rate-limit/PoolQuota.ts"
import type { BucketState } from "../../../src/rate-limit/RateLimiter.ts"
import type { RateLimitHeaders } from "../../../src/rate-limit/RateLimitHeaders.ts"
import { Appetite } from "./Appetite.ts"
import { HeardHeads, type SharedMark } from "./HeardHeads.ts"
import * as KnownLimits from "./KnownLimits.ts"
import * as LocalShare from "./LocalShare.ts"
import type { Answer, Ask, Pair } from "./QuotaScript.ts"
import { SharedView } from "./SharedView.ts"

/** A lease lasts so long at the process's fair share of the quota. Milliseconds. */
const LEASE = 250
/** A process that does not call for so long is gone, and what it held goes back. */
export const DEAD_AFTER = 3_000
/** A lease is used no longer than this after it was asked for: well before others may take it for lost. */
const USABLE = 1_500
/** What was sent and heard is told within this time. */
const REPORT = 120
/** Whoever waits says so again at least this often. */
const AGAIN = 1_000
/** Charges are bounded, so that no number is lost on the way. */
const LARGEST = 1e15

/** One quota and the world: calls, timers, and the pump of `Turnstile.ts`. */
export interface Around {
  readonly settings: RateLimits
  readonly worker: string
  /** Processes to count with until Redis tells how many there are. */
  readonly processes: number
  readonly now: () => number
  /** Asks Redis; `undefined`: no answer in time. */
  readonly call: (ask: Ask, answered: (answer: Answer | undefined) => void) => void
  readonly after: (ms: number, run: () => void) => () => void
  readonly onRoom: () => void
}

interface LeasedMark extends SendMark {
  readonly shared: SharedMark | undefined
  /** The mirror that it is about, if it left while Redis was away. */
  readonly alone: BucketMirror | undefined
}

/** A sum of parts may fall short of the whole by a rounding error. */
const covers = (have: number, need: number): boolean => need * (1 - 1e-9) <= have

const bounded = (amount: number): number => (amount >= 0 ? Math.min(amount, LARGEST) : 0)

export class LeasedQuota implements PoolQuota {
  pausedUntil = Number.NEGATIVE_INFINITY
  private readonly around: Around
  private readonly appetite = new Appetite(LEASE)
  private readonly heads = new HeardHeads()
  private readonly view: SharedView
  /** Instead of leases, while Redis is away. */
  private alone: BucketMirror | undefined

  private readonly free = { requests: 0, tokens: 0 }
  private usableUntil = Number.NEGATIVE_INFINITY
  /** The provider does not back what is left of the lease. */
  private voided = false
  private takenAt = Number.NEGATIVE_INFINITY
  private readonly pending = { requests: 0, tokens: 0 }
  private readonly sent = { requests: 0, tokens: 0 }
  private acked: Pair = [0, 0]
  private order = 0

  /** Who waits first, where the lease does not do. */
  private head: Charge | undefined
  /** The head of the last call, and when it is to be repeated. */
  private asked: Charge | undefined
  private askAgainAt = Number.NEGATIVE_INFINITY
  /** The provider's wishes that Redis has not confirmed. */
  private hinted = false
  private slowed = false

  private calling = false
  /** Something came up during the call that cannot wait. */
  private pressing = false
  private timer: { readonly at: number; readonly cancel: () => void } | undefined
  private closed = false

  constructor(around: Around) {
    this.around = around
    this.view = new SharedView(around.settings)
  }

  pause(until: number, _now: number): void {
    if (!(until > this.pausedUntil)) return
    this.pausedUntil = until
    this.hinted = true
    this.alone?.pause(until)
    this.callNow()
  }

  nextAdmission(charge: Charge, now: number): number {
    const { alone, free } = this
    if (alone !== undefined) return alone.nextAdmission(charge, now)
    if (this.pausedUntil > now) return this.pausedUntil
    const fits = covers(free.requests, charge.requests) && covers(free.tokens, charge.tokens)
    if (fits && !this.voided && now < this.usableUntil) {
      this.head = undefined
      return now
    }
    this.head = charge
    const asked = this.asked?.requests === charge.requests && this.asked.tokens === charge.tokens
    if (!asked || (!this.calling && now >= this.askAgainAt)) this.callNow()
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
    add(this.free, charge, -1)
    add(this.pending, charge, 1)
    this.takenAt = now
    this.appetite.took(charge)
  }

  refund(charge: Charge, takenAt: number): void {
    this.alone?.refund(charge, takenAt)
    add(this.free, charge, 1)
    add(this.pending, charge, -1)
    this.plan(REPORT)
  }

  depart(charge: Charge, now: number): SendMark {
    const { alone } = this
    const mark = alone?.depart(charge, now)
    add(this.pending, charge, -1)
    add(this.sent, charge, 1)
    this.plan(REPORT)
    const bound = { requests: bounded(charge.requests), tokens: bounded(charge.tokens) }
    const made: LeasedMark = {
      order: this.order++,
      at: now,
      requests: mark?.requests ?? { sent: 0, fenced: 0, charge: bound.requests },
      tokens: mark?.tokens ?? { sent: 0, fenced: 0, charge: bound.tokens },
      shared: alone === undefined ? this.view.mark(bound, now) : undefined,
      alone
    }
    return made
  }

  observe(headers: RateLimitHeaders, mark: SendMark, now: number, refused: boolean): boolean {
    const { requests, tokens, projectTokens } = headers
    const told = [requests, tokens, projectTokens].some(
      (report) => report?.limit !== undefined || report?.remaining !== undefined
    )
    const { alone, shared } = mark as LeasedMark
    if (alone !== undefined && alone === this.alone)
      return alone.observe(LocalShare.headersOf(headers, this.processes), mark, now, refused)
    if (!told || shared === undefined) return told
    const news = this.heads.hear(headers, shared, this.view.known, now - mark.at, now)
    const empty =
      (requests?.remaining ?? Number.POSITIVE_INFINITY) < this.free.requests ||
      (tokens?.remaining ?? Number.POSITIVE_INFINITY) < this.free.tokens
    if (refused || empty) this.voided = true
    if (news || refused || empty) this.callNow()
    else this.plan(REPORT)
    return told
  }

  slowDown(now: number): void {
    this.slowed = true
    this.alone?.slowDown(now)
    this.callNow()
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
    this.closed = true
    this.timer?.cancel()
    this.timer = undefined
  }

  /** The last call: everything goes back. Nothing, where Redis was never reached. */
  farewell(): Ask | undefined {
    if (!this.view.reached) return undefined
    this.head = undefined
    this.voided = true
    add(this.pending, this.pending, -1)
    return this.ask(this.around.now())
  }

  /** Processes that share the quota, as far as known. */
  private get processes(): number {
    return Math.max(1, this.around.processes, this.view.live)
  }

  private callNow(): void {
    if (this.calling) this.pressing = true
    else this.call()
  }

  /** A call within so many milliseconds. */
  private plan(ms: number): void {
    if (this.calling || this.closed) return
    const at = this.around.now() + ms
    if (this.timer !== undefined) {
      if (this.timer.at <= at) return
      this.timer.cancel()
    }
    const due = () => {
      this.timer = undefined
      this.callNow()
    }
    this.timer = { at, cancel: this.around.after(ms, due) }
  }

  private call(): void {
    if (this.closed) return
    this.timer?.cancel()
    this.timer = undefined
    const startedAt = this.around.now()
    const ask = this.ask(startedAt)
    this.asked = ask.want === undefined ? undefined : this.head
    this.calling = true
    this.pressing = false
    this.around.call(ask, (answer) => {
      this.calling = false
      if (this.closed) return
      if (answer === undefined) this.goAlone()
      else this.settle(ask, answer, startedAt)
    })
  }

  private ask(now: number): Ask {
    const { acked, around, free, head, pending, sent } = this
    const { settings } = around
    // Whoever waits first cannot use the rest, and others are not let past.
    const useless = head !== undefined || now - this.takenAt >= LEASE
    if (useless || this.voided || now >= this.usableUntil || this.alone !== undefined) {
      this.voided = false
      free.requests = 0
      free.tokens = 0
    }
    const holds: Pair = [
      bounded(free.requests + pending.requests),
      bounded(free.tokens + pending.tokens)
    ]
    const heard = this.heads.take()
    const { requestsPerDay: rpd, tokensPerDay: tpd } = settings
    return {
      worker: around.worker,
      ttl: DEAD_AFTER,
      lease: LEASE,
      rpm: settings.requestsPerMinute,
      tpm: settings.tokensPerMinute,
      ...(rpd === undefined ? {} : { rpd }),
      ...(tpd === undefined ? {} : { tpd }),
      cap: settings.capAtConfigured,
      headroom: settings.headroom,
      burst: settings.burst,
      sent: [sent.requests, sent.tokens],
      acked,
      holds,
      ...(head === undefined ? {} : this.wish(head, now)),
      ...(heard === undefined ? {} : { head: heard }),
      pause: this.hinted ? bounded(this.pausedUntil - now) : 0,
      slow: this.slowed,
      leaving: head === undefined && holds[0] === 0 && holds[1] === 0,
      known: KnownLimits.learned(this.view.known)
    }
  }

  private wish(head: Charge, now: number): { readonly want: Pair; readonly least: Pair } {
    const least: Pair = [bounded(head.requests), bounded(head.tokens)]
    const want = this.appetite.next(least, now)
    return { want: [bounded(want[0]), bounded(want[1])], least }
  }

  private settle(ask: Ask, answer: Answer, startedAt: number): void {
    const now = this.around.now()
    this.alone = undefined
    this.view.update(answer, startedAt, now)
    this.acked = ask.sent
    if (ask.pause > 0) this.hinted = false
    if (ask.slow) this.slowed = false
    if (answer.pause > 0) this.pausedUntil = Math.max(this.pausedUntil, now + answer.pause)
    // The process was heard of, so what it holds stays its own.
    this.usableUntil = startedAt + USABLE
    const [requests, tokens] = answer.granted
    if (requests > 0 || tokens > 0) {
      add(this.free, { requests, tokens }, 1)
      this.appetite.granted(now)
      this.head = undefined
      this.asked = undefined
    }
    const wait = Math.min(Math.max(1, answer.wait), AGAIN)
    this.askAgainAt = now + wait
    if (this.pressing) this.call()
    this.around.onRoom()
    if (this.calling) return
    if (this.head !== undefined) this.plan(wait)
    if (this.sent.requests > this.acked[0] || this.heads.any) this.plan(REPORT)
    if (this.free.requests > 0 || this.free.tokens > 0) this.plan(LEASE)
    if (this.pending.requests > 0) this.plan(AGAIN)
  }

  private goAlone(): void {
    const now = this.around.now()
    if (this.alone === undefined) {
      const { around, processes, view } = this
      this.alone = LocalShare.make(around.settings, view.known, processes, now)
      this.alone.take(this.pending, now)
      this.alone.pause(this.pausedUntil)
      this.head = undefined
      this.asked = undefined
    }
    this.plan(AGAIN)
    this.around.onRoom()
  }
}

const add = (sum: { requests: number; tokens: number }, charge: Charge, times: 1 | -1): void => {
  sum.requests += times * bounded(charge.requests)
  sum.tokens += times * bounded(charge.tokens)
}
