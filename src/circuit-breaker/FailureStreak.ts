/**
 * Whether calls that were sent one after another have failed, nearly all of them: how `BreakerMachine.ts` notices an outage
 * at once. The window of a minute (`FailureWindow.ts`) takes half a minute for it, because the successes of the time
 * before outweigh the failures; and where few calls hang for a minute each, its minimum of calls may never be reached.
 * Meanwhile items use up their attempts. Of calls that fail by chance, 30% of all, twenty of 22 in a row come once in a
 * hundred million.
 *
 * Calls are compared in the order of sending, not of coming back. Answers take seconds and refusals milliseconds: in the
 * order of coming back, each moment of an upstream that fails half its calls looks like an outage, and a late answer from
 * before an outage looks like its end.
 */

/** Calls by `Pass.number`. */
export interface FailureStreak {
  /** Of the successful calls, the one sent last; -1: none so far. What was sent before it tells of an earlier time. */
  readonly good: number
  /** The last failed ones sent after it, ascending: no more of them than make an outage. */
  readonly failed: ReadonlyArray<number>
}

/** No streak is longer, however high the minimum of calls: each failure costs a copy of it. */
const LONGEST = 1_000

/** Share of the calls from the first of them to the last that must have failed. */
const NEARLY_ALL = 0.9

export const empty: FailureStreak = { good: -1, failed: [] }

const lengthFor = (minimumCalls: number): number => Math.min(LONGEST, minimumCalls)

/** @param number of the call that has ended */
export const record = (
  { failed, good }: FailureStreak,
  number: number,
  hasFailed: boolean,
  minimumCalls: number
): FailureStreak => {
  if (number < good) return { failed, good }
  if (!hasFailed) return { good: number, failed: failed.filter((other) => other > number) }
  const sorted = [...failed, number].sort((a, b) => a - b)
  return { good, failed: sorted.slice(-lengthFor(minimumCalls)) }
}

/**
 * @param minimumCalls below which the circuit never opens: so many failures make an outage
 * @param failureRate that opens it; only one above 90% matters here
 */
export const isOutage = (
  { failed }: FailureStreak,
  minimumCalls: number,
  failureRate: number
): boolean => {
  const [first] = failed
  const last = failed.at(-1)
  if (first === undefined || last === undefined) return false
  const count = failed.length
  return (
    count >= lengthFor(minimumCalls) &&
    count >= Math.max(NEARLY_ALL, failureRate) * (last - first + 1)
  )
}
