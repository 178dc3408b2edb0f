import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { CircuitBreaker } from "spillway/circuit-breaker/CircuitBreaker"
import * as NoopCircuitBreaker from "spillway/layers/circuit-breaker/NoopCircuitBreaker"
import { circuitBreakerContract } from "../contracts/CircuitBreakerContract.ts"

circuitBreakerContract("NoopCircuitBreaker", NoopCircuitBreaker.layer)

it.effect("never opens, whatever fails and whatever is forced", () =>
  Effect.gen(function* () {
    const breaker = yield* CircuitBreaker
    yield* breaker.force("k", "open")
    for (let i = 0; i < 100; i++)
      yield* Effect.exit(breaker.protect("k", Effect.fail("503"), () => "failure"))
    assert.strictEqual(yield* breaker.state("k"), "disabled")
    assert.strictEqual(yield* breaker.protect("k", Effect.succeed(1), () => "success"), 1)
  }).pipe(Effect.provide(NoopCircuitBreaker.layer))
)
