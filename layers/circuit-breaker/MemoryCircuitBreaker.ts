/**
 * The circuit breaker of one process. When a circuit opens and closes is decided in
 * `src/circuit-breaker/BreakerMachine.ts`; states, timers and waiters are kept in `Circuits.ts`.
 *
 * Time is the monotonic clock. `Clock` and `Random` are taken from where the layer is built.
 */
import { Clock, Effect, Fiber, Layer, PubSub, Random, Stream } from "effect"
import { CircuitBreaker, type Transition } from "../../src/circuit-breaker/CircuitBreaker.ts"
import { CircuitBreakerConfig, problems } from "../../src/config/CircuitBreakerConfig.ts"
import { RetryConfig } from "../../src/config/RetryConfig.ts"
import { Circuits } from "./Circuits.ts"

/** Dies on settings out of their range, naming each: whoever made them had to check. */
export const make = Effect.gen(function* () {
  const settings = yield* CircuitBreakerConfig
  const wrong = problems(settings)
  if (wrong.length > 0)
    return yield* Effect.die(new RangeError(`CircuitBreakerConfig: ${wrong.join(" ")}`))
  // No call takes longer than an attempt may.
  const { attemptTimeout } = yield* RetryConfig
  const transitions = yield* PubSub.unbounded<Transition>()
  const scope = yield* Effect.scope
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const circuits = new Circuits(settings, attemptTimeout, {
    clock: yield* Clock.Clock,
    random: yield* Random.Random,
    fork: (effect) => Fiber.runIn(runFork(effect), scope),
    publish: (transition) => {
      PubSub.publishUnsafe(transitions, transition)
    }
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => circuits.close()))
  return CircuitBreaker.of({
    ready: circuits.ready,
    protect: circuits.protect,
    force: (key, to) => Effect.sync(() => circuits.force(key, to)),
    state: (key) => Effect.sync(() => circuits.state(key)),
    snapshot: Effect.sync(() => circuits.snapshot()),
    transitions: Stream.fromPubSub(transitions)
  })
})

export const layer: Layer.Layer<CircuitBreaker> = Layer.effect(CircuitBreaker, make)
