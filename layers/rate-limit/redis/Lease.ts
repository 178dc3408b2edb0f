/**
 * A process's account of one pool: what is left of its lease, what was taken from it and not sent yet, and what it has sent
 * since it began. Redis is told absolute amounts, so a call that was lost, or arrived twice, does no harm.
 */
import type { Charge } from "../../../src/rate-limit/PoolQuota.ts"
import type { Pair } from "./QuotaScript.ts"

/** Charges are bounded, so that no number is lost on the way. */
const LARGEST = 1e15

export const bounded = (amount: number): number => (amount >= 0 ? Math.min(amount, LARGEST) : 0)

/** A sum of parts may fall short of the whole by a rounding error. */
const covers = (have: number, need: number): boolean => need * (1 - 1e-9) <= have

interface Sum {
  requests: number
  tokens: number
}

const add = (sum: Sum, charge: Charge, times: 1 | -1): void => {
  sum.requests += times * bounded(charge.requests)
  sum.tokens += times * bounded(charge.tokens)
}

export class Lease {
  /** Taken, not sent yet. */
  readonly pending: Sum = { requests: 0, tokens: 0 }
  private readonly free: Sum = { requests: 0, tokens: 0 }
  private readonly sent: Sum = { requests: 0, tokens: 0 }
  /** Of this the last answer confirmed. */
  private acked: Pair = [0, 0]
  private usableUntil = Number.NEGATIVE_INFINITY
  private takenAt = Number.NEGATIVE_INFINITY
  private voided = false

  covers(charge: Charge, now: number): boolean {
    const { free } = this
    const enough = covers(free.requests, charge.requests) && covers(free.tokens, charge.tokens)
    return enough && !this.voided && now < this.usableUntil
  }

  /** More of it is left than the provider says there is. */
  exceeds({ requests, tokens }: Partial<Charge>): boolean {
    const { free } = this
    return (requests ?? Infinity) < free.requests || (tokens ?? Infinity) < free.tokens
  }

  /** The provider does not back what is left: it goes back with the next call. */
  void(): void {
    this.voided = true
  }

  take(charge: Charge, now: number): void {
    add(this.free, charge, -1)
    add(this.pending, charge, 1)
    this.takenAt = now
  }

  refund(charge: Charge): void {
    add(this.free, charge, 1)
    add(this.pending, charge, -1)
  }

  depart(charge: Charge): void {
    add(this.pending, charge, -1)
    add(this.sent, charge, 1)
  }

  granted([requests, tokens]: Pair): void {
    add(this.free, { requests, tokens }, 1)
  }

  /** @param usableUntil what is held stays this process's until then */
  confirmed(sent: Pair, usableUntil: number): void {
    this.acked = sent
    this.usableUntil = usableUntil
  }

  /**
   * What a call says. What is left of the lease goes back where it is of no use.
   *
   * @param idle nobody has taken of it for so long that it is better elsewhere. Milliseconds.
   */
  account(useless: boolean, now: number, idle: number) {
    const { acked, free, pending, sent } = this
    if (useless || this.voided || now >= this.usableUntil || now - this.takenAt >= idle) {
      this.voided = false
      free.requests = 0
      free.tokens = 0
    }
    const holds: Pair = [
      bounded(free.requests + pending.requests),
      bounded(free.tokens + pending.tokens)
    ]
    return { sent: [sent.requests, sent.tokens] as Pair, acked, holds }
  }

  /** Nothing will be sent any more. */
  end(): void {
    this.voided = true
    add(this.pending, this.pending, -1)
  }

  get left(): boolean {
    return this.free.requests > 0 || this.free.tokens > 0
  }

  get unconfirmed(): boolean {
    return this.sent.requests > this.acked[0]
  }
}
