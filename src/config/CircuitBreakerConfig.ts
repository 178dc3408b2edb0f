/** Settings of the circuit breaker, one circuit a model family. */
import { Context, Duration } from "effect"

export interface CircuitBreakerSettings {
  /** Over which time failures are counted, in 10 buckets. Default 60 seconds. */
  readonly window: Duration.Duration
  /** Calls in the window below which it never opens. Default 20. */
  readonly minimumCalls: number
  /** Share of failures that opens it, 0 to 1. Default 0.5. */
  readonly failureRate: number
  /** A call that takes longer is slow. Default 10 minutes: large answers are slow by nature. */
  readonly slowCall: Duration.Duration
  /** Share of slow calls that opens it, 0 to 1. Default 1: only if all are. */
  readonly slowCallRate: number
  /** First time of staying open; doubles up to `maxOpen`, with full jitter. Defaults 1 and 60 seconds. */
  readonly minOpen: Duration.Duration
  readonly maxOpen: Duration.Duration
  /** Probes that may be out at once while half open. Default 3. */
  readonly probes: number
  /** Successful probes that close it. Default 3. */
  readonly successesToClose: number
  /** A probe that has not come back by then counts as failed: it bounds how long half-open can last. Default 10 minutes, as long
   * as an attempt may take: a shorter lease than the model's latency would never let the circuit close. */
  readonly probeLease: Duration.Duration
  /** While open: wait for it, or fail at once. Default `wait`. */
  readonly whileOpen: "wait" | "fail"
  /** Most that may wait for one circuit. Default 1,000,000. */
  readonly maxWaiting: number
}

export const defaults: CircuitBreakerSettings = {
  window: Duration.seconds(60),
  minimumCalls: 20,
  failureRate: 0.5,
  slowCall: Duration.minutes(10),
  slowCallRate: 1,
  minOpen: Duration.seconds(1),
  maxOpen: Duration.seconds(60),
  probes: 3,
  successesToClose: 3,
  probeLease: Duration.minutes(10),
  whileOpen: "wait",
  maxWaiting: 1_000_000
}

/** What is wrong with the settings, one sentence a field; empty if they can be used. */
export const problems = (settings: CircuitBreakerSettings): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  for (const field of ["failureRate", "slowCallRate"] as const)
    if (!(settings[field] >= 0 && settings[field] <= 1))
      wrong.push(`${field} is ${settings[field]}: use a share from 0 to 1.`)
  for (const field of ["minimumCalls", "probes", "successesToClose"] as const)
    if (!(Number.isInteger(settings[field]) && settings[field] >= 1))
      wrong.push(`${field} is ${settings[field]}: use a whole number from 1.`)
  if (!(Number.isInteger(settings.maxWaiting) && settings.maxWaiting >= 0))
    wrong.push(`maxWaiting is ${settings.maxWaiting}: use a whole number from 0.`)
  for (const field of ["window", "slowCall", "minOpen", "maxOpen", "probeLease"] as const) {
    const millis = Duration.toMillis(settings[field])
    if (!(Number.isFinite(millis) && millis > 0))
      wrong.push(`${field} is ${millis} ms: use a finite duration above 0.`)
  }
  return wrong
}

export const CircuitBreakerConfig = Context.Reference<CircuitBreakerSettings>(
  "spillway/config/CircuitBreakerConfig",
  { defaultValue: () => defaults }
)
