/** `/models`: the catalogue's models as the provider lists them. */
import { DateTime } from "effect"
import type { ModelInfo } from "../model/ModelInfo.ts"
import type { JsonObject } from "../request/GenerateRequest.ts"

const unixSeconds = (date: string | undefined): number => {
  if (date === undefined) return 0
  const day = DateTime.make(date)
  return day._tag === "Some" ? Math.floor(DateTime.toEpochMillis(day.value) / 1_000) : 0
}

export const modelBody = (info: ModelInfo): JsonObject => ({
  id: info.id,
  object: "model",
  // The catalogue does not say when a model appeared: the date of its price list stands in.
  created: unixSeconds(info.price?.asOf),
  owned_by: "spillway-simulator",
  shutdown_date: info.retires ?? null
})

export const modelsBody = (models: ReadonlyArray<ModelInfo>): JsonObject => ({
  object: "list",
  data: models.map(modelBody)
})
