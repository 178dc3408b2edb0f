/** Settings of the one retry layer. The schedule made from them: `generate/RetryPolicy.ts`. */
import { Context, Duration } from "effect"

export interface RetrySettings {
  /** Attempts of one item, the first included. 1 switches retries off. Default 6. An attempt that fails while its circuit is
   * open or half open, is not one of them, up to a thousand, nor one of the first 20 that meet a 429 for want of quota: that is no fault of the item. */
  readonly maxAttempts: number
  /** Full jitter: before retry n the delay is random in [0, min(cap, base · 2ⁿ)]. Defaults 1 s and 60 s: an outage is noticed before an item has used up its attempts. */
  readonly base: Duration.Duration
  readonly cap: Duration.Duration
  /** Limit of one attempt, from sending to the last byte. Default 10 minutes. */
  readonly attemptTimeout: Duration.Duration
  /** No retry starts later than this after the first attempt; waiting for an open circuit not counted. Default 1 hour. */
  readonly totalTimeout: Duration.Duration
}

export const defaults: RetrySettings = {
  maxAttempts: 6,
  base: Duration.seconds(1),
  cap: Duration.seconds(60),
  attemptTimeout: Duration.minutes(10),
  totalTimeout: Duration.hours(1)
}

/** Milliseconds. Longer ones are slips of the pen; none at all is `Duration.infinity`. */
const LONGEST = 365 * 24 * 3_600_000

/** What is wrong with the settings, one sentence a field; empty if they can be used. */
export const problems = (settings: RetrySettings): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  const { maxAttempts } = settings
  if (!(Number.isSafeInteger(maxAttempts) && maxAttempts >= 1))
    wrong.push(`maxAttempts is ${maxAttempts}: use a whole number from 1.`)
  for (const field of ["base", "cap", "attemptTimeout", "totalTimeout"] as const) {
    const millis = Duration.toMillis(settings[field])
    // No attempt can end in no time.
    const positive = field === "attemptTimeout" ? millis > 0 : millis >= 0
    const endless = millis === Number.POSITIVE_INFINITY && field !== "base"
    if (!(positive && (millis <= LONGEST || endless)))
      wrong.push(
        `${field} is ${millis} ms: use a duration ${field === "attemptTimeout" ? "above" : "from"} 0, up to 365 days${field === "base" ? "" : ", or Duration.infinity"}.`
      )
  }
  return wrong
}

export const RetryConfig = Context.Reference<RetrySettings>("spillway/config/RetryConfig", {
  defaultValue: () => defaults
})
