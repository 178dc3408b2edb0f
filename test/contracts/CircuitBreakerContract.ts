/** What every circuit breaker promises while the upstream is well. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, type Layer } from "effect"
import { CircuitBreaker } from "spillway/circuit-breaker/CircuitBreaker"
import { RunStopped } from "spillway/error/RunStopped"
import * as RunSignal from "spillway/run/RunSignal"

const stop = new RunStopped({ why: "billing", detail: "No credit left." })

export const circuitBreakerContract = (name: string, layer: Layer.Layer<CircuitBreaker>): void => {
  describe(`${name} keeps the contract of CircuitBreaker`, () => {
    it.effect("hands through what the call gives, answers and failures alike", () =>
      Effect.gen(function* () {
        const breaker = yield* CircuitBreaker
        const success = yield* breaker.protect("k", Effect.succeed(7), () => "success")
        assert.strictEqual(success, 7)
        const exit = yield* Effect.exit(breaker.protect("k", Effect.fail("no"), () => "failure"))
        assert.deepStrictEqual(exit, Exit.fail("no"))
      }).pipe(Effect.provide(layer))
    )

    it.effect("is ready at once", () =>
      Effect.gen(function* () {
        const breaker = yield* CircuitBreaker
        yield* breaker.ready("k", RunSignal.make({ id: "r" }), "model")
      }).pipe(Effect.provide(layer))
    )

    it.effect("tells a stopped run so, and another model of it not", () =>
      Effect.gen(function* () {
        const breaker = yield* CircuitBreaker
        const run = RunSignal.make({ id: "r" })
        run.stop(stop, "model")
        const exit = yield* Effect.exit(breaker.ready("k", run, "model"))
        assert.deepStrictEqual(exit, Exit.fail(stop))
        yield* breaker.ready("k", run, "other")
      }).pipe(Effect.provide(layer))
    )

    it.effect(
      "stays out of the way of 1,000 throttled, rejected and cancelled calls (row 16)",
      () =>
        Effect.gen(function* () {
          const breaker = yield* CircuitBreaker
          const before = yield* breaker.state("k")
          for (let i = 0; i < 1000; i++) {
            const result = i % 2 === 0 ? "throttle" : "neutral"
            yield* Effect.exit(breaker.protect("k", Effect.fail("4xx"), () => result))
            yield* Effect.exit(breaker.protect("k", Effect.interrupt, () => "failure"))
          }
          assert.strictEqual(yield* breaker.state("k"), before)
          assert.strictEqual(yield* breaker.protect("k", Effect.succeed(1), () => "success"), 1)
        }).pipe(Effect.provide(layer))
    )

    it.effect("shows no circuit that lets calls through as one that waits", () =>
      Effect.gen(function* () {
        const breaker = yield* CircuitBreaker
        const key = "snapshot"
        yield* breaker.protect(key, Effect.void, () => "success")
        yield* Effect.exit(breaker.protect(key, Effect.fail("no"), () => "failure"))
        const state = yield* breaker.state(key)
        // One that counts nothing has no circuits to show.
        for (const circuit of (yield* breaker.snapshot).filter((found) => found.key === key)) {
          assert.deepInclude(circuit, { state, calls: 2, failureRate: 0.5, waiting: 0, probes: 0 })
          assert.strictEqual(circuit.nextCallAt, 0)
        }
      }).pipe(Effect.provide(layer))
    )

    it.effect("forces and lifts without failing, and keeps handing calls through after it", () =>
      Effect.gen(function* () {
        const breaker = yield* CircuitBreaker
        for (const to of ["open", "closed", "disabled", "automatic"] as const)
          yield* breaker.force("forced", to)
        assert.strictEqual(yield* breaker.protect("forced", Effect.succeed(1), () => "success"), 1)
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps the result of a call whose classifier throws", () =>
      Effect.gen(function* () {
        const breaker = yield* CircuitBreaker
        const value = yield* breaker.protect("k", Effect.succeed(7), () => {
          throw new Error("bug")
        })
        assert.strictEqual(value, 7)
      }).pipe(Effect.provide(layer))
    )
  })
}
