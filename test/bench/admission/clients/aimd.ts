/**
 * Additive increase and multiplicative decrease of what is in flight, by inspect_ai's published rule with its defaults,
 * written anew here; nothing is known of requests or tokens per minute.
 * https://inspect.aisi.org.uk/models-concurrency.html (the rule and its defaults) and `AdaptiveConcurrencyController` in
 * `src/inspect_ai/util/_concurrency.py` (how a round is counted), as of commit 499e615, August 2026.
 *
 * - Start at 20. As many clean successes as the limit allows in flight (at least 4) are a round; a round during which at
 *   least 80% of the limit was in use doubles the limit, and adds 5% once a 429 has been seen.
 * - A 429 multiplies the limit by 0.8, at most once in 15 s, or longer if the server says so; successes before the end of
 *   that time count for nothing, nor do successes after a retry. Other failures change nothing.
 * - Limits from 10 on are multiples of 5, and never below 10.
 * - An item keeps its place in flight while it waits for its next attempt: after a 429 for 3 s · 2ⁿ and up to 3 s of
 *   jitter, at most 30 minutes, and not less than the server says.
 *
 * The maximum is what the judge allows in flight and not inspect_ai's default of 100: its users are told to set it above
 * where the limit settles.
 */
import { Clock, Effect, Latch, Random } from "effect"
import type { Client, Job } from "../Client.ts"
import { attempt, backoff, makeEnds, type Outcome } from "./Retrying.ts"

const START = 20
const LEAST = 10
const SMALLEST_ROUND = 4
const IN_USE = 0.8
const GROWTH = 0.05
const CUT = 0.8
/** Milliseconds. */
const COOL_DOWN = 15_000
const FIRST_WAIT = 3_000
const JITTER = 3_000
const LONGEST_WAIT = 1_800_000

const roundUp = (limit: number): number => (limit < 10 ? limit : Math.ceil(limit / 5) * 5)
const roundDown = (limit: number): number =>
  limit < 10 ? Math.floor(limit) : Math.floor(limit / 5) * 5

/** Times are milliseconds. */
export const makeController = (most: number) => {
  const least = Math.min(LEAST, most)
  let limit = Math.min(START, most)
  let successes = 0
  let peak = 0
  let everRefused = false
  let coolUntil = Number.NEGATIVE_INFINITY
  return {
    limit: () => limit,
    started: (inFlight: number, now: number) => {
      if (now >= coolUntil) peak = Math.max(peak, inFlight)
    },
    succeeded: (now: number) => {
      if (now < coolUntil) return
      successes++
      if (successes < Math.max(limit, SMALLEST_ROUND)) return
      const used = peak
      successes = 0
      peak = 0
      if (used < IN_USE * limit) return
      const grown = everRefused
        ? roundUp(limit + Math.max(1, Math.round(limit * GROWTH)))
        : limit * 2
      limit = Math.min(most, grown)
    },
    refused: (now: number, hint: number | undefined) => {
      successes = 0
      peak = 0
      everRefused = true
      if (now < coolUntil) {
        coolUntil = Math.max(coolUntil, now + (hint ?? 0))
        return
      }
      coolUntil = now + Math.max(COOL_DOWN, hint ?? 0)
      limit = Math.max(least, roundDown(limit * CUT))
    }
  }
}

const waitAfter = (outcome: Outcome, made: number, random: number): number =>
  outcome._tag === "Refused"
    ? Math.max(
        outcome.hint ?? 0,
        Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (made - 1) + random * JITTER)
      )
    : backoff(made, random)

export const aimd: Client = {
  name: "aimd",
  source: "inspect_ai's adaptive connections, commit 499e615 (published rule)",
  time: "clock",
  run: (wire, known) =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const random = yield* Random.Random
      const scope = yield* Effect.scope
      const now = () => clock.currentTimeMillisUnsafe()
      const controller = makeController(known.maxInFlight)
      const ends = makeEnds(wire, known)
      const changed = Latch.makeUnsafe()
      let inFlight = 0

      const handle = Effect.fnUntraced(function* (job: Job) {
        for (let made = 1; ; made++) {
          const outcome = yield* attempt(wire, job, made - 1)
          if (outcome._tag === "Refused") controller.refused(now(), outcome.hint)
          if (outcome._tag === "Answered" && made === 1) controller.succeeded(now())
          if (ends(job, made, outcome)) break
          yield* Effect.sleep(waitAfter(outcome, made, random.nextDoubleUnsafe()))
        }
        inFlight--
        changed.openUnsafe()
      })

      for (;;) {
        changed.closeUnsafe()
        const job = inFlight < controller.limit() ? wire.next() : undefined
        if (job === undefined) {
          if (inFlight === 0) return
          yield* changed.await
          continue
        }
        inFlight++
        controller.started(inFlight, now())
        yield* Effect.forkIn(handle(job), scope, { startImmediately: true })
      }
    })
}
