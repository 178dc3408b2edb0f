/**
 * What the limiter keeps of one quota: what may be sent, who waits, and what the provider's refusals demand of
 * all. It decides and remembers; timers and fibers are `MemoryRateLimiter.ts`'s. `now` is monotonic, in milliseconds.
 */
import { type Clock, Duration, type Fiber } from "effect"
import type { RateLimits } from "../../src/config/RateLimitConfig.ts"
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
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import type { Ticket } from "./Ticket.ts"

/** Fresh requests let through before a waiting retry has its turn. */
const FRESH_PER_RETRY = 9

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
  /** The one timer, and the time it is set to. */
  timer: { readonly at: number; readonly fiber: Fiber.Fiber<void> } | undefined

  private readonly fresh = new FairQueue<Ticket>()
  private readonly retry = new FairQueue<Ticket>()
  private freshInRow = 0
  private pausedAt = Number.NEGATIVE_INFINITY
  private unhinted = 0
  /** Milliseconds. */
  private readonly maxWait: number

  constructor(id: PoolId, settings: RateLimits, quota: PoolQuota) {
    this.id = id
    this.maxWait = Duration.toMillis(settings.maxWait)
    this.quota = quota
  }

  get waiting(): number {
    return this.fresh.size + this.retry.size
  }

  enqueue(ticket: Ticket): Node<Ticket> {
    const { charge, lane, run } = ticket.demand
    return this.lane(lane).push(run, run.weight, this.quota.share(charge), ticket)
  }

  /** Whose turn it is. */
  head(): Node<Ticket> | undefined {
    const retry = this.retry.peek()
    const turn = this.freshInRow >= FRESH_PER_RETRY && retry !== undefined
    return turn ? retry : (this.fresh.peek() ?? retry)
  }

  serve(node: Node<Ticket>): void {
    const { lane } = node.value.demand
    this.freshInRow = lane === "fresh" && this.retry.size > 0 ? this.freshInRow + 1 : 0
    this.lane(lane).serve(node)
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

  tooLong(now: number, clock: Clock.Clock): RateLimiterError | undefined {
    const pause = this.quota.pausedUntil - now
    if (!(pause > this.maxWait)) return undefined
    return new RateLimiterError({
      reason: "hint-too-long",
      pool: this.id,
      problem: `The provider asks to wait ${Math.ceil(pause / 1000)} s, more than the ${this.maxWait / 1000} s of maxWait.`,
      fix: "Start the run again then: it resumes. Or raise maxWait.",
      resumeAt: Math.ceil(clock.currentTimeMillisUnsafe() + pause)
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
      rateLimited: this.rateLimited
    }
  }

  /** Takes in what a head says about the quota. */
  learn(heard: Heard, charge: Demand["charge"], mark: SendMark): void {
    const { head, message, now, wall } = heard
    const told = this.quota.observe(RateLimitHeaders.parse(head.headers, wall), mark, now)
    const refusal = Refusal.read(head, message, wall)
    if (refusal === undefined) {
      if (mark.at >= this.pausedAt) this.unhinted = 0
      return
    }
    if (refusal._tag === "SlowDown") this.quota.slowDown(now)
    if (refusal._tag === "Unhinted") this.backOff(heard, charge, mark, told)
    else if (refusal._tag !== "NotShared" && refusal.ms !== undefined)
      this.pause(now + refusal.ms, now)
  }

  private backOff(
    { now, random }: Heard,
    charge: Demand["charge"],
    mark: SendMark,
    told: boolean
  ): void {
    // The buckets explain it, and know when there will be room.
    if (told && this.quota.nextAdmission(charge, now) > now) return
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
