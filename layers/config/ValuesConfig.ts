/** The connection from values that the program has, under the same checks as from the environment (`EnvironmentConfig.ts`). */
import { Effect, Layer, Redacted } from "effect"
import * as Checks from "../../src/config/OpenAiChecks.ts"
import { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"
import { SettingsError } from "../../src/config/SettingsError.ts"
import * as SettingsReader from "../../src/config/SettingsReader.ts"

export interface ConnectionValues {
  readonly apiKey: string | Redacted.Redacted
  /** Up to and including the version. Default `https://api.openai.com/v1`. */
  readonly baseUrl?: string
  /** Lets the base URL of another machine be http. Default false. */
  readonly allowHttp?: boolean
  readonly organization?: string
  readonly project?: string
  /** URL of a proxy for all calls. */
  readonly proxy?: string
  /** Hosts that bypass it, with commas between. */
  readonly noProxy?: string
  /** PEM text of certificate authorities to trust besides the usual ones. */
  readonly extraCa?: string
}

export const make = Effect.fn("ValuesConfig.make")(function* (values: ConnectionValues) {
  const { apiKey, extraCa, ...rest } = values
  const { value, problems } = SettingsReader.checkConnection({
    ...rest,
    apiKey: Redacted.isRedacted(apiKey) ? String(Redacted.value(apiKey)) : apiKey
  })
  const pem = extraCa === undefined ? undefined : Checks.certificates(extraCa)
  const all =
    pem === undefined ? problems : [...problems, { variable: "extraCa", problem: pem, example: "" }]
  if (all.length > 0) return yield* new SettingsError({ problems: all })
  return OpenAiConfig.of({ ...value, extraCa, simulatedSeed: undefined })
})

export const layer = (values: ConnectionValues): Layer.Layer<OpenAiConfig, SettingsError> =>
  Layer.effect(OpenAiConfig, make(values))
