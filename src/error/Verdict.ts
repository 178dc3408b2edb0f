/**
 * What every expected failure answers once, so that retry, breaker, budget and run only read it.
 * The reasons that OpenAI gives are in `OpenAiReason.ts`.
 */
import type { Duration } from "effect"

export interface Verdict {
  /** A later identical attempt may succeed. */
  readonly retryable: boolean
  /** The provider asked for at least this long before the next attempt. */
  readonly retryAfter: Duration.Duration | undefined
  /** What else fails with it: this item only, all that uses the model, or the whole run. */
  readonly blast: "item" | "model" | "run"
  /** `unknown`: it may have been generated and charged although no answer arrived. */
  readonly billed: "no" | "yes" | "unknown"
  /** What the circuit breaker counts: `throttle` (a 429) and `neutral` move nothing. */
  readonly breaker: "failure" | "throttle" | "neutral"
  /** What the person should do, one sentence. */
  readonly advice: string
}

const defaults: Verdict = {
  retryable: false,
  retryAfter: undefined,
  blast: "item",
  billed: "no",
  breaker: "neutral",
  advice: ""
}

/** A verdict with the usual answers filled in: final, this item only, not billed, not the breaker's business. */
export const verdict = (answers: Partial<Verdict>): Verdict => ({ ...defaults, ...answers })
