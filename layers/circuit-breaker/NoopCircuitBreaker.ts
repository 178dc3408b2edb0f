/**
 * A circuit that never opens: nothing is counted, nothing waits, `force` has no effect. For tests, and where something
 * else in front of the provider breaks circuits already. A stopped run is still told so.
 */
import { Effect, Layer, Stream } from "effect"
import { CircuitBreaker } from "../../src/circuit-breaker/CircuitBreaker.ts"

export const make = CircuitBreaker.of({
  ready: (_key, run, model) =>
    Effect.suspend(() => {
      const stop = run.stopped(model)
      return stop === undefined ? Effect.void : Effect.fail(stop)
    }),
  protect: (_key, call) => call,
  force: () => Effect.void,
  state: () => Effect.succeed("disabled"),
  // No call is looked at, so there are no circuits to tell of.
  snapshot: Effect.succeed([]),
  transitions: Stream.never
})

export const layer: Layer.Layer<CircuitBreaker> = Layer.succeed(CircuitBreaker, make)
