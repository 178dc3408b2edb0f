/**
 * The circuit breaker as a pure machine: `transition(rules, state, event, now)` gives the next state, and for a call that
 * asks, whether it may go. Time and chance come in with the event. `layers/circuit-breaker/` keeps the state, runs the
 * timers and wakes who waits.
 *
 * Every change of mode begins a new generation, and every pass carries the one it was given in: the result of a call
 * that started before the change moves nothing, however late it comes.
 */
import type { Pass, Probe, Ramp, Rules, State } from "./BreakerState.ts"
import type { CallResult } from "./CircuitBreaker.ts"
import * as FailureWindow from "./FailureWindow.ts"

export type Event =
  /** A call wants to go. */
  | { readonly _tag: "Ask" }
  /** A call that had a pass is over. */
  | { readonly _tag: "Result"; readonly pass: Pass; readonly result: CallResult }
  /** Time has passed. Every event looks at the time first, so this is only for when nothing else happens. */
  | { readonly _tag: "Tick" }
  | { readonly _tag: "Force"; readonly to: "open" | "closed" | "disabled" | "automatic" }

export interface Step {
  readonly state: State
  /** The answer to `Ask`; absent: refused. */
  readonly pass: Pass | undefined
}

/** The ramp begins at twice the probes and has no limit after this many milliseconds: 1,024 times as much. */
const RAMP = 10_000
const RAMP_DOUBLING = 1_000

/** @param random in [0, 1); used when the circuit opens */
export const transition = (
  rules: Rules,
  before: State,
  event: Event,
  now: number,
  random: number
): Step => {
  const state = aged(rules, before, now, random)
  switch (event._tag) {
    case "Ask":
      return ask(rules, state, now)
    case "Result":
      return { state: result(rules, state, event.pass, event.result, now, random), pass: undefined }
    case "Tick":
      return { state, pass: undefined }
    case "Force":
      return { state: force(state, event.to), pass: undefined }
  }
}

/** How many more calls could go at this time: 0 to Infinity. */
export const room = (rules: Rules, state: State, now: number): number => {
  switch (state._tag) {
    case "Closed":
      return state.ramp === undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(0, allowed(rules, state.ramp, now) - state.ramp.inFlight)
    case "Open":
      return 0
    case "HalfOpen":
      return Math.max(0, rules.probes - state.probes.length)
    case "Forced":
      return state.to === "forced-open" ? 0 : Number.POSITIVE_INFINITY
  }
}

/** When time alone changes what may go; absent: never. */
export const nextChange = (rules: Rules, state: State, now: number): number | undefined => {
  switch (state._tag) {
    case "Closed":
      return state.ramp === undefined ? undefined : nextAllowed(rules, state.ramp, now)
    case "Open":
      return state.until
    case "HalfOpen":
      return earliest(state.probes)
    case "Forced":
      return undefined
  }
}

/** Milliseconds after which it is worth asking again. */
export const retryAfter = (rules: Rules, state: State, now: number): number =>
  Math.max(0, (nextChange(rules, state, now) ?? now + rules.maxOpen) - now)

const earliest = (probes: ReadonlyArray<Probe>): number | undefined =>
  probes.length === 0 ? undefined : Math.min(...probes.map((probe) => probe.until))

const allowed = (rules: Rules, ramp: Ramp, now: number): number =>
  now - ramp.since >= RAMP
    ? Number.POSITIVE_INFINITY
    : Math.floor(2 * rules.probes * 2 ** (Math.max(0, now - ramp.since) / RAMP_DOUBLING))

const nextAllowed = (rules: Rules, ramp: Ramp, now: number): number => {
  const more = allowed(rules, ramp, now) + 1
  const at = ramp.since + RAMP_DOUBLING * Math.log2(more / (2 * rules.probes))
  return Math.min(Math.max(at, now + 1), ramp.since + RAMP)
}

const open = (rules: Rules, state: State, now: number, random: number): State => {
  const openings = state.openings + 1
  const ceiling = Math.min(rules.maxOpen, rules.minOpen * 2 ** (openings - 1))
  return {
    _tag: "Open",
    generation: state.generation + 1,
    openings,
    until: now + random * ceiling
  }
}

const closed = (state: State, ramp: Ramp | undefined, openings: number): State => ({
  _tag: "Closed",
  generation: state.generation + 1,
  openings,
  window: FailureWindow.empty,
  ramp
})

/** What time alone has done. */
const aged = (rules: Rules, state: State, now: number, random: number): State => {
  switch (state._tag) {
    case "Open":
      return now < state.until
        ? state
        : {
            _tag: "HalfOpen",
            generation: state.generation + 1,
            openings: state.openings,
            probes: [],
            successes: 0,
            nextProbe: 0
          }
    case "HalfOpen": {
      const lease = earliest(state.probes)
      return lease === undefined || now < lease ? state : open(rules, state, now, random)
    }
    case "Closed":
      // It has been well for the whole ramp: the next opening is a first one again.
      return state.ramp === undefined || now - state.ramp.since < RAMP
        ? state
        : { ...state, ramp: undefined, openings: 0 }
    case "Forced":
      return state
  }
}

const ask = (rules: Rules, state: State, now: number): Step => {
  if (room(rules, state, now) < 1) return { state, pass: undefined }
  const { generation } = state
  if (state._tag === "HalfOpen") {
    const id = state.nextProbe
    const probes = [...state.probes, { id, until: now + rules.probeLease }]
    return {
      state: { ...state, probes, nextProbe: id + 1 },
      pass: { generation, at: now, probe: id }
    }
  }
  const pass = { generation, at: now, probe: -1 }
  if (state._tag !== "Closed" || state.ramp === undefined) return { state, pass }
  const ramp = { ...state.ramp, inFlight: state.ramp.inFlight + 1 }
  return { state: { ...state, ramp }, pass }
}

const result = (
  rules: Rules,
  state: State,
  pass: Pass,
  outcome: CallResult,
  now: number,
  random: number
): State => {
  if (pass.generation !== state.generation) return state
  const counts = outcome === "success" || outcome === "failure"
  const failed = outcome === "failure"
  const slow = now - pass.at > rules.slowCall
  switch (state._tag) {
    case "HalfOpen": {
      if (!state.probes.some((probe) => probe.id === pass.probe)) return state
      const probes = state.probes.filter((probe) => probe.id !== pass.probe)
      if (!counts) return { ...state, probes }
      // A slow answer does not show that an upstream is well.
      if (failed || slow) return open(rules, state, now, random)
      const successes = state.successes + 1
      return successes < rules.successesToClose
        ? { ...state, probes, successes }
        : closed(state, { since: now, inFlight: 0 }, state.openings)
    }
    case "Closed": {
      const ramp =
        state.ramp === undefined
          ? undefined
          : { ...state.ramp, inFlight: Math.max(0, state.ramp.inFlight - 1) }
      if (!counts) return ramp === undefined ? state : { ...state, ramp }
      const window = FailureWindow.record(state.window, { failed, slow }, rules.window, now)
      const tally = FailureWindow.total(window, rules.window, now)
      const next = { ...state, ramp, window }
      const trips =
        tally.calls >= rules.minimumCalls &&
        ((tally.failures > 0 && tally.failures >= rules.failureRate * tally.calls) ||
          (tally.slow > 0 && tally.slow >= rules.slowCallRate * tally.calls))
      return trips ? open(rules, next, now, random) : next
    }
    default:
      return state
  }
}

const force = (state: State, to: "open" | "closed" | "disabled" | "automatic"): State => {
  if (to === "automatic") return state._tag === "Forced" ? closed(state, undefined, 0) : state
  const forced = to === "disabled" ? to : (`forced-${to}` as const)
  return state._tag === "Forced" && state.to === forced
    ? state
    : { _tag: "Forced", generation: state.generation + 1, openings: 0, to: forced }
}
