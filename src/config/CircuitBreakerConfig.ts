/** Settings of the circuit breaker, one circuit a model family. */
import { Context, Duration } from "effect"

export interface CircuitBreakerSettings {
  /** Over which time failures are counted, in 10 buckets. Default 60 seconds. */
  readonly window: Duration.Duration
  /** Calls in the window below which it does not open. Default 20. So many failures of calls that were sent one after another
   * open it at once, whatever the rest of the window says. */
  readonly minimumCalls: number
  /** Share of failures that opens it, 0 to 1. Default 0.5. */
  readonly failureRate: number
  /** A call that takes longer is slow. Default 10 minutes: large answers are slow by nature. */
  readonly slowCall: Duration.Duration
  /** Share of slow calls that opens it, 0 to 1. Default 1: only if all are. */
  readonly slowCallRate: number
  /** First time of staying open; doubles up to `maxOpen`, with full jitter. Default 1 second. */
  readonly minOpen: Duration.Duration
  /** Default 5 seconds: the end of an outage is noticed within that, and an upstream that refuses everything sees 3 probes
   * every 2.5 s on average, 1.2 a second. A minute would mean 0.1 a second, and up to a minute lost after every outage. */
  readonly maxOpen: Duration.Duration
  /** Probes that may be out at once while half open. Default 3. */
  readonly probes: number
  /** A probe that is silent for longer gives its place to another one; its success still counts. Default 2 seconds: with
   * it, an upstream that hangs sees a probe every 2.5 s where calls that hang fail after 60 s, every 25 s where after 10 minutes, and 27
   * of them hang at once at most. */
  readonly probePatience: Duration.Duration
  /** Successful probes that close it. Default 3. */
  readonly successesToClose: number
  /** With probes out and no success for so long it opens again: it bounds how long half-open can last. Default 10 minutes, as
   * long as an attempt may take: a shorter lease than the model's latency would never let the circuit close. */
  readonly probeLease: Duration.Duration
  /** Without having closed for so long, it stops the runs that wait for it, resumable: what comes after that is for a person
   * to decide. Default 1 hour; `Duration.infinity` waits for ever. */
  readonly maxOutage: Duration.Duration
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
  maxOpen: Duration.seconds(5),
  probes: 3,
  probePatience: Duration.seconds(2),
  successesToClose: 3,
  probeLease: Duration.minutes(10),
  maxOutage: Duration.hours(1),
  whileOpen: "wait",
  maxWaiting: 1_000_000
}

/** What is wrong with the settings, one sentence a field; empty if they can be used. */
export const problems = (settings: CircuitBreakerSettings): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  for (const field of ["failureRate", "slowCallRate"] as const)
    if (!(settings[field] > 0 && settings[field] <= 1))
      wrong.push(`${field} is ${settings[field]}: use a share above 0, up to 1.`)
  for (const field of ["minimumCalls", "probes", "successesToClose", "maxWaiting"] as const) {
    const least = field === "maxWaiting" ? 0 : 1
    if (!(Number.isSafeInteger(settings[field]) && settings[field] >= least))
      wrong.push(`${field} is ${settings[field]}: use a whole number from ${least}.`)
  }
  for (const field of durations) {
    const millis = Duration.toMillis(settings[field])
    if (!(millis > 0 && millis <= LONGEST))
      wrong.push(`${field} is ${millis} ms: use a duration above 0, up to 365 days.`)
  }
  const outage = Duration.toMillis(settings.maxOutage)
  if (!(outage > 0 && (outage <= LONGEST || outage === Number.POSITIVE_INFINITY)))
    wrong.push(
      `maxOutage is ${outage} ms: use a duration above 0, up to 365 days, or Duration.infinity.`
    )
  const [least, most] = [settings.minOpen, settings.maxOpen]
  if (Duration.isGreaterThan(least, most))
    wrong.push(
      `minOpen is ${Duration.format(least)}: it is longer than maxOpen (${Duration.format(most)}).`
    )
  return wrong
}

/** Milliseconds. Longer ones are slips of the pen, and times far away lose their last digits. */
const LONGEST = 365 * 24 * 3_600_000

const durations = [
  "window",
  "slowCall",
  "minOpen",
  "maxOpen",
  "probePatience",
  "probeLease"
] as const

export const CircuitBreakerConfig = Context.Reference<CircuitBreakerSettings>(
  "spillway/config/CircuitBreakerConfig",
  { defaultValue: () => defaults }
)
