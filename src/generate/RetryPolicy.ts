/**
 * When an attempt that failed is tried again: full jitter, never before the provider's hint, within limits of attempts and
 * time. One policy for all reasons; whether a failure may be retried at all is in its verdict.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
import { Cause, Clock, Duration, Effect, Random, Schedule } from "effect"
import type { RetrySettings } from "../config/RetryConfig.ts"
import type { Verdict } from "../error/Verdict.ts"

/** A hint is a minimum that everybody gets alike: up to this share of it is added, but at most 5 s. */
const HINT_JITTER = 0.1
const MOST_HINT_JITTER = 5_000

/** Doubling more often than this has passed every cap. */
const MOST_DOUBLINGS = 50

/**
 * Milliseconds before a retry: `random · min(cap, base · 2ⁿ)`, or the hint with a little jitter where that is longer.
 *
 * @param retry n: 0 before the first retry
 * @param random in [0, 1)
 * @param hint how long the provider asked to wait at least; may exceed the cap
 */
export const delayFor = (
  retry: number,
  random: number,
  hint: Duration.Duration | undefined,
  settings: RetrySettings
): number => {
  const doublings = Math.min(Math.max(0, retry), MOST_DOUBLINGS)
  const ceiling = Math.min(
    Duration.toMillis(settings.cap),
    Duration.toMillis(settings.base) * 2 ** doublings
  )
  const backoff = random * ceiling
  if (hint === undefined) return backoff
  const least = Duration.toMillis(hint)
  return Math.max(backoff, least + random * Math.min(least * HINT_JITTER, MOST_HINT_JITTER))
}

/**
 * Excused attempts of one item. Half an hour of outage brings one that is alone about 700 probes; a request that brings the
 * server down by itself has to end some day.
 */
const MOST_EXCUSED = 1_000

/** An attempt that failed, and what came before it. */
export interface Failed {
  readonly verdict: Verdict
  /** Retries before this attempt: 0 if it was the first. Excused attempts are not among them. */
  readonly retries: number
  /** Milliseconds since the first attempt began, without waiting for an open circuit. */
  readonly elapsed: number
  /** It failed in an outage or for want of quota, which is not the item's fault: no attempt is used up. */
  readonly excused?: boolean
}

/**
 * Milliseconds until the next attempt, or `undefined`: give up.
 *
 * After an attempt that failed in an outage there is no backoff of the item's own: the circuit holds it back, longer than
 * a backoff would, and lets it go when the outage is over. A wait that a provider at its limit asks for is everybody's
 * and does not count against the item's time. With `maxAttempts` 1 nothing is sent twice, whatever the reason.
 */
export const decide = (
  failed: Failed,
  random: number,
  settings: RetrySettings
): number | undefined => {
  const { elapsed, excused = false, retries, verdict } = failed
  if (!verdict.retryable || settings.maxAttempts <= 1) return undefined
  if (!excused && retries + 1 >= settings.maxAttempts) return undefined
  const throttled = verdict.breaker === "throttle"
  const backoff = excused && !throttled ? { ...settings, base: Duration.zero } : settings
  const delay = delayFor(retries, random, verdict.retryAfter, backoff)
  const counted = isEverybodys(verdict) ? 0 : delay
  return elapsed + counted <= Duration.toMillis(settings.totalTimeout) ? delay : undefined
}

/** Whether the wait before a retry is one that all who share the quota have to make. */
export const isEverybodys = ({ breaker, retryAfter }: Verdict): boolean =>
  breaker === "throttle" && retryAfter !== undefined

/** What the attempts so far do not answer for. */
export interface Allowance {
  /** Milliseconds of waiting: for an open circuit, for quota. */
  readonly waitedMs: number
  /** Attempts that failed in an outage, or for want of quota. */
  readonly excused: number
}

/**
 * The policy as a schedule for `Effect.retry`; its output is the number of the retry, 1 for the first. The time counts
 * from where the schedule starts, which `Effect.retry` does before the first attempt.
 *
 * @param allowance as it is when an attempt has failed, that one included
 */
export const make = (
  settings: RetrySettings,
  allowance: () => Allowance = () => ({ waitedMs: 0, excused: 0 })
): Schedule.Schedule<number, { readonly verdict: Verdict }> =>
  Schedule.fromStepWithMetadata(
    Clock.clockWith((clock) => {
      const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      const start = now()
      let before = 0
      return Effect.succeed((step: Schedule.InputMetadata<{ readonly verdict: Verdict }>) =>
        Effect.flatMap(Random.next, (random) => {
          const { verdict } = step.input
          const { excused: total, waitedMs } = allowance()
          const counted = Math.min(total, MOST_EXCUSED)
          const excused = counted > before
          before = counted
          const elapsed = now() - start - waitedMs
          // Where this attempt is excused itself, it is not among those before it.
          const retries = step.attempt - 1 - (excused ? counted - 1 : counted)
          const delay = decide({ verdict, retries, elapsed, excused }, random, settings)
          return delay === undefined
            ? Cause.done(step.attempt)
            : Effect.succeed<[number, Duration.Duration]>([step.attempt, Duration.millis(delay)])
        })
      )
    })
  )
