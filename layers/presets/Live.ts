/** Everything for the real API: `OPENAI_API_KEY` and the other settings from the environment or `.env`. */
import { Layer } from "effect"
import * as MemoryCheckpointStore from "../checkpoint/MemoryCheckpointStore.ts"
import * as SqliteCheckpointStore from "../checkpoint/SqliteCheckpointStore.ts"
import * as EnvironmentConfig from "../config/EnvironmentConfig.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as SdkOpenAiTransport from "../transport/SdkOpenAiTransport.ts"
import * as OnlineGraph from "./OnlineGraph.ts"

export interface LiveOptions {
  /** SQLite file for runs and answers. Default: memory, which resumes nothing. */
  readonly store?: string
}

export const layer = (options: LiveOptions = {}) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(SdkOpenAiTransport.layer),
    Layer.provideMerge(EnvironmentConfig.layer),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(store(options.store))
  )

/** The store of a preset. */
export const store = (file: string | undefined) =>
  file === undefined ? MemoryCheckpointStore.layer : SqliteCheckpointStore.layer({ filename: file })
