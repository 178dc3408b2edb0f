/**
 * The published rule of the OpenAI Cookbook's `api_request_parallel_processor.py`, written anew here: two counters of
 * capacity, requests and tokens, start at the account's limits and are refilled evenly; the next request goes when both
 * can pay for it; requests to be retried go before fresh ones; nothing is sent for 15 s after a rate-limit error.
 * https://github.com/openai/openai-cookbook/blob/main/examples/api_request_parallel_processor.py
 *
 * Like the script it starts at most one request a millisecond, counts a refused attempt like any other, and goes by the
 * wall clock. Kinder than the script in two points: it backs off after a server error, where the script retries at once;
 * and it is given 100% of the limits and the charge by the platform's rule, where the script's users are told to set 50 or
 * 75% and estimate the charge themselves.
 */
import { Clock, Effect, Latch, Random } from "effect"
import type { Client, Job } from "../Client.ts"
import { attempt, backoff, makeEnds } from "./Retrying.ts"

/** Milliseconds. */
const MINUTE = 60_000
const COOL_DOWN = 15_000
/** The script's main loop turns that often. */
const STEP = 1

interface Item {
  readonly job: Job
  readonly made: number
}

/** One counter of capacity, from `limit` down; refilled by `limit` a minute. */
const makeCapacity = (limit: number, start: number) => {
  let level = limit
  let at = start
  return {
    /** Milliseconds until it holds `amount`; more than the limit is never asked of it. */
    until: (amount: number, now: number): number => {
      level = Math.min(limit, level + ((now - at) * limit) / MINUTE)
      at = now
      return ((Math.min(amount, limit) - level) * MINUTE) / limit
    },
    take: (amount: number) => {
      level -= amount
    }
  }
}

export const staticBuckets: Client = {
  name: "static",
  source:
    "openai-cookbook, api_request_parallel_processor.py, at 100% of the limits (published rule)",
  time: "clock",
  run: (wire, known) =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const random = yield* Random.Random
      const scope = yield* Effect.scope
      const now = () => clock.currentTimeMillisUnsafe()
      const requests = makeCapacity(known.requestsPerMinute, now())
      const tokens = makeCapacity(known.tokensPerMinute, now())
      const retries: Array<Item> = []
      const changed = Latch.makeUnsafe()
      const ends = makeEnds(wire, known)
      let coolUntil = 0
      let inFlight = 0
      let deferred = 0

      const retryLater = Effect.fnUntraced(function* (item: Item, milliseconds: number) {
        yield* Effect.sleep(milliseconds)
        deferred--
        retries.push(item)
        changed.openUnsafe()
      })

      const send = Effect.fnUntraced(function* ({ job, made }: Item) {
        const outcome = yield* attempt(wire, job, made)
        inFlight--
        const again = !ends(job, made + 1, outcome)
        const item = { job, made: made + 1 }
        if (outcome._tag === "Refused") coolUntil = now() + COOL_DOWN
        if (again && outcome._tag === "Refused") retries.push(item)
        else if (again) {
          deferred++
          yield* Effect.forkIn(
            retryLater(item, backoff(made + 1, random.nextDoubleUnsafe())),
            scope
          )
        }
        changed.openUnsafe()
      })

      for (;;) {
        changed.closeUnsafe()
        const free = inFlight < known.maxInFlight
        const fresh = free && retries.length === 0 ? wire.next() : undefined
        const item = free ? (retries.shift() ?? (fresh && { job: fresh, made: 0 })) : undefined
        if (item === undefined) {
          if (inFlight + deferred + retries.length === 0) return
          yield* changed.await
          continue
        }
        const { charge } = item.job
        for (;;) {
          const wait = Math.max(
            coolUntil - now(),
            requests.until(1, now()),
            tokens.until(charge, now())
          )
          if (wait <= 0) break
          yield* Effect.sleep(Math.max(STEP, wait))
        }
        requests.take(1)
        tokens.take(Math.min(charge, known.tokensPerMinute))
        inFlight++
        yield* Effect.forkIn(send(item), scope, { startImmediately: true })
        yield* Effect.sleep(STEP)
      }
    })
}
