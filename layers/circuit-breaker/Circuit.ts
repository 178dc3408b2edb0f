/** One circuit: its state, who waits for it, and how it is shown. `Circuits.ts` keeps them and moves them on. */
import { Cause, Duration, type Effect, type Exit, type Fiber } from "effect"
import { nextPass } from "../../src/circuit-breaker/BreakerMachine.ts"
import {
  initial,
  nameOf,
  type Rules,
  rates,
  type State
} from "../../src/circuit-breaker/BreakerState.ts"
import type {
  CallResult,
  CircuitOpen,
  CircuitSnapshot
} from "../../src/circuit-breaker/CircuitBreaker.ts"
import { RunStopped } from "../../src/error/RunStopped.ts"
import type { RunSignal } from "../../src/run/RunSignal.ts"
import { Lanes } from "./Lanes.ts"

export type Outcome = Effect.Effect<void, CircuitOpen | RunStopped>

export interface Waiter {
  readonly size: number
  readonly run: RunSignal
  readonly model: string
  readonly resume: (outcome: Outcome) => void
  readonly unlisten: () => void
}

export interface Circuit {
  readonly key: string
  state: State
  /** In the order of going: the smallest first, of equal ones the first that came. */
  readonly waiters: Lanes<Waiter>
  /** Woken or let pass by `ready`, and not yet asked. */
  invited: number
  invitedAt: number
  /** When it opened for the first time since it was last closed. */
  openedAt: number | undefined
  /** When it opened last. */
  reopenedAt: number
  timer: { readonly at: number; readonly fiber: Fiber.Fiber<void> } | undefined
}

export const make = (key: string): Circuit => ({
  key,
  state: initial,
  waiters: new Lanes(),
  invited: 0,
  invitedAt: 0,
  openedAt: undefined,
  reopenedAt: Number.NEGATIVE_INFINITY,
  timer: undefined
})

/** @param wall Unix milliseconds at `now` */
export const look = (
  rules: Rules,
  { key, state, waiters }: Circuit,
  now: number,
  wall: number
): CircuitSnapshot => {
  const next = nextPass(rules, state, now)
  return {
    key,
    state: nameOf(state),
    generation: state.generation,
    openings: state.openings,
    ...rates(rules, state, now),
    probes: state._tag === "HalfOpen" ? state.probes.length : 0,
    waiting: waiters.size,
    nextCallAt: next === undefined ? undefined : wall + Math.ceil(next - now)
  }
}

/** Longer than any circuit stays half open while somebody calls: nobody has. Milliseconds. */
const IDLE = 1_800_000

/** Keeps the time at which it opened first. Time in which nobody called is no outage. */
export const follow = (circuit: Circuit, before: State, now: number): void => {
  const { state } = circuit
  if (state._tag === "Open") {
    if (now - circuit.reopenedAt > IDLE) circuit.openedAt = undefined
    circuit.openedAt ??= now
    circuit.reopenedAt = now
  } else if (state._tag !== "HalfOpen" && before._tag !== state._tag) circuit.openedAt = undefined
}

/** Why a run has waited for it long enough; `undefined`: it has not. */
export const outage = (
  circuit: Circuit,
  maxOutage: Duration.Duration,
  now: number
): RunStopped | undefined => {
  const { key, openedAt } = circuit
  if (openedAt === undefined || now - openedAt < Duration.toMillis(maxOutage)) return undefined
  const minutes = Math.round((now - openedAt) / 60_000)
  const detail = `The provider keeps failing: the circuit of ${key} has not closed for ${minutes} minutes.`
  return new RunStopped({ why: "outage", detail })
}

/** A call that was interrupted says nothing about the upstream, and neither does a classifier that throws. */
export const judge = <A, E>(
  exit: Exit.Exit<A, E>,
  classify: (exit: Exit.Exit<A, E>) => CallResult
): CallResult => {
  if (exit._tag === "Failure" && Cause.hasInterruptsOnly(exit.cause)) return "neutral"
  try {
    return classify(exit)
  } catch {
    return "neutral"
  }
}
