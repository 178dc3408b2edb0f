/**
 * What all rivals do alike with the end of an attempt, so that they differ in admission only: which failures are tried
 * again, how often, and after which wait. Full jitter by the published rule:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
import { Effect } from "effect"
import type { Job, Known, Reply, Wire } from "../Client.ts"

/** Milliseconds: the first wait is at most `BASE`, and no wait is longer than `CAP`. */
const BASE = 500
const CAP = 60_000

/** Milliseconds. A longer hint is not believed, like in the provider's own client library. */
const LONGEST_HINT = 60_000

export type Outcome =
  | { readonly _tag: "Answered" }
  /** 429. `hint`: milliseconds to wait at least; `undefined` if the response does not say. */
  | { readonly _tag: "Refused"; readonly hint: number | undefined }
  /** 408, 409, 5xx, or a broken connection. */
  | { readonly _tag: "Failed" }
  /** Another try would end the same way. */
  | { readonly _tag: "Hopeless" }

/** Milliseconds. */
const hintOf = (headers: Reply["headers"]): number | undefined => {
  const millis = Number.parseFloat(headers["retry-after-ms"] ?? "")
  const hint = millis > 0 ? millis : Number.parseFloat(headers["retry-after"] ?? "") * 1_000
  return hint > 0 && hint <= LONGEST_HINT ? hint : undefined
}

export const judge = ({ headers, status }: Pick<Reply, "headers" | "status">): Outcome => {
  if (status >= 200 && status < 300) return { _tag: "Answered" }
  if (status === 429) return { _tag: "Refused", hint: hintOf(headers) }
  if (status >= 500 || status === 408 || status === 409) return { _tag: "Failed" }
  return { _tag: "Hopeless" }
}

/** One attempt. `made`: attempts before it. */
export const attempt = (wire: Wire, job: Job, made: number): Effect.Effect<Outcome> =>
  Effect.match(wire.exchange(job, made), {
    onFailure: (): Outcome => ({ _tag: "Failed" }),
    onSuccess: judge
  })

/**
 * Whether items end with such attempts; if so, the wire is told how. All clients have the same bound of attempts, whatever
 * ended them: `maxAttempts`. `made`: attempts with this one.
 */
export const makeEnds =
  (wire: Wire, { maxAttempts }: Known) =>
  (job: Job, made: number, outcome: Outcome): boolean => {
    if (outcome._tag === "Answered") {
      wire.answered(job)
      return true
    }
    if (outcome._tag !== "Hopeless" && made < maxAttempts) return false
    wire.lost(job)
    return true
  }

/** Milliseconds before the next attempt, if nobody says how long. `made`: attempts so far; `random` in [0, 1). */
export const backoff = (made: number, random: number): number =>
  random * Math.min(CAP, BASE * 2 ** Math.max(0, made - 1))

/** Milliseconds before the next attempt: full jitter, or the hint of a refusal. */
export const pauseAfter = (outcome: Outcome, made: number, random: number): number =>
  outcome._tag === "Refused" && outcome.hint !== undefined ? outcome.hint : backoff(made, random)
