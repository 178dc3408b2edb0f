/**
 * Finds a model by any name it goes by: its own, a dated snapshot's, a fine-tuned model's. What is then checked is in
 * `ModelResolver.ts`; the services around both are in `layers/model/`.
 */
import { DateTime } from "effect"
import type { ModelInfo } from "./ModelInfo.ts"

/** A model with what a check per request needs, computed once. */
export interface Entry {
  readonly model: ModelInfo
  /** Unix milliseconds of the day of retirement (UTC); Infinity where none is announced. */
  readonly retiresAt: number
  readonly retiring: ReadonlyArray<string>
  readonly unpriced: ReadonlyArray<string>
}

export interface ModelIndex {
  readonly models: ReadonlyArray<ModelInfo>
  readonly entry: (name: string) => Entry | undefined
}

/** `gpt-4o-2024-08-06`, `gpt-4-0613`, `gpt-4-1106-preview`: the name before the date. */
const SNAPSHOT = /^(.+?)-(?:\d{4}-\d{2}-\d{2}|\d{4})(?:-preview)?$/

/** Fine-tuned and snapshot names are kept once found; a program that makes up names must not grow the map for ever. */
const MOST_ALIASES = 1_000

const entryOf = (model: ModelInfo): Entry => ({
  model,
  retiresAt:
    model.retires === undefined
      ? Number.POSITIVE_INFINITY
      : DateTime.toEpochMillis(DateTime.makeUnsafe(`${model.retires}T00:00:00Z`)),
  retiring: [`${model.id} is retired on ${model.retires}: move to another model before then.`],
  unpriced: [
    `The catalogue has no price for ${model.id}: its cost is reported as unpriced. A catalogue file can add it.`
  ]
})

/** The same model under a tuned one's name: its abilities and its quota, but a price of its own that is not listed. */
const tuned = (base: ModelInfo, name: string): ModelInfo => {
  const { price: _, ...abilities } = base
  return { ...abilities, id: name, family: base.family ?? base.id }
}

/** @param models later entries of one id replace earlier ones */
export const make = (models: ReadonlyArray<ModelInfo>): ModelIndex => {
  const known = new Map(models.map((model) => [model.id, entryOf(model)]))
  const aliases = new Map<string, Entry>()

  const derive = (name: string): Entry | undefined => {
    if (name.startsWith("ft:")) {
      const base = find(name.split(":")[1] ?? "")
      return base && entryOf(tuned(base.model, name))
    }
    const undated = SNAPSHOT.exec(name)?.[1]
    return undated === undefined ? undefined : known.get(undated)
  }

  const find = (name: string): Entry | undefined => {
    const found = known.get(name) ?? aliases.get(name)
    if (found !== undefined) return found
    const derived = derive(name)
    if (derived !== undefined && aliases.size < MOST_ALIASES) aliases.set(name, derived)
    return derived
  }

  return { models: [...known.values()].map(({ model }) => model), entry: find }
}
