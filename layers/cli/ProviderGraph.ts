/** Everything that answers requests: the real API, or a simulated one behind a real HTTP server on this machine. */
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"
import type { Tier } from "../../src/simulator/Limits.ts"
import type { Responder } from "../../src/simulator/Responder.ts"
import * as EnvironmentConfig from "../config/EnvironmentConfig.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as FileModelCatalog from "../model/FileModelCatalog.ts"
import * as OnlineGraph from "../presets/OnlineGraph.ts"
import * as HttpSimulator from "../simulator/HttpSimulator.ts"
import * as SdkOpenAiTransport from "../transport/SdkOpenAiTransport.ts"
import type { ProviderSettings } from "./Session.ts"

/** Roomy enough that a first try is quick, with limits that a larger one meets. */
const OFFLINE_TIER: Tier = "2"

/** Flags win over the environment. */
const flagSettings = ({ baseUrl, concurrency, redis }: ProviderSettings) =>
  ConfigProvider.layerAdd(
    ConfigProvider.fromEnvRecord({
      ...(baseUrl === undefined ? {} : { OPENAI_BASE_URL: baseUrl }),
      ...(concurrency === undefined ? {} : { SPILLWAY_MAX_IN_FLIGHT: String(concurrency) }),
      ...(redis === undefined ? {} : { SPILLWAY_REDIS_URL: redis })
    }),
    { asPrimary: true }
  )

const catalog = (file: string | undefined) =>
  file === undefined ? BuiltInModelCatalog.layer : FileModelCatalog.layer(file)

/** A simulated OpenAI behind a real HTTP server on this machine, and the settings to call it. */
const simulated = (
  { seed = 1, tier = OFFLINE_TIER, faults = "" }: ProviderSettings,
  responder: Responder | undefined
) =>
  Layer.effect(
    OpenAiConfig,
    Effect.gen(function* () {
      const options = responder === undefined ? {} : { responder }
      const server = yield* HttpSimulator.fromFlags({ seed, tier, faults, ...options })
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
  ).pipe(Layer.provideMerge(EnvironmentConfig.layerLimits))

export const make = (settings: ProviderSettings, responder?: Responder) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(SdkOpenAiTransport.layer),
    Layer.provideMerge(
      settings.offline === true ? simulated(settings, responder) : EnvironmentConfig.layer
    ),
    Layer.provide(flagSettings(settings)),
    Layer.provideMerge(catalog(settings.catalog))
  )
