/**
 * The circuit breaker as a pure machine: `transition(rules, state, event, now)` gives the next state, and for a call that
 * asks, whether it may go. Time and chance come in with the event. `layers/circuit-breaker/` keeps the state, runs the
 * timers and wakes who waits.
 *
 * Every change of mode begins a new generation, and every pass carries the one it was given in: the result of a call
 * that started before the change moves nothing, however late it comes.
 *
 * From the end of an outage to the full rate, with the defaults: at most 5 s (`maxOpen`) until the circuit is half open,
 * or 2.5 s until the next probe of one that hung; the latency of a probe, twice where it hung, 3 s each for 256 tokens at 80 a
 * second; up to 5 s of ramp (`Ramp.ts`). Together 13 to 14 s.
 */
import type { Pass, Rules, State } from "./BreakerState.ts"
import type { CallResult } from "./CircuitBreaker.ts"
import * as FailureStreak from "./FailureStreak.ts"
import * as FailureWindow from "./FailureWindow.ts"
import { closed, forced, halfOpen, open } from "./Modes.ts"
import * as Probing from "./Probing.ts"
import * as Ramp from "./Ramp.ts"

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
      return state.ramp === undefined ? Number.POSITIVE_INFINITY : Ramp.room(rules, state.ramp, now)
    case "Open":
      return 0
    case "HalfOpen":
      return Probing.room(rules, state, now)
    case "Forced":
      return state.to === "forced-open" ? 0 : Number.POSITIVE_INFINITY
  }
}

/** When time alone changes what may go; absent: never. */
export const nextChange = (rules: Rules, state: State, now: number): number | undefined => {
  switch (state._tag) {
    case "Closed":
      return state.ramp === undefined ? undefined : Ramp.nextRoom(rules, state.ramp, now)
    case "Open":
      return state.until
    case "HalfOpen":
      return finite(
        Math.min(state.until ?? Number.POSITIVE_INFINITY, Probing.nextRoom(rules, state, now))
      )
    case "Forced":
      return undefined
  }
}

const finite = (time: number): number | undefined =>
  time === Number.POSITIVE_INFINITY ? undefined : time

/** When the next call may go: `now` if one may, `undefined` if only a result or a hand can bring it. */
export const nextPass = (rules: Rules, state: State, now: number): number | undefined =>
  room(rules, state, now) >= 1 ? now : nextChange(rules, state, now)

/** Milliseconds after which it is worth asking again. */
export const retryAfter = (rules: Rules, state: State, now: number): number =>
  Math.max(0, (nextChange(rules, state, now) ?? now + rules.maxOpen) - now)

/** What time alone has done. */
const aged = (rules: Rules, state: State, now: number, random: number): State => {
  switch (state._tag) {
    case "Open":
      return now < state.until ? state : halfOpen(state)
    case "HalfOpen":
      return state.until === undefined || now < state.until
        ? state
        : open(rules, state, now, random)
    case "Closed":
      // It has been well for the whole ramp: the next opening is a first one again.
      return state.ramp === undefined || !Ramp.isOver(state.ramp, now)
        ? state
        : { ...state, ramp: undefined, openings: 0 }
    case "Forced":
      return state
  }
}

const ask = (rules: Rules, state: State, now: number): Step => {
  if (room(rules, state, now) < 1) return { state, pass: undefined }
  const { generation, sent: number } = state
  const pass = { generation, number, at: now }
  const sent = number + 1
  switch (state._tag) {
    case "HalfOpen": {
      const probes = [...state.probes, { number, at: now }]
      const until = state.until ?? now + rules.probeLease
      return { state: { ...state, sent, probes, until }, pass }
    }
    case "Closed": {
      const ramp =
        state.ramp === undefined ? undefined : { ...state.ramp, inFlight: state.ramp.inFlight + 1 }
      return { state: { ...state, sent, out: state.out + 1, ramp }, pass }
    }
    default:
      return { state: { ...state, sent }, pass }
  }
}

interface Ended {
  readonly pass: Pass
  /** It says something about the upstream. */
  readonly counts: boolean
  readonly failed: boolean
  readonly slow: boolean
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
  const ended: Ended = {
    pass,
    counts: outcome === "success" || outcome === "failure",
    failed: outcome === "failure",
    slow: now - pass.at > rules.slowCall
  }
  switch (state._tag) {
    case "HalfOpen":
      return probed(rules, state, ended, now, random)
    case "Closed":
      return called(rules, state, ended, now, random)
    default:
      return state
  }
}

const probed = (
  rules: Rules,
  state: Extract<State, { _tag: "HalfOpen" }>,
  { counts, failed, pass, slow }: Ended,
  now: number,
  random: number
): State => {
  const probe = state.probes.find(({ number }) => number === pass.number)
  if (probe === undefined) return state
  const probes = state.probes.filter((other) => other !== probe)
  const quiet = { ...state, probes, until: probes.length === 0 ? undefined : state.until }
  if (!counts) return quiet
  // A slow answer does not show that an upstream is well, either.
  if (failed || slow) {
    if (Probing.isSilent(rules, probe, now)) return { ...quiet, hung: now - pass.at }
    const failedAt = [...state.failedAt, pass.at]
    // As while closed: those that are still out may well succeed, and some calls fail by chance.
    const all = state.successes + failedAt.length + probes.length
    return failedAt.length >= rules.failureRate * all
      ? open(rules, state, now, random)
      : { ...quiet, failedAt }
  }
  const successes = state.successes + 1
  if (successes >= rules.successesToClose)
    return closed(state, { since: now, inFlight: 0 }, state.openings)
  const until = probes.length === 0 ? undefined : now + rules.probeLease
  return { ...state, probes, successes, heardAt: now, until }
}

const called = (
  rules: Rules,
  state: Extract<State, { _tag: "Closed" }>,
  { counts, failed, pass, slow }: Ended,
  now: number,
  random: number
): State => {
  const ramp =
    state.ramp === undefined
      ? undefined
      : { ...state.ramp, inFlight: Math.max(0, state.ramp.inFlight - 1) }
  const out = Math.max(0, state.out - 1)
  if (!counts) return { ...state, out, ramp }
  const window = FailureWindow.record(state.window, { failed, slow }, rules.window, now)
  const streak = FailureStreak.record(state.streak, pass.number, failed, rules.minimumCalls)
  const took = now - pass.at
  const hung = failed && took > rules.probePatience ? took : state.hung
  const next = { ...state, out, ramp, window, streak, hung }
  return trips(rules, next, now) ? open(rules, next, now, random) : next
}

/**
 * A refusal comes within milliseconds, an answer within seconds or a minute. So of the calls that have ended the failed
 * ones are too many, most of all after a start: those that are still out are counted as if they succeeded. Where they will
 * not, the streak tells.
 */
const trips = (
  { failureRate, minimumCalls, slowCallRate, window: length }: Rules,
  { out, streak, window }: Extract<State, { _tag: "Closed" }>,
  now: number
): boolean => {
  if (FailureStreak.isOutage(streak, minimumCalls, failureRate)) return true
  const { calls, failures, slow } = FailureWindow.total(window, length, now)
  if (calls < minimumCalls) return false
  return (
    (failures > 0 && failures >= failureRate * (calls + out)) ||
    (slow > 0 && slow >= slowCallRate * calls)
  )
}

const force = (state: State, to: "open" | "closed" | "disabled" | "automatic"): State => {
  if (to === "automatic") return state._tag === "Forced" ? closed(state, undefined, 0) : state
  const mode = to === "disabled" ? to : (`forced-${to}` as const)
  return state._tag === "Forced" && state.to === mode ? state : forced(state, mode)
}
