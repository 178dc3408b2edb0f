/** What went over the wire in one run, exchange by exchange, and what the client told of itself. Filled by `Wire.ts`. */
import type { CircuitState } from "spillway/circuit-breaker/CircuitBreaker"

/** Times are milliseconds since the start of the run, on a clock that goes forward evenly. */
export interface Exchange {
  readonly sentAt: number
  /** Tokens, by the provider's rule. */
  readonly charge: number
  /** 0 for the first. */
  readonly attempt: number
  /** Since the attempt before it ended; absent for the first. */
  readonly waited: number | undefined
  /** When it reached the provider; absent if it never did. */
  arrivedAt: number | undefined
  /** Answered with what was asked for: it used quota. */
  served: boolean
  headAt: number | undefined
  status: number | undefined
  /** The head stated the quota in a form that can be read. */
  told: boolean
  /** A 429 that is about money. */
  billing: boolean
  endedAt: number | undefined
  /** The client broke it off. */
  cut: boolean
}

export interface CircuitChange {
  readonly at: number
  readonly to: CircuitState
}

export interface Traffic {
  readonly exchanges: Array<Exchange>
  readonly circuit: Array<CircuitChange>
  answered: number
  /** Items given up that could have been answered. */
  lost: number
}

export const make = (): Traffic => ({ exchanges: [], circuit: [], answered: 0, lost: 0 })

/** A refusal for rate: not one for money. */
export const isRateLimited = (exchange: Exchange): boolean =>
  exchange.status === 429 && !exchange.billing
