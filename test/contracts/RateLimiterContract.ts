/** What every rate limiter promises. Run it with a layer whose limits are far away. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, type Layer } from "effect"
import { RunStopped } from "spillway/error/RunStopped"
import { type Demand, PoolId, RateLimiter } from "spillway/rate-limit/RateLimiter"
import * as RunSignal from "spillway/run/RunSignal"

const pool = PoolId("account/model")

const demandOf = (run: RunSignal.RunSignal, model = "model"): Demand => ({
  pool,
  model,
  run,
  charge: { requests: 1, tokens: 10 },
  lane: "fresh"
})

const stop = new RunStopped({ why: "billing", detail: "No credit left." })

const inFlight = Effect.gen(function* () {
  const limiter = yield* RateLimiter
  const states = yield* limiter.states
  return states.reduce((sum, state) => sum + state.inFlight, 0)
})

export const rateLimiterContract = (name: string, layer: Layer.Layer<RateLimiter>): void => {
  describe(`${name} keeps the contract of RateLimiter`, () => {
    it.effect("hands through what the guarded effect gives, answers and failures alike", () =>
      Effect.gen(function* () {
        const limiter = yield* RateLimiter
        const demand = demandOf(RunSignal.make({ id: "r" }))
        assert.strictEqual(yield* limiter.withPermit(demand, () => Effect.succeed(7)), 7)
        const failed = yield* Effect.exit(limiter.withPermit(demand, () => Effect.fail("no")))
        assert.deepStrictEqual(failed, Exit.fail("no"))
        const died = yield* Effect.exit(
          limiter.withPermit(demand, (): Effect.Effect<void> => {
            throw new Error("bug")
          })
        )
        assert.isTrue(Exit.isFailure(died) && Cause.hasDies(died.cause))
        assert.strictEqual(yield* inFlight, 0)
      }).pipe(Effect.provide(layer))
    )

    it.effect("counts what is in flight, and gives the place back on interruption", () =>
      Effect.gen(function* () {
        const limiter = yield* RateLimiter
        const demand = demandOf(RunSignal.make({ id: "r" }))
        const started = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(
          limiter.withPermit(demand, (permit) => {
            permit.sent()
            return Effect.andThen(Deferred.succeed(started, undefined), Effect.never)
          })
        )
        yield* Deferred.await(started)
        assert.strictEqual(yield* inFlight, 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* inFlight, 0)
      }).pipe(Effect.provide(layer))
    )

    it.effect("lets nothing through for a run that was stopped", () =>
      Effect.gen(function* () {
        const limiter = yield* RateLimiter
        const run = RunSignal.make({ id: "r" })
        run.stop(stop)
        const exit = yield* Effect.exit(
          limiter.withPermit(demandOf(run), () => Effect.die("must not run"))
        )
        assert.deepStrictEqual(exit, Exit.fail(stop))
      }).pipe(Effect.provide(layer))
    )

    it.effect("stops one model and lets the others go on", () =>
      Effect.gen(function* () {
        const limiter = yield* RateLimiter
        const run = RunSignal.make({ id: "r" })
        run.stop(stop, "model")
        const refused = yield* Effect.exit(limiter.withPermit(demandOf(run), () => Effect.void))
        assert.deepStrictEqual(refused, Exit.fail(stop))
        yield* limiter.withPermit(demandOf(run, "other"), () => Effect.void)
      }).pipe(Effect.provide(layer))
    )

    it.effect("takes any head, any number of times and at any moment, without throwing", () =>
      Effect.gen(function* () {
        const limiter = yield* RateLimiter
        const run = RunSignal.make({ id: "r" })
        const values = [
          "",
          "-1",
          "NaN",
          "1e308",
          "Infinity",
          "0x10",
          "9".repeat(400),
          "\u0000",
          "1s"
        ]
        const late = yield* limiter.withPermit(demandOf(run), (permit) => {
          permit.observe({ status: 200, headers: {} })
          permit.sent()
          permit.sent()
          for (const value of values) {
            const headers = {
              "x-ratelimit-limit-requests": value,
              "x-ratelimit-remaining-requests": value,
              "x-ratelimit-limit-tokens": value,
              "x-ratelimit-remaining-tokens": value,
              "x-ratelimit-reset-tokens": value
            }
            permit.observe({ status: 200, headers })
            permit.observe({ status: Number.NaN, headers }, { message: value })
          }
          return Effect.succeed(permit)
        })
        late.observe({ status: 200, headers: {} })
        late.sent()
        yield* limiter.withPermit(demandOf(run), () => Effect.void)
        assert.strictEqual(yield* inFlight, 0)
      }).pipe(Effect.provide(layer))
    )

    it.effect("counts a 429 once, however often it is told", () =>
      Effect.gen(function* () {
        const limiter = yield* RateLimiter
        yield* limiter.withPermit(demandOf(RunSignal.make({ id: "r" })), (permit) => {
          permit.sent()
          const head = { status: 429, headers: {} }
          permit.observe(head, { message: "You exceeded your current quota." })
          permit.observe(head, { message: "You exceeded your current quota." })
          return Effect.void
        })
        const [state] = yield* limiter.states
        assert.strictEqual(state?.rateLimited, 1)
      }).pipe(Effect.provide(layer))
    )
  })
}
