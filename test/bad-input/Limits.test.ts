/** Limits that are no limits, as values and from the environment: named and refused before anything is sent. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Duration, Effect, Exit, Layer, Result } from "effect"
import { defaults as breaker, CircuitBreakerConfig } from "spillway/config/CircuitBreakerConfig"
import { defaults as limits, RateLimitConfig } from "spillway/config/RateLimitConfig"
import * as RetryConfig from "spillway/config/RetryConfig"
import * as MemoryCircuitBreaker from "spillway/layers/circuit-breaker/MemoryCircuitBreaker"
import * as EnvironmentConfig from "spillway/layers/config/EnvironmentConfig"
import * as MemoryRateLimiter from "spillway/layers/rate-limit/MemoryRateLimiter"
import { answer, SimulatedOpenAiTransport } from "spillway/testing"
import * as Stack from "../pains/Stack.ts"

const hostile = [0, -1, Number.NaN, 1e308, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** What a layer dies with. */
const defect = <A>(layer: Layer.Layer<A>) =>
  Effect.map(Effect.exit(Effect.scoped(Layer.build(layer))), (exit) =>
    Exit.isFailure(exit) ? Result.getOrUndefined(Cause.findDefect(exit.cause)) : undefined
  )

/** The values that are out of the range of a field, and the layer that has to say so. */
const checks = <A>(
  field: string,
  layerOf: (value: number) => Layer.Layer<A>,
  fine: ReadonlyArray<number> = []
) =>
  it.effect(`${field} of 0, negative, not a number or without end: refused by its name`, () =>
    Effect.gen(function* () {
      for (const value of hostile.filter((each) => !fine.includes(each))) {
        const error = yield* defect(layerOf(value))
        assert.instanceOf(error, RangeError, `${field} ${value}`)
        assert.include(String(error), `${field} is ${value}: use a `)
      }
    })
  )

describe("limits as values", () => {
  for (const [field, fine] of [
    ["maxInFlight", []],
    ["requestsPerMinute", []],
    ["tokensPerMinute", []],
    ["headroom", [0]],
    ["burst", [0]],
    ["maxQueue", [0]]
  ] as const)
    checks(
      field,
      (value) =>
        MemoryRateLimiter.layer.pipe(
          Layer.provide(Layer.succeed(RateLimitConfig, { ...limits, [field]: value }))
        ),
      fine
    )

  for (const [field, fine] of [
    ["minimumCalls", []],
    ["probes", []],
    ["successesToClose", []],
    ["failureRate", []],
    ["slowCallRate", []],
    ["maxWaiting", [0]]
  ] as const)
    checks(
      field,
      (value) =>
        MemoryCircuitBreaker.layer.pipe(
          Layer.provide(Layer.succeed(CircuitBreakerConfig, { ...breaker, [field]: value }))
        ),
      fine
    )

  it("settings of retries out of range are named", () => {
    for (const maxAttempts of hostile) {
      const [problem] = RetryConfig.problems({ ...RetryConfig.defaults, maxAttempts })
      assert.match(String(problem), /^maxAttempts is /)
    }
    for (const field of ["base", "cap", "attemptTimeout", "totalTimeout"] as const) {
      const wrong = { ...RetryConfig.defaults, [field]: Duration.millis(1e308) }
      const [problem] = RetryConfig.problems(wrong)
      assert.match(String(problem), new RegExp(`^${field} is `))
    }
  })

  it.effect("the ends of the ranges work: one request a minute, and a trillion", () =>
    Effect.gen(function* () {
      for (const [requestsPerMinute, tokensPerMinute, maxInFlight] of [
        [1, 1e12, 1],
        [1e12, 1e12, 100_000],
        [1e12, 1, 1]
      ] as const) {
        yield* Stack.virtually(
          Stack.scripted(() => answer("ok"), {
            limits: { requestsPerMinute, tokensPerMinute, maxInFlight }
          }),
          Effect.gen(function* () {
            const { kept, report } = yield* Stack.deliver(Stack.questions(5))
            assert.strictEqual(kept.length, 5)
            assert.isAtMost(report?.elapsedSeconds ?? Infinity, 6 * 60 * 60)
          })
        )
      }
    })
  )
})

const load = (variables: Readonly<Record<string, string>>) =>
  Effect.provideService(
    EnvironmentConfig.makeLimits({ dotEnv: false }),
    ConfigProvider.ConfigProvider,
    ConfigProvider.fromEnvRecord({ ...variables })
  )

describe("limits from the environment", () => {
  const variables = ["SPILLWAY_RPM", "SPILLWAY_TPM", "SPILLWAY_MAX_IN_FLIGHT", "SPILLWAY_MAX_QUEUE"]
  for (const value of [
    "0",
    "-1",
    "NaN",
    "1e308",
    "Infinity",
    "1e999",
    "0x10",
    "9".repeat(400),
    "１００"
  ]) {
    it.effect(`${value.slice(0, 20)}: one error names every variable, and quotes none`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          load(Object.fromEntries(variables.map((variable) => [variable, value])))
        )
        assert.strictEqual(error._tag, "SettingsError")
        assert.sameMembers(
          error.problems.map(({ variable }) => variable),
          variables
        )
        for (const { problem } of error.problems) assert.match(problem, /^Expected a whole number/)
      })
    )
  }

  for (const value of ["-0.1", "NaN", "1e308", "2"]) {
    it.effect(`shares of ${value} are refused`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(load({ SPILLWAY_HEADROOM: value, SPILLWAY_BURST: value }))
        assert.sameMembers(
          error.problems.map(({ variable }) => variable),
          ["SPILLWAY_HEADROOM", "SPILLWAY_BURST"]
        )
      })
    )
  }

  for (const value of ["0 seconds", "-5 minutes", "NaN seconds", "1e308 hours", "Infinity", "60"]) {
    it.effect(`a maxWait of "${value}" is refused`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(load({ SPILLWAY_MAX_WAIT: value }))
        assert.deepStrictEqual(
          error.problems.map(({ variable }) => variable),
          ["SPILLWAY_MAX_WAIT"]
        )
      })
    )
  }
})

describe("a queue that is shorter than what may be in flight", () => {
  for (const limits of [
    { maxQueue: 100, maxInFlight: 256 },
    { maxQueue: 10, maxInFlight: 5 },
    { maxQueue: 1, maxInFlight: 1 }
  ])
    it.effect(`loses no item of a run: ${JSON.stringify(limits)}`, () =>
      Stack.virtually(
        Stack.over(SimulatedOpenAiTransport.layer({ tier: "1" }), { limits }),
        Effect.gen(function* () {
          const { answered, kept } = yield* Stack.deliver(Stack.questions(700))
          assert.deepStrictEqual(
            kept.filter((each) => each._tag === "Failed"),
            []
          )
          assert.strictEqual(answered, 700)
        })
      )
    )
})
