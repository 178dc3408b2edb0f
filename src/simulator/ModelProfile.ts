/**
 * How a simulated model behaves: how fast it writes, how often it is right, and which quota it draws on. Prices and
 * capabilities come from the catalogue; speed and strength are rough figures for a simulation, not measurements.
 */
import type { ModelInfo } from "../model/ModelInfo.ts"

export interface ModelProfile {
  readonly info: ModelInfo
  /** Models of one family share one quota. */
  readonly pool: string
  /** Share of problems of middling difficulty that it gets right at temperature 0, 0 to 1. */
  readonly strength: number
  readonly tokensPerSecond: number
  /** Median time to the first token, milliseconds. */
  readonly firstTokenMs: number
}

type Pace = Pick<ModelProfile, "strength" | "tokensPerSecond" | "firstTokenMs">

/** First match wins; a model named by none of them is middling. */
const paces: ReadonlyArray<readonly [RegExp, Pace]> = [
  [/embedding/, { strength: 1, tokensPerSecond: 100_000, firstTokenMs: 60 }],
  [/nano/, { strength: 0.8, tokensPerSecond: 190, firstTokenMs: 280 }],
  [/luna|mini/, { strength: 0.88, tokensPerSecond: 150, firstTokenMs: 350 }],
  [/terra/, { strength: 0.93, tokensPerSecond: 110, firstTokenMs: 420 }],
  [/astra|-pro/, { strength: 0.97, tokensPerSecond: 50, firstTokenMs: 900 }],
  [/sol|gpt-5\.5/, { strength: 0.96, tokensPerSecond: 80, firstTokenMs: 550 }],
  [/gpt-5/, { strength: 0.94, tokensPerSecond: 80, firstTokenMs: 550 }]
]
const middling: Pace = { strength: 0.9, tokensPerSecond: 80, firstTokenMs: 500 }

export const profile = (info: ModelInfo): ModelProfile => ({
  info,
  pool: info.family ?? info.id,
  ...(paces.find(([pattern]) => pattern.test(info.id))?.[1] ?? middling)
})

/** A model that the catalogue does not know, where unknown models are allowed: it takes everything and costs nothing. */
export const unknownModel = (id: string): ModelInfo => ({
  id,
  endpoints: id.includes("embedding") ? ["embeddings"] : ["chat", "responses"],
  price: { input: 0, output: 0, asOf: "1970-01-01" },
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
  defaultOutputTokens: 4_096,
  temperature: "always",
  efforts: [],
  encoding: "o200k_base"
})

const SNAPSHOT = /-\d{4}-\d{2}-\d{2}$/

/** By name, or by the name of a dated snapshot. */
export const findModel = (
  models: ReadonlyMap<string, ModelProfile>,
  name: string
): ModelProfile | undefined => models.get(name) ?? models.get(name.replace(SNAPSHOT, ""))

/** The effort a request gets: its own, else none where the model can do without, else medium. */
export const effectiveEffort = (info: ModelInfo, asked: string | undefined): string => {
  if (info.efforts.length === 0) return "none"
  return asked ?? (info.efforts.includes("none") ? "none" : "medium")
}
