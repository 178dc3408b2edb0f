/** Settings of breaker and retries that cannot work are named, each, whether a program gives them or the environment. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect } from "effect"
import * as Breaker from "spillway/config/CircuitBreakerConfig"
import * as Retry from "spillway/config/RetryConfig"
import { readBreaker, readRetry } from "spillway/config/SettingsReader"
import { breaker, retry } from "spillway/config/settings"

const bad = [0, -1, Number.NaN, 1e308, Number.NEGATIVE_INFINITY]

/** Settings that may be 0: nobody waits; no delay; no time for retries. */
const mayBeZero = new Set(["maxWaiting", "base", "cap", "totalTimeout"])

const check = <A extends object>(
  name: string,
  defaults: A,
  problems: (settings: A) => ReadonlyArray<string>
): void => {
  describe(name, () => {
    it("finds nothing wrong with the defaults", () => {
      assert.deepStrictEqual(problems(defaults), [])
    })
    for (const [field, value] of Object.entries(defaults)) {
      if (typeof value === "string") continue
      it(`names ${field} where it is no number that makes sense`, () => {
        for (const number of bad) {
          // A duration of NaN milliseconds is none.
          const zero = number === 0 || (Duration.isDuration(value) && Number.isNaN(number))
          if (zero && mayBeZero.has(field)) continue
          const wrong = Duration.isDuration(value) ? Duration.millis(number) : number
          const found = problems({ ...defaults, [field]: wrong })
          assert.isTrue(
            found.some((problem) => problem.startsWith(`${field} is `)),
            `${field} = ${number}: ${found.join(" ")}`
          )
        }
      })
    }
  })
}

check("the breaker's settings", Breaker.defaults, Breaker.problems)
check("the settings of retries", Retry.defaults, Retry.problems)

it("a first time of staying open beyond the longest is named", () => {
  const settings = { ...Breaker.defaults, minOpen: Duration.seconds(6) }
  assert.match(Breaker.problems(settings).join(" "), /^minOpen is 6s: it is longer than maxOpen/)
})

describe("from the environment", () => {
  for (const { variable } of [...Object.values(breaker), ...Object.values(retry)])
    it.effect(`${variable} is named`, () =>
      Effect.gen(function* () {
        for (const text of ["0", "-1", "NaN", "1e308", "Infinity", "-1 seconds", "1e308 seconds"]) {
          const provider = ConfigProvider.fromEnvRecord({ [variable]: text })
          const read = Effect.all([readBreaker, readRetry])
          const found = yield* Effect.provideService(read, ConfigProvider.ConfigProvider, provider)
          const variables = found.flatMap(({ problems }) => problems).map((each) => each.variable)
          assert.deepStrictEqual(variables, [variable], text)
        }
      })
    )
})
