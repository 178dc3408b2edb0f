/**
 * How requests are answered: in real time, by the Batch API at half the price within a day, or whichever of both keeps the
 * run's deadline for less. A program is the same in all of them.
 */
import { Effect, Layer } from "effect"
import type { Generate } from "../../src/generate/Generate.ts"
import type * as BatchGenerate from "../generate/BatchGenerate.ts"
import type * as HybridGenerate from "../generate/HybridGenerate.ts"
import * as OnlineGenerate from "../generate/OnlineGenerate.ts"
import * as BatchGraph from "./BatchGraph.ts"

export const modes = ["online", "batch", "hybrid"] as const
export type Mode = (typeof modes)[number]

type Parts = Layer.Services<
  typeof OnlineGenerate.layer | typeof BatchGenerate.layer | typeof HybridGenerate.layer
>

type Generation = Layer.Layer<Generate, never, Parts>

/** Most programs start in real time, and need not wait for the code of the others. */
const loaded = (load: () => Promise<{ readonly layer: Generation }>): Generation =>
  Layer.unwrap(Effect.map(Effect.promise(load), ({ layer }) => layer))

const generate: Readonly<Record<Mode, Generation>> = {
  online: OnlineGenerate.layer,
  batch: loaded(() => import("../generate/BatchGenerate.ts")),
  hybrid: loaded(() => import("../generate/HybridGenerate.ts"))
}

/** `Generate` of the mode, with `BatchJobs` beside it in every mode. */
export const graph = (mode: Mode, jobs = BatchGraph.jobs) =>
  Layer.provideMerge(generate[mode], jobs)
