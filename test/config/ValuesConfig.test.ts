import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { OpenAiConfig } from "spillway/config/OpenAiConfig"
import * as SettingsTable from "spillway/config/SettingsTable"
import * as ValuesConfig from "spillway/layers/config/ValuesConfig"

describe("A connection from values", () => {
  it.effect("has the defaults for what is not given", () =>
    Effect.gen(function* () {
      const config = yield* OpenAiConfig
      assert.strictEqual(Redacted.value(config.apiKey), "sk-abcdef")
      assert.strictEqual(config.baseUrl, "https://api.openai.com/v1")
    }).pipe(Effect.provide(ValuesConfig.layer({ apiKey: Redacted.make("sk-abcdef") })))
  )

  it.effect("names every field that is wrong", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        ValuesConfig.make({
          apiKey: "your-api-key",
          baseUrl: "http://example.com/v1",
          organization: "a b",
          extraCa: "nothing"
        })
      )
      assert.deepStrictEqual(
        error.problems.map(({ variable }) => variable),
        ["apiKey", "organization", "baseUrl", "extraCa"]
      )
      assert.notInclude(error.message, "your-api-key")
    })
  )

  it.effect("may be http to another machine where that is allowed", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* ValuesConfig.make({
        apiKey: "sk-abcdef",
        baseUrl: "http://10.0.0.1/v1",
        allowHttp: true
      })
      assert.strictEqual(baseUrl, "http://10.0.0.1/v1")
    })
  )
})

describe("The table of settings", () => {
  it("shows variable, meaning, values, default and example of each, under its group", () => {
    const table = SettingsTable.markdown(4)
    assert.include(table, "#### Rate limits")
    assert.include(
      table,
      "| `SPILLWAY_MAX_IN_FLIGHT` | Requests in flight at once, over all models, runs and retries. | whole number, 1 to 100,000 | `256` | `64` |"
    )
    assert.include(table, "| `SPILLWAY_MAX_WAIT` |")
    assert.include(table, "| `10m` | `30 minutes` |")
    assert.match(table, /`OPENAI_API_KEY` \|[^\n]*\| required \|/)
  })
})
