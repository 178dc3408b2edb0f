/**
 * p-queue 10.0.0: `intervalCap` and `interval` for the rate, `concurrency` for what is in flight. It knows one resource and
 * no weights, so the rate is the lower of the requests per minute and the tokens per minute divided by the mean charge,
 * which is taken from the first items of the workload, as somebody would who has the whole of it. Windows of about a second
 * do better here than one of a minute: that starts with a burst which runs into the limit of tokens whenever its charges
 * are above the mean (2 to 5% refused, and a lower utilisation).
 *
 * A 429 pauses the queue for `retry-after`; the item goes back in front of the fresh ones by its `priority`, like one that
 * failed otherwise after its backoff. `onSizeLessThan` feeds the queue, as its README says for backpressure. It reads no
 * rate-limit headers.
 * https://github.com/sindresorhus/p-queue#readme
 */
import { Effect, FiberSet, Random } from "effect"
import PQueue from "p-queue"
import type { Client, Job, Known } from "../Client.ts"
import { attempt, makeEnds, type Outcome, pauseAfter } from "./Retrying.ts"

/** Milliseconds. */
const MINUTE = 60_000
const SHORTEST_INTERVAL = 1_000

/** Items from whose charges the mean is taken. */
const SAMPLE = 2_000
/** Items that wait in the queue, at least. */
const WAITING = 10

/** Whole numbers, as p-queue and timers want them, that together give the rate to within a thousandth. */
const makeWindow = (known: Known, meanCharge: number) => {
  const perMinute = Math.min(known.requestsPerMinute, known.tokensPerMinute / meanCharge)
  const intervalCap = Math.max(1, Math.ceil((perMinute * SHORTEST_INTERVAL) / MINUTE))
  return { intervalCap, interval: Math.ceil((intervalCap * MINUTE) / perMinute) }
}

export const pQueue: Client = {
  name: "p-queue",
  source: "p-queue 10.0.0",
  time: "globals",
  run: Effect.fnUntraced(function* (wire, known) {
    const random = yield* Random.Random
    const perform = yield* FiberSet.makeRuntimePromise<never, Outcome>()
    const first: Array<Job> = []
    for (
      let job = wire.next();
      job !== undefined;
      job = first.length < SAMPLE ? wire.next() : undefined
    ) {
      first.push(job)
    }
    if (first.length === 0) return
    const meanCharge = first.reduce((sum, job) => sum + job.charge, 0) / first.length
    const window = makeWindow(known, meanCharge)
    const ends = makeEnds(wire, known)
    let stopped = false
    const queue = yield* Effect.acquireRelease(
      Effect.sync(() => new PQueue({ ...window, concurrency: known.maxInFlight })),
      (queue) =>
        Effect.sync(() => {
          stopped = true
          queue.pause()
          queue.clear()
        })
    )

    let pausedUntil = 0
    const pause = (milliseconds: number) => {
      queue.pause()
      pausedUntil = Math.max(pausedUntil, Date.now() + milliseconds)
      setTimeout(() => {
        if (!stopped && Date.now() >= pausedUntil) queue.start()
      }, Math.ceil(milliseconds))
    }

    /** Items begun and not ended. */
    let open = 0
    let fed = false
    const allEnded = Promise.withResolvers<void>()
    const add = (job: Job, made: number) => {
      queue
        .add(() => send(job, made), { priority: made === 0 ? 0 : 1 })
        .catch((error) => {
          if (!stopped) allEnded.reject(error)
        })
    }
    const send = async (job: Job, before: number) => {
      const outcome = await perform(attempt(wire, job, before))
      const made = before + 1
      if (ends(job, made, outcome)) {
        if (--open === 0 && fed) allEnded.resolve()
        return
      }
      const wait = pauseAfter(outcome, made, random.nextDoubleUnsafe())
      if (outcome._tag === "Refused") {
        pause(wait)
        add(job, made)
      } else setTimeout(() => add(job, made), Math.ceil(wait))
    }
    const feed = async () => {
      for (let job = first.shift(); job !== undefined; job = first.shift() ?? wire.next()) {
        open++
        add(job, 0)
        await queue.onSizeLessThan(WAITING + window.intervalCap)
        if (stopped) return
      }
      fed = true
      if (open === 0) allEnded.resolve()
    }
    yield* Effect.promise(() => Promise.all([feed(), allEnded.promise]))
  })
}
