/**
 * Calls to a shared quota, each with a limit of time, and one message when Redis goes away and one when it is back. What a
 * pool says and makes of the answer is `LeasedQuota.ts`'s.
 */
import { Cause, Duration, Effect, Exit } from "effect"
import * as Redis from "effect/persistence/Redis"
import { type Answer, type Ask, decode, keysOf, script } from "./QuotaScript.ts"

/** What is needed of a Redis. */
export interface Caller {
  readonly eval: Redis.Redis["Service"]["eval"]
  /** A call got no answer in time: the connection may be dead. */
  readonly suspect: Effect.Effect<void>
}

/**
 * A Redis that takes longer than these three seconds is away: no less, for a machine that is out of breath makes everything
 * late, and processes that count alone then send more than there is. In steps: where this process itself stood still, the
 * first one ends late, and the answer that had come meanwhile is read before the next one does.
 */
const STEP = Duration.millis(250)
const STEPS = 12

const tooLate = Effect.forEach(Array.from({ length: STEPS }), () => Effect.sleep(STEP), {
  discard: true
}).pipe(Effect.andThen(Effect.fail(new Cause.TimeoutError("no answer within three seconds"))))

/** The message alone: a driver's error may name the URL in other places. */
const told = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  const inner = error instanceof Redis.RedisError ? error.cause : error
  const message = inner instanceof Error ? inner.message : String(inner)
  return message.split("\n")[0]?.slice(0, 200) ?? ""
}

export const make = ({ eval: evaluate, suspect }: Caller, prefix: string) => {
  const ask = evaluate(script)
  let away = false

  const failed = (cause: Cause.Cause<unknown>, parts: number) => {
    if (away) return Effect.void
    away = true
    const share =
      parts === 1
        ? "counts alone, as if no other process used the quota (where others do, set SPILLWAY_REDIS_PROCESSES)"
        : `goes on with its share, one of ${parts} equal parts of the quota`
    return Effect.logWarning(
      `Redis does not answer (${told(cause)}): until it does, this process ${share}.`
    )
  }
  const succeeded = Effect.suspend(() => {
    if (!away) return Effect.void
    away = false
    return Effect.logInfo("Redis answers again: the quota is shared again.")
  })

  /** `answered` gets `undefined` where there was no answer, and goes on with one part of so many. Never fails. */
  return (
    pool: string,
    asked: Ask,
    parts: number,
    answered: (answer: Answer | undefined) => void
  ): Effect.Effect<void> =>
    Effect.suspend(() => ask(keysOf(prefix, pool), asked)).pipe(
      Effect.flatMap(decode),
      Effect.raceFirst(tooLate),
      Effect.tapErrorTag("TimeoutError", () => suspect),
      Effect.onExit((exit) =>
        Exit.isSuccess(exit)
          ? succeeded
          : Cause.hasInterruptsOnly(exit.cause)
            ? Effect.void
            : failed(exit.cause, parts)
      ),
      Effect.matchCause({
        onFailure: () => answered(undefined),
        onSuccess: answered
      })
    )
}
