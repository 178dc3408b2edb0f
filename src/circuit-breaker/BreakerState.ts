/**
 * What a circuit breaker knows, as values: its rules, its state, and the pass that a call carries.
 * How one state becomes the next: `BreakerMachine.ts`.
 */
import { Duration } from "effect"
import type { CircuitBreakerSettings } from "../config/CircuitBreakerConfig.ts"
import type { CircuitState } from "./CircuitBreaker.ts"
import * as FailureWindow from "./FailureWindow.ts"

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
  readonly probeLease: number
}

export const rules = (settings: CircuitBreakerSettings): Rules => ({
  window: Duration.toMillis(settings.window),
  minimumCalls: settings.minimumCalls,
  failureRate: settings.failureRate,
  slowCall: Duration.toMillis(settings.slowCall),
  slowCallRate: settings.slowCallRate,
  minOpen: Duration.toMillis(settings.minOpen),
  maxOpen: Duration.toMillis(settings.maxOpen),
  probes: settings.probes,
  successesToClose: settings.successesToClose,
  probeLease: Duration.toMillis(settings.probeLease)
})

export interface Probe {
  readonly id: number
  /** Without a result by then, it has failed. */
  readonly until: number
}

/** After closing, calls at once are limited to what a recovering upstream can take, doubling every second. */
export interface Ramp {
  readonly since: number
  readonly inFlight: number
}

interface Common {
  /** Grows with every change of mode. */
  readonly generation: number
  /** How often it has opened without having been well for a while in between. */
  readonly openings: number
}

export type State = Common &
  (
    | {
        readonly _tag: "Closed"
        readonly window: FailureWindow.FailureWindow
        readonly ramp: Ramp | undefined
      }
    | { readonly _tag: "Open"; readonly until: number }
    | {
        readonly _tag: "HalfOpen"
        readonly probes: ReadonlyArray<Probe>
        readonly successes: number
        readonly nextProbe: number
      }
    | { readonly _tag: "Forced"; readonly to: "forced-open" | "forced-closed" | "disabled" }
  )

/** The right to make one call. */
export interface Pass {
  readonly generation: number
  readonly at: number
  /** Number of the probe; -1 for a call of a closed circuit. */
  readonly probe: number
}

export const initial: State = {
  _tag: "Closed",
  generation: 0,
  openings: 0,
  window: FailureWindow.empty,
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
