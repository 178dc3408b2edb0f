/**
 * Stops calling an upstream that keeps failing, then probes it again.
 * Implementations: `layers/circuit-breaker/`. The state machine: `BreakerMachine.ts`.
 */
import { Context, type Effect, type Exit, Schema, type Stream } from "effect"
import type { RunStopped } from "../error/RunStopped.ts"
import { type Verdict, verdict } from "../error/Verdict.ts"
import type { RunSignal } from "../run/RunSignal.ts"

/** The call was not attempted, because the circuit is open. No attempt was used, nothing was sent. */
export class CircuitOpen extends Schema.TaggedError<CircuitOpen>()("CircuitOpen", {
  key: Schema.String,
  /** Until the next probe may go. */
  retryAfter: Schema.Duration
}) {
  override get message(): string {
    return `The circuit for ${this.key} is open: the provider kept failing.`
  }
  get verdict(): Verdict {
    return verdict({ retryable: true, retryAfter: this.retryAfter, advice: "Try again later." })
  }
}

/** What a finished call says about the upstream. `throttle` and `neutral` give their place back and move nothing. */
export type CallResult = "success" | "failure" | "throttle" | "neutral"

export type CircuitState =
  | "closed"
  | "open"
  | "half-open"
  | "forced-open"
  | "forced-closed"
  | "disabled"

export interface Transition {
  readonly key: string
  readonly from: CircuitState
  readonly to: CircuitState
  /** Unix milliseconds. */
  readonly at: number
}

/** One circuit as it is now, for a display or a metric. */
export interface CircuitSnapshot {
  readonly key: string
  readonly state: CircuitState
  /** Grows with every change of state; results of calls from an earlier one move nothing. */
  readonly generation: number
  /** Openings since it was last well for a while; the next one lasts the longer for each. */
  readonly openings: number
  /** Counted calls of the window that were made while it was closed. */
  readonly calls: number
  /** Shares of them, 0 to 1; 0 where there are none. */
  readonly failureRate: number
  readonly slowCallRate: number
  /** Probes that are out without a result; 0 unless half open. */
  readonly probes: number
  /** Who waits in `ready`. */
  readonly waiting: number
  /** Unix milliseconds: now if a call may go now; absent if only a result or `force` can bring that. */
  readonly nextCallAt: number | undefined
}

export class CircuitBreaker extends Context.Service<
  CircuitBreaker,
  {
    /**
     * Waits, holding nothing, until a call could pass; ends with `RunStopped` on a stop of the run.
     * Where the breaker is set to fail fast, or too many wait already, it fails with `CircuitOpen` instead.
     *
     * @param size how long the call may take, in any unit, say its bound of output tokens. The smallest go first, as
     *   probes: they tell soonest that the upstream is back, and cost least where it is not. Default 0.
     */
    readonly ready: (
      key: string,
      run: RunSignal,
      model: string,
      size?: number
    ) => Effect.Effect<void, CircuitOpen | RunStopped>
    /** Runs the call if the circuit lets it, without ever waiting. The caller says what the result counts as. */
    readonly protect: <A, E, R>(
      key: string,
      call: Effect.Effect<A, E, R>,
      classify: (exit: Exit.Exit<A, E>) => CallResult
    ) => Effect.Effect<A, E | CircuitOpen, R>
    /** By hand: `automatic` goes back to the measured state, closed. */
    readonly force: (
      key: string,
      to: "open" | "closed" | "disabled" | "automatic"
    ) => Effect.Effect<void>
    readonly state: (key: string) => Effect.Effect<CircuitState>
    /** Every circuit that was ever asked about, in the order of that. */
    readonly snapshot: Effect.Effect<ReadonlyArray<CircuitSnapshot>>
    /** Every change of state from now on. */
    readonly transitions: Stream.Stream<Transition>
  }
>()("spillway/circuit-breaker/CircuitBreaker") {}
