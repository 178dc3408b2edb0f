/** Everything for the real API: `OPENAI_API_KEY` and the other settings from the environment or `.env`. */
import { Layer } from "effect"
import * as EnvironmentConfig from "../config/EnvironmentConfig.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as SdkOpenAiTransport from "../transport/SdkOpenAiTransport.ts"
import * as OnlineGraph from "./OnlineGraph.ts"
import * as PresetStore from "./PresetStore.ts"

export interface LiveOptions {
  /** SQLite file for runs and answers. Default: memory, which resumes nothing. */
  readonly store?: string
}

export const layer = (options: LiveOptions = {}) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(SdkOpenAiTransport.layer),
    Layer.provideMerge(EnvironmentConfig.layer),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(PresetStore.layer(options.store))
  )
