/**
 * What a run's starts did over the time they ran, from the looks in its log (`run/Vitals.ts`): the time between two
 * starts is left out, and the line is broken there.
 */
import type { Vitals } from "../../checkpoint/RunRecord.ts"

/** One moment of the running time. */
export interface Moment {
  /** Seconds of running time, those of earlier starts included. */
  readonly at: number
  /** Answers a second that came over the network. */
  readonly answers: number
  readonly retries: number
  readonly rateLimited: number
  readonly inFlight: number | null
  readonly quotaShare: number | null
  /** Lines with the Batch API, and those of them that it is done with. */
  readonly batchLines: number
  readonly batchDone: number
}

export interface Start {
  /** Unix milliseconds. */
  readonly start: number
  /** Seconds of running time before it, and its own. */
  readonly from: number
  readonly seconds: number
  /** At the middle of equal steps. */
  readonly moments: ReadonlyArray<Moment>
}

/** Steps of all starts together: more cannot be told apart. */
const STEPS = 80
/** Shorter steps would show single answers. */
const LEAST_SECONDS = 0.25

/** The records of each start, in the order of time. */
const byStart = (looks: ReadonlyArray<Vitals>): ReadonlyArray<ReadonlyArray<Vitals>> => {
  const starts = new Map<number, Array<Vitals>>()
  for (const look of looks) {
    const known = starts.get(look.start)
    if (known === undefined) starts.set(look.start, [look])
    else known.push(look)
  }
  return [...starts.values()]
}

/** The value at a time, on the straight line between the looks before and after it. */
const reader = (looks: ReadonlyArray<Vitals>) => {
  let next = 0
  return (at: number, of: (look: Vitals) => number): number => {
    while (next > 0 && (looks[next - 1]?.at ?? 0) > at) next -= 1
    while (next < looks.length && (looks[next]?.at ?? 0) < at) next += 1
    const [before, after] = [looks[next - 1] ?? looks[next], looks[next] ?? looks[next - 1]]
    if (before === undefined || after === undefined) return 0
    const span = after.at - before.at
    const share = span === 0 ? 0 : (at - before.at) / span
    return of(before) + (of(after) - of(before)) * share
  }
}

const overNetwork = ({ answered, failed, fromStore, noAnswer }: Vitals): number =>
  answered + noAnswer + failed - fromStore

export const make = (looks: ReadonlyArray<Vitals>): ReadonlyArray<Start> => {
  const starts = byStart(looks)
  const seconds = starts.map((all) => ((all.at(-1)?.at ?? 0) - (all[0]?.at ?? 0)) / 1000)
  const total = seconds.reduce((sum, each) => sum + each, 0)
  const step = Math.max(LEAST_SECONDS, total / STEPS)
  let from = 0
  return starts.map((all, index) => {
    const length = seconds[index] ?? 0
    const start = {
      start: all[0]?.start ?? 0,
      from,
      seconds: length,
      moments: momentsOf(all, from, length, Math.max(1, Math.round(length / step)))
    }
    from += length
    return start
  })
}

const momentsOf = (
  looks: ReadonlyArray<Vitals>,
  from: number,
  length: number,
  steps: number
): ReadonlyArray<Moment> => {
  const began = looks[0]?.at ?? 0
  if (length === 0) return []
  const read = reader(looks)
  const seen = looks.some(({ inFlight }) => inFlight !== undefined)
  return Array.from({ length: steps }, (_, index) => {
    const low = began + (1000 * length * index) / steps
    const high = began + (1000 * length * (index + 1)) / steps
    const middle = (low + high) / 2
    const rate = (of: (look: Vitals) => number) =>
      (read(high, of) - read(low, of)) / ((high - low) / 1000)
    return {
      at: from + (middle - began) / 1000,
      answers: rate(overNetwork),
      retries: rate((look) => look.retries),
      rateLimited: rate((look) => look.rateLimited),
      inFlight: seen ? read(middle, (look) => look.inFlight ?? 0) : null,
      quotaShare: seen ? read(middle, (look) => look.quotaShare ?? 0) : null,
      batchLines: read(middle, (look) => look.batches?.lines ?? 0),
      batchDone: read(middle, (look) => look.batches?.done ?? 0)
    }
  })
}
