/**
 * Who may go, and when: moves tickets from waiting to granted to sent, over all pools of one process. Each pool has
 * one timer (`Alarm.ts`), set to the exact next admission: nothing polls. A request that finds room goes through in one
 * synchronous step. The layer around it is `MemoryRateLimiter.ts`, what it keeps of one quota is `Pool.ts`.
 *
 * A change of state is complete before anybody is woken (`WakeList.ts`).
 */
import { type Clock, Effect, type Fiber, type Random } from "effect"
import type { RateLimits } from "../../src/config/RateLimitConfig.ts"
import type { MakeQuota } from "../../src/rate-limit/PoolQuota.ts"
import {
  type Demand,
  type Permit,
  type PoolId,
  type PoolState,
  RateLimiterError
} from "../../src/rate-limit/RateLimiter.ts"
import type { ResponseHead } from "../../src/transport/ResponseHead.ts"
import { WakeList } from "../internal/WakeList.ts"
import { Alarm } from "./Alarm.ts"
import { Places } from "./Places.ts"
import { Pool } from "./Pool.ts"
import type { Outcome, Ticket } from "./Ticket.ts"

export interface Surroundings {
  readonly clock: Clock.Clock
  readonly random: Random.Random
  readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly makeQuota: MakeQuota
  /** Something about this pool is different now. */
  readonly changed: (pool: Pool) => void
}

export class Turnstile {
  private readonly pools = new Map<PoolId, Pool>()
  private readonly places: Places
  private waiting = 0
  private readonly awake = new WakeList()
  private readonly settings: RateLimits
  private readonly around: Surroundings

  constructor(settings: RateLimits, around: Surroundings) {
    this.settings = settings
    this.places = new Places(settings.maxInFlight)
    this.around = around
  }

  readonly withPermit = <A, E, R>(
    demand: Demand,
    use: (permit: Permit) => Effect.Effect<A, E, R>
  ) =>
    Effect.uninterruptibleMask((restore) => {
      const ticket = this.enter(demand)
      const { stage, outcome } = ticket
      const permit: Permit = {
        sent: () => this.sent(ticket),
        observe: (head, body) => this.observe(ticket, head, body?.message ?? "")
      }
      const through =
        stage._tag === "Waiting"
          ? Effect.flatMap(this.parked(ticket), () => use(permit))
          : outcome === undefined
            ? Effect.suspend(() => use(permit))
            : Effect.flatMap(outcome, () => use(permit))
      // Around the whole ticket: a grant and an interruption can come together.
      return Effect.onExitPrimitive(restore(through), () => this.leave(ticket))
    })

  states(): ReadonlyArray<PoolState> {
    return [...this.pools.values()].map((pool) => pool.state(this.now(), this.around.clock))
  }

  close(): void {
    for (const pool of this.pools.values()) {
      pool.alarm.cancel()
      pool.quota.close()
      for (const node of pool.waiters()) this.sendAway(node.value, Effect.interrupt)
    }
    this.awake.run()
  }

  private now(): number {
    return Number(this.around.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  private enter(demand: Demand): Ticket {
    const pool = this.poolOf(demand.pool)
    const ticket: Ticket = {
      pool,
      demand,
      stage: { _tag: "SentAway" },
      resume: undefined,
      outcome: undefined,
      refused: false
    }
    const now = this.now()
    const refusal = this.refusal(ticket, now)
    if (refusal !== undefined) {
      ticket.outcome = refusal
    } else if (
      pool.waiting === 0 &&
      this.places.free &&
      !pool.crowded &&
      pool.admission(pool.charged(demand.charge, now), now) <= now
    ) {
      this.grant(ticket, now)
    } else if (this.waiting >= this.settings.maxQueue) {
      ticket.outcome = Effect.fail(queueFull(demand, this.settings.maxQueue))
    } else {
      const unlisten = demand.run.onStop(() => this.stopped(ticket))
      ticket.stage = { _tag: "Waiting", node: pool.enqueue(ticket), unlisten }
      this.waiting++
      this.pump(pool)
    }
    this.around.changed(pool)
    return ticket
  }

  private parked(ticket: Ticket): Outcome {
    return Effect.callback((resume) => {
      if (ticket.stage._tag === "Waiting") ticket.resume = resume
      else resume(ticket.outcome ?? Effect.void)
    })
  }

  /** Why this one may not even wait. */
  private refusal(ticket: Ticket, now: number): Outcome | undefined {
    const { demand, pool } = ticket
    const error =
      demand.run.stopped(demand.model) ??
      pool.tooLarge(demand.charge) ??
      pool.tooLong(demand.charge, now, this.around.clock)
    return error === undefined ? undefined : Effect.fail(error)
  }

  private grant(ticket: Ticket, now: number): void {
    const charge = ticket.pool.charged(ticket.demand.charge, now)
    ticket.pool.quota.take(charge, now)
    ticket.pool.granted(ticket.demand.lane, now)
    this.places.take(ticket.pool)
    ticket.stage = { _tag: "Granted", at: now, charge }
  }

  private sent(ticket: Ticket): void {
    if (ticket.stage._tag !== "Granted") return
    ticket.stage = {
      _tag: "Sent",
      mark: ticket.pool.quota.depart(ticket.stage.charge, this.now())
    }
  }

  private observe(ticket: Ticket, head: ResponseHead, message: string): void {
    // A head proves that it was sent.
    this.sent(ticket)
    const { demand, pool, stage } = ticket
    if (stage._tag !== "Sent" && stage._tag !== "Left") return
    if (stage.mark === undefined || ticket.refused) return
    if (head.status === 429) {
      pool.rateLimited++
      ticket.refused = true
    }
    const { clock, random } = this.around
    try {
      pool.learn(
        {
          head,
          message,
          now: this.now(),
          wall: clock.currentTimeMillisUnsafe(),
          random: head.status === 429 ? random.nextDoubleUnsafe() : 0
        },
        demand.charge,
        stage.mark
      )
    } catch {
      // A head that is no head teaches nothing; the caller is in the middle of a paid call.
    }
    this.pump(pool)
    this.around.changed(pool)
  }

  private leave(ticket: Ticket): undefined {
    const { pool, stage } = ticket
    ticket.stage = { _tag: "Left", mark: stage._tag === "Sent" ? stage.mark : undefined }
    switch (stage._tag) {
      case "Waiting":
        this.dequeue(ticket, stage)
        this.pump(pool)
        break
      case "Granted":
        pool.quota.refund(stage.charge, stage.at)
        this.makePlace(pool)
        this.pump(pool)
        break
      case "Sent":
        this.makePlace(pool)
        if (pool.concurrency !== undefined) this.pump(pool)
        break
    }
    this.around.changed(pool)
    return undefined
  }

  private makePlace(pool: Pool): void {
    this.places.give(pool, (next) => this.pump(next))
  }

  private stopped(ticket: Ticket): void {
    const stop = ticket.demand.run.stopped(ticket.demand.model)
    if (stop === undefined || ticket.stage._tag !== "Waiting") return
    this.sendAway(ticket, Effect.fail(stop))
    this.pump(ticket.pool)
  }

  private sendAway(ticket: Ticket, outcome: Outcome): void {
    if (ticket.stage._tag !== "Waiting") return
    this.dequeue(ticket, ticket.stage)
    ticket.stage = { _tag: "SentAway" }
    ticket.outcome = outcome
    this.awaken(ticket)
  }

  private awaken(ticket: Ticket): void {
    this.awake.push(() => ticket.resume?.(ticket.outcome ?? Effect.void))
  }

  private dequeue(ticket: Ticket, stage: Extract<Ticket["stage"], { _tag: "Waiting" }>): void {
    stage.unlisten()
    ticket.pool.remove(stage.node)
    this.waiting--
  }

  /** Lets through all who can go now, and sets the timer for the next one. */
  private pump(pool: Pool): void {
    const now = this.now()
    for (let node = pool.head(now); node !== undefined; node = pool.head(now)) {
      const ticket = node.value
      const refusal = this.refusal(ticket, now)
      if (refusal !== undefined) {
        this.sendAway(ticket, refusal)
        continue
      }
      const at = pool.admission(pool.charged(ticket.demand.charge, now), now)
      if (at > now) {
        pool.alarm.set(at, now)
        break
      }
      // Its own answers make room.
      if (pool.crowded) break
      if (!this.places.free) {
        this.places.want(pool)
        break
      }
      pool.serve(node)
      if (ticket.stage._tag === "Waiting") ticket.stage.unlisten()
      this.waiting--
      this.grant(ticket, now)
      this.awaken(ticket)
    }
    this.awake.run()
  }

  private poolOf(id: PoolId): Pool {
    let pool = this.pools.get(id)
    if (pool === undefined) {
      const { clock, fork, makeQuota } = this.around
      const pump = () => this.pump(made)
      const quota = makeQuota(id, this.now(), pump)
      const made: Pool = new Pool(id, this.settings, quota, new Alarm(clock, fork, pump))
      pool = made
      this.pools.set(id, pool)
    }
    return pool
  }
}

const queueFull = (demand: Demand, most: number): RateLimiterError =>
  new RateLimiterError({
    reason: "queue-full",
    pool: demand.pool,
    problem: `${most} requests are waiting already.`,
    fix: "Raise maxQueue, or hand out less work at once."
  })
