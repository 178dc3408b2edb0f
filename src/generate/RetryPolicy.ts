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

/** An attempt that failed, and what came before it. */
export interface Failed {
  readonly verdict: Verdict
  /** Retries before this attempt: 0 if it was the first. */
  readonly retries: number
  /** Milliseconds since the first attempt began, without waiting for an open circuit. */
  readonly elapsed: number
}

/** Milliseconds until the next attempt, or `undefined`: give up. */
export const decide = (
  failed: Failed,
  random: number,
  settings: RetrySettings
): number | undefined => {
  const { elapsed, retries, verdict } = failed
  if (!verdict.retryable || retries + 1 >= settings.maxAttempts) return undefined
  const delay = delayFor(retries, random, verdict.retryAfter, settings)
  return elapsed + delay <= Duration.toMillis(settings.totalTimeout) ? delay : undefined
}

/**
 * The policy as a schedule for `Effect.retry`; its output is the number of the retry, 1 for the first. The time counts
 * from where the schedule starts, which `Effect.retry` does before the first attempt.
 *
 * @param uncounted milliseconds of that time which do not count so far: the waiting for an open circuit
 */
export const make = (
  settings: RetrySettings,
  uncounted: () => number = () => 0
): Schedule.Schedule<number, { readonly verdict: Verdict }> =>
  Schedule.fromStepWithMetadata(
    Clock.clockWith((clock) => {
      const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      const start = now()
      return Effect.succeed((step: Schedule.InputMetadata<{ readonly verdict: Verdict }>) =>
        Effect.flatMap(Random.next, (random) => {
          const { verdict } = step.input
          const elapsed = now() - start - uncounted()
          const delay = decide({ verdict, retries: step.attempt - 1, elapsed }, random, settings)
          return delay === undefined
            ? Cause.done(step.attempt)
            : Effect.succeed<[number, Duration.Duration]>([step.attempt, Duration.millis(delay)])
        })
      )
    })
  )
