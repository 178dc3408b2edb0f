/**
 * Who has answered, for scoring that sends nothing: the provider as stored answers name it, without a server, a limiter
 * or a key. Where a judge has to be asked, `ProviderGraph.ts` takes its place.
 */
import { ConfigProvider, Effect, Layer, Redacted, Stream } from "effect"
import { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"
import { Generate } from "../../src/generate/Generate.ts"
import * as EnvironmentConfig from "../config/EnvironmentConfig.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as FileModelCatalog from "../model/FileModelCatalog.ts"
import * as ProviderIdentity from "../transport/ProviderIdentity.ts"
import type { ProviderSettings } from "./Session.ts"

/** Behind the environment's own: names no account, as an answer's key does not either. */
const NO_KEY = { OPENAI_API_KEY: "sk-nothing-is-sent" }

const real = ({ baseUrl }: ProviderSettings) =>
  EnvironmentConfig.layer.pipe(
    Layer.provide(
      ConfigProvider.layerAdd(
        ConfigProvider.fromEnvRecord(baseUrl === undefined ? {} : { OPENAI_BASE_URL: baseUrl }),
        { asPrimary: true }
      )
    ),
    Layer.provide(ConfigProvider.layerAdd(ConfigProvider.fromEnvRecord(NO_KEY)))
  )

const simulated = ({ seed = 1 }: ProviderSettings) =>
  Layer.succeed(
    OpenAiConfig,
    OpenAiConfig.of({
      apiKey: Redacted.make("sk-simulated"),
      baseUrl: "http://localhost",
      organization: undefined,
      project: undefined,
      proxy: undefined,
      noProxy: undefined,
      extraCa: undefined,
      simulatedSeed: seed
    })
  )

const silent = ({ mode = "online" }: ProviderSettings) =>
  Layer.effect(
    Generate,
    Effect.map(OpenAiConfig, (config) =>
      Generate.of({
        provider: ProviderIdentity.make(config),
        mode,
        generateMany: () => Stream.die("scoring sends nothing"),
        generate: () => Effect.die("scoring sends nothing")
      })
    )
  )

export const make = (settings: ProviderSettings) =>
  silent(settings).pipe(
    Layer.provide(settings.offline === true ? simulated(settings) : real(settings)),
    Layer.merge(
      settings.catalog === undefined
        ? BuiltInModelCatalog.layer
        : FileModelCatalog.layer(settings.catalog)
    )
  )
