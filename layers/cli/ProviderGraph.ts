/** Everything that answers requests: the real API, or a simulated one (`SimulatedProvider.ts`, loaded where it is asked for). */
import { ConfigProvider, Effect, Layer } from "effect"
import type { Responder } from "../../src/simulator/Responder.ts"
import * as EnvironmentConfig from "../config/EnvironmentConfig.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as FileModelCatalog from "../model/FileModelCatalog.ts"
import * as BatchGraph from "../presets/BatchGraph.ts"
import * as Mode from "../presets/Mode.ts"
import * as PresetStore from "../presets/PresetStore.ts"
import * as SimulatedBatches from "../presets/SimulatedBatches.ts"
import * as SdkOpenAiTransport from "../transport/SdkOpenAiTransport.ts"
import { DEFAULT_STORE } from "./Flags.ts"
import type { ProviderSettings } from "./Session.ts"

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

const simulated = (settings: ProviderSettings, responder: Responder | undefined) =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("./SimulatedProvider.ts")),
      ({ layer }) => layer(settings, responder)
    )
  )

/** Batches of a simulated provider that has ended are submitted again. */
const jobs = ({ offline }: ProviderSettings) =>
  offline === true ? SimulatedBatches.jobs : BatchGraph.jobs

export const make = (settings: ProviderSettings, responder?: Responder) =>
  Mode.graph(settings.mode ?? "online", jobs(settings)).pipe(
    Layer.provideMerge(SdkOpenAiTransport.layer),
    Layer.provideMerge(PresetStore.batchesBeside(settings.store ?? DEFAULT_STORE)),
    Layer.provideMerge(
      settings.offline === true ? simulated(settings, responder) : EnvironmentConfig.layer
    ),
    Layer.provide(flagSettings(settings)),
    Layer.provideMerge(catalog(settings.catalog))
  )
