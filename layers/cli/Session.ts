/** From flags to layers: the store, and who answers. */
import { existsSync } from "node:fs"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { CheckpointStore, type StoreError } from "../../src/checkpoint/CheckpointStore.ts"
import { OpenAiConfig } from "../../src/config/OpenAiConfig.ts"
import type { Tier } from "../../src/simulator/Limits.ts"
import type { Responder } from "../../src/simulator/Responder.ts"
import * as SqliteCheckpointStore from "../checkpoint/SqliteCheckpointStore.ts"
import * as EnvironmentConfig from "../config/EnvironmentConfig.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as FileModelCatalog from "../model/FileModelCatalog.ts"
import * as OnlineGraph from "../presets/OnlineGraph.ts"
import * as HttpSimulator from "../simulator/HttpSimulator.ts"
import * as SdkOpenAiTransport from "../transport/SdkOpenAiTransport.ts"
import { UsageError } from "./ExitCode.ts"

/** Who answers, as far as it was said. */
export interface ProviderSettings {
  readonly offline?: boolean
  readonly baseUrl?: string
  readonly concurrency?: number
  readonly catalog?: string
  readonly seed?: number
  readonly tier?: Tier
  readonly faults?: string
}

/** Flags of the simulated provider, as they are written. */
const SIMULATOR_FLAGS = ["seed", "tier", "faults"] as const

/**
 * A flag that would have no effect is refused.
 *
 * @param given the flags of this call; what a run remembers is no request
 */
export const check = (
  given: ProviderSettings,
  { offline }: ProviderSettings
): Effect.Effect<void, UsageError> => {
  const idle = offline === true ? [] : SIMULATOR_FLAGS.filter((name) => given[name] !== undefined)
  if (idle.length > 0) {
    return Effect.fail(
      new UsageError({
        problem: `--${idle.join(", --")} belong${idle.length === 1 ? "s" : ""} to the simulated provider.`,
        fix: "Add --offline to use it, or leave the flag out."
      })
    )
  }
  return offline === true && given.baseUrl !== undefined
    ? Effect.fail(
        new UsageError({
          problem: "--base-url has no effect with --offline, which answers on this machine.",
          fix: "Leave out one of them (--no-offline where a run remembers it)."
        })
      )
    : Effect.void
}

/** Roomy enough that a first try is quick, with limits that a larger one meets. */
const OFFLINE_TIER: Tier = "2"

export const store = (file: string) => SqliteCheckpointStore.layer({ filename: file })

/** For commands that only read: a missing file is a slip of the pen, not an empty store. */
export const existingStore = (
  file: string
): Layer.Layer<CheckpointStore, StoreError | UsageError> =>
  existsSync(file) ? store(file) : Layer.effect(CheckpointStore, Effect.fail(noStore(file)))

const noStore = (file: string) =>
  new UsageError({
    problem: `There is no store ${file}.`,
    fix: "Name the file of a run with --store, or start a run first."
  })

/** Flags win over the environment. */
const flagSettings = ({ baseUrl, concurrency }: ProviderSettings) =>
  ConfigProvider.layerAdd(
    ConfigProvider.fromEnvRecord({
      ...(baseUrl === undefined ? {} : { OPENAI_BASE_URL: baseUrl }),
      ...(concurrency === undefined ? {} : { SPILLWAY_MAX_IN_FLIGHT: String(concurrency) })
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

/** Everything that answers requests; the store is provided apart. */
export const graph = (settings: ProviderSettings, responder?: Responder) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(SdkOpenAiTransport.layer),
    Layer.provideMerge(
      settings.offline === true ? simulated(settings, responder) : EnvironmentConfig.layer
    ),
    Layer.provide(flagSettings(settings)),
    Layer.provideMerge(catalog(settings.catalog))
  )
