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

export class CircuitBreaker extends Context.Service<
  CircuitBreaker,
  {
    /**
     * Waits, holding nothing, until a call could pass; ends with `RunStopped` on a stop of the run.
     * Where the breaker is set to fail fast, or too many wait already, it fails with `CircuitOpen` instead.
     */
    readonly ready: (
      key: string,
      run: RunSignal,
      model: string
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
    readonly transitions: Stream.Stream<Transition>
  }
>()("spillway/circuit-breaker/CircuitBreaker") {}
