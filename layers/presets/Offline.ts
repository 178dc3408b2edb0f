/**
 * Everything, with a simulated OpenAI in the same process: for trying out, for tests, and for rehearsing a large run
 * under a virtual clock. Over real HTTP: `layers/simulator/HttpSimulator.ts`.
 */
import { Layer } from "effect"
import type { SimulatorOptions } from "../../src/simulator/Simulator.ts"
import * as BuiltInModelCatalog from "../model/BuiltInModelCatalog.ts"
import * as SimulatedOpenAiTransport from "../transport/SimulatedOpenAiTransport.ts"
import * as OnlineGraph from "./OnlineGraph.ts"
import * as PresetStore from "./PresetStore.ts"

export interface OfflineOptions extends SimulatorOptions {
  /** SQLite file for runs and answers. Default: memory, which resumes nothing. */
  readonly store?: string
}

export const layer = ({ store, ...simulator }: OfflineOptions = {}) =>
  OnlineGraph.layer.pipe(
    Layer.provideMerge(SimulatedOpenAiTransport.layer(simulator)),
    Layer.provideMerge(BuiltInModelCatalog.layer),
    Layer.provideMerge(PresetStore.layer(store))
  )
