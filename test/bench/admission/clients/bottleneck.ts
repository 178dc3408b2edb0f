/**
 * bottleneck 2.19.5 with the settings its README gives for such limits: the "increase interval" of its Shopify example (a
 * full reservoir at the start, then an even refill up to a maximum) for requests and for tokens, a job's `weight` being
 * its charge in tokens; `maxConcurrent`; retries through the "failed" event, after `retry-after` where the server says so.
 *
 * The README's `chain` gives a job the same weight in both limiters, so the limiters are nested by `schedule` instead. The
 * outermost one only bounds what is in flight and retries, because bottleneck runs a retry without asking the limiter
 * that retries it: this way every attempt pays in both reservoirs. It reads no rate-limit headers.
 * https://github.com/SGrondin/bottleneck#reservoir-intervals
 */
import Bottleneck from "bottleneck"
import { Effect, FiberSet, Random } from "effect"
import type { Client, Job, Known } from "../Client.ts"
import { attempt, makeEnds, type Outcome, pauseAfter } from "./Retrying.ts"

/** Milliseconds: the shortest interval its README allows. */
const INTERVAL = 250
const MINUTE = 60_000

const reservoir = (limit: number) =>
  new Bottleneck({
    reservoir: limit,
    reservoirIncreaseInterval: INTERVAL,
    reservoirIncreaseAmount: (limit * INTERVAL) / MINUTE,
    reservoirIncreaseMaximum: limit
  })

/** Items that wait in the limiters or are in flight: several times what is in flight here. */
const places = (known: Known) => Math.ceil(known.maxInFlight / 10)

const makeLimiters = (known: Known) => ({
  attempts: new Bottleneck({ maxConcurrent: places(known) }),
  requests: reservoir(known.requestsPerMinute),
  tokens: reservoir(known.tokensPerMinute)
})

/** Thrown by a job to be run again after that many milliseconds. */
class Again extends Error {
  readonly wait: number
  constructor(wait: number) {
    super("again")
    this.wait = wait
  }
}

export const bottleneck: Client = {
  name: "bottleneck",
  source: "bottleneck 2.19.5",
  time: "globals",
  run: Effect.fnUntraced(function* (wire, known) {
    const random = yield* Random.Random
    const perform = yield* FiberSet.makeRuntimePromise<never, Outcome>()
    const ends = makeEnds(wire, known)
    let stopped = false
    const { attempts, requests, tokens } = yield* Effect.acquireRelease(
      Effect.sync(() => makeLimiters(known)),
      (limiters) =>
        Effect.sync(() => {
          stopped = true
          for (const limiter of Object.values(limiters)) void limiter.disconnect()
        })
    )
    attempts.on("failed", (error) =>
      error instanceof Again && !stopped ? Math.ceil(error.wait) : undefined
    )

    const send = (job: Job): Promise<void> => {
      const weight = Math.min(Math.ceil(job.charge), known.tokensPerMinute)
      let made = 0
      const once = async () => {
        const outcome = await perform(attempt(wire, job, made))
        made++
        if (!ends(job, made, outcome)) {
          throw new Again(pauseAfter(outcome, made, random.nextDoubleUnsafe()))
        }
      }
      return attempts.schedule(() => requests.schedule(() => tokens.schedule({ weight }, once)))
    }
    const worker = async () => {
      for (let job = wire.next(); job !== undefined && !stopped; job = wire.next()) await send(job)
    }
    const workers = Array.from({ length: places(known) }, () =>
      worker().catch((error) => {
        if (!stopped) throw error
      })
    )
    yield* Effect.promise(() => Promise.all(workers))
  })
}
