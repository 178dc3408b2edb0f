/** `--offline`: a simulated OpenAI behind a real HTTP server on this machine, and the settings to call it. */
import { Duration, Effect, Layer, Redacted } from "effect"
import { BatchConfig } from "../../src/config/BatchConfig.ts"
import { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"
import type { Tier } from "../../src/simulator/Limits.ts"
import type { Responder } from "../../src/simulator/Responder.ts"
import * as EnvironmentConfig from "../config/EnvironmentConfig.ts"
import * as HttpSimulator from "../simulator/HttpSimulator.ts"
import type { ProviderSettings } from "./Session.ts"

/** Roomy enough that a first try is quick, with limits that a larger one meets. */
const OFFLINE_TIER: Tier = "2"

/** A batch of an hour takes four seconds, so that a rehearsal ends before anybody has gone for coffee. */
const OFFLINE_BATCHES = { scale: 0.001 }

/** Looks at simulated batches as often as they change. */
const quick = Layer.effect(
  BatchConfig,
  Effect.map(BatchConfig, (settings) => ({
    ...settings,
    minPoll: Duration.millis(100),
    maxPoll: Duration.seconds(1),
    patience: Duration.millis(500)
  }))
)

export const layer = (
  { seed = 1, tier = OFFLINE_TIER, faults = "" }: ProviderSettings,
  responder: Responder | undefined
) =>
  Layer.effect(
    OpenAiConfig,
    Effect.gen(function* () {
      const options = responder === undefined ? {} : { responder }
      const server = yield* HttpSimulator.fromFlags({
        ...{ seed, tier, faults, ...options },
        batch: OFFLINE_BATCHES
      })
      return OpenAiConfig.of({
        apiKey: Redacted.make("sk-simulated"),
        baseUrl: server.url,
        organization: undefined,
        project: undefined,
        proxy: undefined,
        noProxy: undefined,
        extraCa: undefined,
        simulatedSeed: seed
      })
    })
  ).pipe(Layer.provideMerge(quick), Layer.provideMerge(EnvironmentConfig.layerLimits))
