/** How each mode of a circuit begins: a new generation, whose calls are counted from 0. When: `BreakerMachine.ts`. */
import type { Rules, State } from "./BreakerState.ts"
import * as FailureStreak from "./FailureStreak.ts"
import * as FailureWindow from "./FailureWindow.ts"
import type { Ramp } from "./Ramp.ts"

/** @param random in [0, 1): the share of the longest time that it stays open */
export const open = (rules: Rules, state: State, now: number, random: number): State => {
  const openings = state.openings + 1
  const ceiling = Math.min(rules.maxOpen, rules.minOpen * 2 ** (openings - 1))
  return {
    _tag: "Open",
    generation: state.generation + 1,
    openings,
    sent: 0,
    hung: state.hung,
    window: state.window,
    until: now + random * ceiling
  }
}

export const halfOpen = (state: State): State => ({
  _tag: "HalfOpen",
  generation: state.generation + 1,
  openings: state.openings,
  sent: 0,
  hung: state.hung,
  window: state.window,
  probes: [],
  successes: 0,
  failedAt: [],
  heardAt: Number.NEGATIVE_INFINITY,
  until: undefined
})

export const closed = (state: State, ramp: Ramp | undefined, openings: number): State => ({
  _tag: "Closed",
  generation: state.generation + 1,
  openings,
  sent: 0,
  hung: state.hung,
  window: FailureWindow.empty,
  streak: FailureStreak.empty,
  out: 0,
  ramp
})

export const forced = (state: State, to: Extract<State, { _tag: "Forced" }>["to"]): State => ({
  _tag: "Forced",
  generation: state.generation + 1,
  openings: 0,
  sent: 0,
  hung: state.hung,
  window: FailureWindow.empty,
  to
})
