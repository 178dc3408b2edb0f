/**
 * What the limiter keeps of one quota: what may be sent, who waits, and what the provider's refusals demand of
 * all. It decides and remembers; timers and fibers are `Turnstile.ts`'s. `now` is monotonic, in milliseconds.
 */
import { type Clock, Duration } from "effect"
import type { RateLimits } from "../../src/config/RateLimitConfig.ts"
import { AdaptiveConcurrency } from "../../src/rate-limit/AdaptiveConcurrency.ts"
import { ChargeScale } from "../../src/rate-limit/ChargeScale.ts"
import { FairQueue, type Node } from "../../src/rate-limit/FairQueue.ts"
import type { PoolQuota, SendMark } from "../../src/rate-limit/PoolQuota.ts"
import {
  type Demand,
  type PoolId,
  type PoolState,
  RateLimiterError
} from "../../src/rate-limit/RateLimiter.ts"
import * as RateLimitHeaders from "../../src/rate-limit/RateLimitHeaders.ts"
import * as Refusal from "../../src/rate-limit/Refusal.ts"
import { isDaily } from "../../src/rate-limit/Resource.ts"
import { RetryBudget } from "../../src/rate-limit/RetryBudget.ts"
import { dimensionOf, minuteOf, numbersOf } from "../../src/transport/RateLimitMessage.ts"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import type { Alarm } from "./Alarm.ts"
import type { Ticket } from "./Ticket.ts"

/** Answers in a row that tell nothing about limits, before the server counts as one that has none to tell. */
const SILENT = 3
/** The same for a server that has told them before. */
const FALLEN_SILENT = 20

/** From so many waiters the one is taken that is sent for the news. */
const SCOUTS = 32

/** A refusal without a hint pauses the pool for 0.5 to 1 times this, doubled each time, at most `LONGEST_PAUSE`. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

/** A head as it came in, with both clocks and a random number in [0, 1). */
export interface Heard {
  readonly head: ResponseHead
  readonly message: string
  readonly now: number
  /** Unix milliseconds. */
  readonly wall: number
  readonly random: number
}

export class Pool {
  readonly id: PoolId
  readonly quota: PoolQuota
  inFlight = 0
  rateLimited = 0
  readonly alarm: Alarm

  private readonly fresh = new FairQueue<Ticket>()
  private readonly retry = new FairQueue<Ticket>()
  private readonly retries = new RetryBudget()
  private readonly scale = new ChargeScale()
  private readonly adaptive: AdaptiveConcurrency
  /** Answers in a row whose head told nothing about the limits. */
  private silent = 0
  private hasTold = false
  private pausedAt = Number.NEGATIVE_INFINITY
  private unhinted = 0
  /** Milliseconds. */
  private readonly maxWait: number
  private readonly capAtConfigured: boolean

  constructor(id: PoolId, settings: RateLimits, quota: PoolQuota, alarm: Alarm) {
    this.id = id
    this.maxWait = Duration.toMillis(settings.maxWait)
    this.capAtConfigured = settings.capAtConfigured
    this.adaptive = new AdaptiveConcurrency(settings.maxInFlight)
    this.quota = quota
    this.alarm = alarm
  }

  /** Requests that may be in flight, where that is all that is known; `undefined`: the quota says what may go. */
  get concurrency(): number | undefined {
    const enough = this.hasTold ? FALLEN_SILENT : SILENT
    return this.silent >= enough ? this.adaptive.limit : undefined
  }

  /** Whether the pool's own limit of requests in flight is reached. */
  get crowded(): boolean {
    return this.inFlight >= (this.concurrency ?? Number.POSITIVE_INFINITY)
  }

  /** What the provider is going to charge, as far as its refusals have told. */
  charged({ requests, tokens }: Demand["charge"], now: number): Demand["charge"] {
    return { requests, tokens: this.scale.of(tokens, now) }
  }

  /** When the charge may go, if nothing else does before. */
  admission(charge: Demand["charge"], now: number): number {
    return this.concurrency === undefined || this.capAtConfigured
      ? this.quota.nextAdmission(charge, now)
      : Math.max(now, this.quota.pausedUntil)
  }

  get waiting(): number {
    return this.fresh.size + this.retry.size
  }

  enqueue(ticket: Ticket): Node<Ticket> {
    const { charge, lane, run } = ticket.demand
    return this.lane(lane).push(run, run.weight, this.quota.share(charge), ticket)
  }

  /** Whose turn it is: a retry's as far as their budget goes, then fresh work's, then the other retries'. */
  head(now: number): Node<Ticket> | undefined {
    const retry = this.retry.peek()
    if (retry !== undefined && this.retries.allows(now)) return retry
    // A small request has a quick answer: one of a minute would leave the quota unused for as long.
    const fresh = this.quota.blind(now) ? this.fresh.cheapest(SCOUTS) : this.fresh.peek()
    return fresh ?? retry
  }

  serve(node: Node<Ticket>): void {
    this.lane(node.value.demand.lane).serve(node)
  }

  /** Counts what is let through. */
  granted(lane: Demand["lane"], now: number): void {
    this.retries.count(lane === "retry" && this.fresh.size > 0, now)
  }

  remove(node: Node<Ticket>): void {
    this.lane(node.value.demand.lane).remove(node)
  }

  waiters(): ReadonlyArray<Node<Ticket>> {
    return [...this.fresh.nodes(), ...this.retry.nodes()]
  }

  tooLarge(charge: Demand["charge"]): RateLimiterError | undefined {
    const excess = this.quota.excess(charge)
    if (excess === undefined) return undefined
    return new RateLimiterError({
      reason: "request-too-large",
      pool: this.id,
      problem: `The request is charged ${excess.charge} ${excess.dimension}, the limit is ${excess.limit} a ${excess.per}.`,
      fix: "Lower the output bound or shorten the prompt."
    })
  }

  tooLong(charge: Demand["charge"], now: number, clock: Clock.Clock): RateLimiterError | undefined {
    const pause = this.quota.pausedUntil - now
    const day = this.quota.dayAdmission(charge, now) - now
    const wait = Math.max(pause, day)
    if (!(wait > this.maxWait)) return undefined
    const seconds = Math.ceil(wait / 1000)
    const most = `more than the ${this.maxWait / 1000} s of maxWait.`
    return new RateLimiterError({
      reason: "hint-too-long",
      pool: this.id,
      problem:
        pause >= day
          ? `The provider asks to wait ${seconds} s, ${most}`
          : `The limit per day is used up; there is room in ${seconds} s, ${most}`,
      fix: "Start the run again then: it resumes. Or raise maxWait.",
      resumeAt: Math.ceil(clock.currentTimeMillisUnsafe() + wait)
    })
  }

  state(now: number, clock: Clock.Clock): PoolState {
    const pause = this.quota.pausedUntil - now
    return {
      pool: this.id,
      waiting: this.waiting,
      inFlight: this.inFlight,
      requests: this.quota.requestsState(now),
      tokens: this.quota.tokensState(now),
      pausedUntil: pause > 0 ? clock.currentTimeMillisUnsafe() + pause : undefined,
      rateLimited: this.rateLimited,
      day: this.quota.dayState(now),
      concurrency: this.concurrency,
      immediateRetries: this.retries.spent
    }
  }

  /** Takes in what a head says about the quota. */
  learn(heard: Heard, charge: Demand["charge"], mark: SendMark): void {
    const { head, message, now, wall } = heard
    const refused = head.status === 429
    const headers = RateLimitHeaders.parse(head.headers, wall)
    const inHeaders = this.quota.observe(headers, mark, now, refused)
    const told = (refused && this.read(message, headers, mark, now)) || inHeaders
    this.listen(told, head, mark, now)
    if (refused) this.compare(message, charge, now)
    const refusal = Refusal.read(head, message, wall)
    if (refusal === undefined) {
      if (mark.at >= this.pausedAt) this.unhinted = 0
      return
    }
    if (refusal._tag === "SlowDown") this.quota.slowDown(now)
    if (refusal._tag === "NotShared") return
    if (refusal._tag === "Unhinted" || refusal.ms === undefined)
      this.backOff(heard, charge, mark, told)
    else this.pause(now + refusal.ms, now)
  }

  /** A refusal's words tell the limit of a minute where the headers tell another one, or none. */
  private read(
    message: string,
    headers: RateLimitHeaders.RateLimitHeaders,
    mark: SendMark,
    now: number
  ): boolean {
    const report = minuteOf(message)
    if (report === undefined) return false
    const dimension = dimensionOf({ message })
    if (dimension !== "requests" && dimension !== "tokens") return false
    const known = headers[dimension]
    if (known !== undefined && !isDaily(known)) return false
    return this.quota.observe({ [dimension]: report }, mark, now, known === undefined)
  }

  private compare(message: string, charge: Demand["charge"], now: number): void {
    const { requested } = numbersOf(message)
    // A refusal for the number of requests counts in requests.
    const tokens = dimensionOf({ message }) === "tokens"
    if (tokens && requested !== undefined) this.scale.learn(requested, charge.tokens, now)
  }

  /** Finds out whether the server tells limits at all, and what it bears if it does not. */
  private listen(told: boolean, head: ResponseHead, mark: SendMark, now: number): void {
    if (told) {
      this.silent = 0
      this.hasTold = true
      return
    }
    const success = head.status >= 200 && head.status < 300
    if (success) this.silent++
    if (success) this.adaptive.succeeded(mark.at, this.inFlight)
    else if (head.status === 429) this.adaptive.refused(mark.at, this.inFlight, now)
  }

  private backOff(
    { now, random }: Heard,
    charge: Demand["charge"],
    mark: SendMark,
    told: boolean
  ): void {
    // The buckets explain it, and know when there will be room.
    if (told && this.admission(charge, now) > now) return
    // Sent before the pause that an earlier refusal has brought: the same event.
    if (mark.at < this.pausedAt) return
    const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.unhinted++)
    this.pause(now + ceiling * (0.5 + random / 2), now)
  }

  private pause(until: number, now: number): void {
    this.pausedAt = now
    this.quota.pause(until, now)
  }

  private lane(lane: Demand["lane"]): FairQueue<Ticket> {
    return lane === "retry" ? this.retry : this.fresh
  }
}
