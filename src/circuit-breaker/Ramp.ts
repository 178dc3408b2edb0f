/**
 * After closing, calls at once are limited to what a recovering upstream can take: twice the probes at first, doubling
 * every second, without a limit after ten seconds (1,024 times as much). The pace at which calls may be sent is a
 * limiter's matter; with the default of 3 probes the ramp stands in the way of 33 calls a second for 3 s, of 166 for 5.3.
 */
import type { Rules } from "./BreakerState.ts"

export interface Ramp {
  readonly since: number
  /** Calls of the closed circuit that are out. */
  readonly inFlight: number
}

/** Milliseconds. */
const LENGTH = 10_000
const DOUBLING = 1_000

export const isOver = (ramp: Ramp, now: number): boolean => now - ramp.since >= LENGTH

const allowed = (rules: Rules, ramp: Ramp, now: number): number =>
  isOver(ramp, now)
    ? Number.POSITIVE_INFINITY
    : Math.floor(2 * rules.probes * 2 ** (Math.max(0, now - ramp.since) / DOUBLING))

/** Calls that may go now. */
export const room = (rules: Rules, ramp: Ramp, now: number): number =>
  Math.max(0, allowed(rules, ramp, now) - ramp.inFlight)

/** When one more may go than now. */
export const nextRoom = (rules: Rules, ramp: Ramp, now: number): number => {
  const more = allowed(rules, ramp, now) + 1
  const at = ramp.since + DOUBLING * Math.log2(more / (2 * rules.probes))
  return Math.min(Math.max(at, now + 1), ramp.since + LENGTH)
}
