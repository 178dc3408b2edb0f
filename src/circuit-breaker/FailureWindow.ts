/**
 * Results of the last while, in 10 buckets of time: what `BreakerMachine.ts` decides on. Values, not objects that change.
 */

/** As few as the steps in which old results may be forgotten. */
const BUCKETS = 10

export interface Tally {
  readonly calls: number
  readonly failures: number
  readonly slow: number
}

export interface FailureWindow {
  /** Number of the newest bucket since the beginning of time. */
  readonly newest: number
  /** By number modulo `BUCKETS`. */
  readonly buckets: ReadonlyArray<Tally>
}

const nothing: Tally = { calls: 0, failures: 0, slow: 0 }

export const empty: FailureWindow = { newest: 0, buckets: Array(BUCKETS).fill(nothing) }

/** The window as it is at `now`: buckets that are too old are cleared. */
const advanced = (window: FailureWindow, length: number, now: number): FailureWindow => {
  const newest = Math.max(window.newest, Math.floor((now * BUCKETS) / length))
  if (newest === window.newest) return window
  if (newest - window.newest >= BUCKETS) return { newest, buckets: empty.buckets }
  const buckets = [...window.buckets]
  for (let passed = window.newest + 1; passed <= newest; passed++)
    buckets[passed % BUCKETS] = nothing
  return { newest, buckets }
}

/** @param length of the whole window in milliseconds */
export const record = (
  window: FailureWindow,
  result: { readonly failed: boolean; readonly slow: boolean },
  length: number,
  now: number
): FailureWindow => {
  const { buckets, newest } = advanced(window, length, now)
  const index = newest % BUCKETS
  const { calls, failures, slow } = buckets[index] ?? nothing
  const next = {
    calls: calls + 1,
    failures: failures + (result.failed ? 1 : 0),
    slow: slow + (result.slow ? 1 : 0)
  }
  return { newest, buckets: buckets.with(index, next) }
}

export const total = (window: FailureWindow, length: number, now: number): Tally => {
  let [calls, failures, slow] = [0, 0, 0]
  for (const bucket of advanced(window, length, now).buckets) {
    calls += bucket.calls
    failures += bucket.failures
    slow += bucket.slow
  }
  return { calls, failures, slow }
}
