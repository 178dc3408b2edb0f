/** What an account may send: the limits of a usage tier, or one's own. Enforced in `Quota.ts`. */

export interface Limits {
  /** Requests per minute, 1 or more. */
  readonly requestsPerMinute: number
  /** Tokens per minute, 1 or more. */
  readonly tokensPerMinute: number
  /** Requests per day. Default: no such limit. */
  readonly requestsPerDay?: number | undefined
}

export const tierNames = ["free", "1", "2", "3", "4", "5", "unlimited"] as const
export type Tier = (typeof tierNames)[number]

/**
 * Example limits of one small model per tier, as published for a gpt-4o-mini class model; here they serve for every pool.
 * `free` is small enough to run into within seconds, `unlimited` never limits.
 * Source: https://platform.openai.com/docs/guides/rate-limits
 */
export const tiers: Readonly<Record<Tier, Limits>> = {
  free: { requestsPerMinute: 3, tokensPerMinute: 40_000, requestsPerDay: 200 },
  "1": { requestsPerMinute: 500, tokensPerMinute: 500_000 },
  "2": { requestsPerMinute: 5_000, tokensPerMinute: 2_000_000 },
  "3": { requestsPerMinute: 5_000, tokensPerMinute: 4_000_000 },
  "4": { requestsPerMinute: 10_000, tokensPerMinute: 10_000_000 },
  "5": { requestsPerMinute: 30_000, tokensPerMinute: 180_000_000 },
  unlimited: { requestsPerMinute: 1_000_000_000, tokensPerMinute: 1_000_000_000_000 }
}

/** From this moment on the limits of every pool are multiplied. */
export interface LimitChange {
  /** Milliseconds since the simulator's start. */
  readonly at: number
  /** Of the limits the pool started with; 0.5 halves them. Above 0. */
  readonly factor: number
}

/** Somebody else on the same account, who uses a share of every pool. */
export interface Neighbour {
  /** Milliseconds since the start; from 0 and without end by default. */
  readonly from?: number
  readonly to?: number
  /** Share of the limit that it asks for, 0 to 1. */
  readonly share: number
  /** `poisson` arrives at random, `square` is on for half of every `periodMs` and off for the other. Default `steady`. */
  readonly pattern?: "steady" | "poisson" | "square"
  /** Of `square`; 60,000 by default. */
  readonly periodMs?: number
}
