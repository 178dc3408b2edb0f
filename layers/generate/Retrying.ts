/**
 * Tries an attempt again by the policy (`src/generate/RetryPolicy.ts`), and leaves off where the run stops. The delay
 * before a retry may be an hour long and holds nothing that is paid for, so a stop ends it; an attempt that is under way
 * is never cut.
 */
import { Clock, Duration, Effect, Schedule } from "effect"
import type { RetrySettings } from "../../src/config/RetryConfig.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import * as RetryPolicy from "../../src/generate/RetryPolicy.ts"
import type { AttemptError } from "../../src/generate/Settlement.ts"
import type { RunSignal } from "../../src/run/RunSignal.ts"
import type { Job } from "./Attempt.ts"

/** Fails once the run, or what uses the model, has stopped. */
const stopOf = (run: RunSignal, model: string): Effect.Effect<never, RunStopped> =>
  Effect.callback((resume) => {
    const look = () => {
      const stopped = run.stopped(model)
      if (stopped !== undefined) resume(Effect.fail(stopped))
    }
    const remove = run.onStop(look)
    look()
    return Effect.sync(remove)
  })

/** @param maxWait a hint to wait longer than this stops the run: the limiter tells it to those who ask next */
export const make = (settings: RetrySettings, maxWait: Duration.Duration) => {
  const tooLong = Effect.fnUntraced(function* (hint: Duration.Duration, run: RunSignal) {
    const resumeAt = Math.ceil((yield* Clock.currentTimeMillis) + Duration.toMillis(hint))
    const [seconds, most] = [hint, maxWait].map((wait) => Math.ceil(Duration.toSeconds(wait)))
    const detail = `The provider asks to wait ${seconds} s, more than the ${most} s of maxWait.`
    const why = new RunStopped({ why: "hint-too-long", detail, resumeAt })
    run.stop(why)
    return yield* run.stopped() ?? why
  })

  return <A>(job: Job, attempt: Effect.Effect<A, AttemptError>): Effect.Effect<A, AttemptError> => {
    const { request, run } = job
    let pause = Duration.zero
    let shared = false
    const policy = RetryPolicy.make(settings, () => job).pipe(
      // The pause is made below, where a stop can end it.
      Schedule.modifyDelay(({ duration }) =>
        Effect.sync(() => {
          pause = duration
          if (shared) job.waitedMs += Duration.toMillis(duration)
          return Duration.zero
        })
      )
    )
    const paused = Effect.suspend(() =>
      Duration.isZero(pause)
        ? attempt
        : Effect.timeoutOrElse(stopOf(run, request.model), {
            duration: pause,
            orElse: () => attempt
          })
    )
    const checked = Effect.catch(paused, (error) => {
      const { retryAfter, retryable } = error.verdict
      shared = RetryPolicy.isEverybodys(error.verdict)
      return retryable && retryAfter !== undefined && Duration.isGreaterThan(retryAfter, maxWait)
        ? tooLong(retryAfter, run)
        : Effect.fail(error)
    })
    // An attempt ends with `CircuitOpen` only where nobody may wait: the breaker is set to fail at once, or its queue is full.
    return Effect.retry(checked, { schedule: policy, while: ({ _tag }) => _tag !== "CircuitOpen" })
  }
}
