/**
 * What a circuit breaker knows, as values: its rules, its state, and the pass that a call carries.
 * How one state becomes the next: `BreakerMachine.ts`.
 */
import { Duration } from "effect"
import type { CircuitBreakerSettings } from "../config/CircuitBreakerConfig.ts"
import type { CircuitState } from "./CircuitBreaker.ts"
import * as FailureStreak from "./FailureStreak.ts"
import * as FailureWindow from "./FailureWindow.ts"
import type { Ramp } from "./Ramp.ts"

/** The settings in milliseconds. */
export interface Rules {
  readonly window: number
  readonly minimumCalls: number
  readonly failureRate: number
  readonly slowCall: number
  readonly slowCallRate: number
  readonly minOpen: number
  readonly maxOpen: number
  readonly probes: number
  readonly successesToClose: number
  /** How long a probe keeps its place without a word. */
  readonly probePatience: number
  /** How long a call may hang. */
  readonly longest: number
  readonly probeLease: number
}

/** @param longest that a call can take: its limit of time */
export const rules = (
  settings: CircuitBreakerSettings,
  longest: Duration.Duration = settings.probeLease
): Rules => ({
  window: Duration.toMillis(settings.window),
  minimumCalls: settings.minimumCalls,
  failureRate: settings.failureRate,
  slowCall: Duration.toMillis(settings.slowCall),
  slowCallRate: settings.slowCallRate,
  minOpen: Duration.toMillis(settings.minOpen),
  maxOpen: Duration.toMillis(settings.maxOpen),
  probes: settings.probes,
  successesToClose: settings.successesToClose,
  probePatience: Duration.toMillis(settings.probePatience),
  longest: Math.min(Duration.toMillis(longest), Duration.toMillis(settings.probeLease)),
  probeLease: Duration.toMillis(settings.probeLease)
})

export interface Probe {
  /** The number of its pass. */
  readonly number: number
  readonly at: number
}

interface Common {
  /** Grows with every change of mode. */
  readonly generation: number
  /** How often it has opened without having been well for a while in between. */
  readonly openings: number
  /** Calls let through in this generation: the number of the next one. */
  readonly sent: number
  /** Milliseconds after which the last call that had hung failed; absent: none has, so far. */
  readonly hung: number | undefined
  /** Of the calls made while closed; kept while open, for who looks at it. */
  readonly window: FailureWindow.FailureWindow
}

export type State = Common &
  (
    | {
        readonly _tag: "Closed"
        readonly streak: FailureStreak.FailureStreak
        /** Calls of this generation that have not ended. */
        readonly out: number
        readonly ramp: Ramp | undefined
      }
    | { readonly _tag: "Open"; readonly until: number }
    | {
        readonly _tag: "HalfOpen"
        /** Those without a result, silent ones included. */
        readonly probes: ReadonlyArray<Probe>
        readonly successes: number
        /** Times of probes that failed before they were silent: each keeps its place as long as a silent one would. */
        readonly failedAt: ReadonlyArray<number>
        /** Time of the last of them; -Infinity: none. */
        readonly heardAt: number
        /** Without a success by then, it opens again; absent while no probe is out. */
        readonly until: number | undefined
      }
    | { readonly _tag: "Forced"; readonly to: "forced-open" | "forced-closed" | "disabled" }
  )

/** The right to make one call. */
export interface Pass {
  readonly generation: number
  /** 0 for the first of its generation. */
  readonly number: number
  readonly at: number
}

export const initial: State = {
  _tag: "Closed",
  generation: 0,
  openings: 0,
  sent: 0,
  hung: undefined,
  window: FailureWindow.empty,
  streak: FailureStreak.empty,
  out: 0,
  ramp: undefined
}

export const nameOf = (state: State): CircuitState => {
  switch (state._tag) {
    case "Closed":
      return "closed"
    case "Open":
      return "open"
    case "HalfOpen":
      return "half-open"
    case "Forced":
      return state.to
  }
}

/** Of the counted calls in the window. */
export const rates = (
  { window: length }: Rules,
  { window }: State,
  now: number
): { readonly calls: number; readonly failureRate: number; readonly slowCallRate: number } => {
  const { calls, failures, slow } = FailureWindow.total(window, length, now)
  const share = (count: number) => (calls === 0 ? 0 : count / calls)
  return { calls, failureRate: share(failures), slowCallRate: share(slow) }
}
