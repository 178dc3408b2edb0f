/** The catalogue that comes with Spillway, with corrections given as values. From a file: `FileModelCatalog.ts`. */
import { Clock, Effect, Layer } from "effect"
import { catalogData } from "../../src/model/catalogData.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import * as ModelIndex from "../../src/model/ModelIndex.ts"
import type { ModelInfo } from "../../src/model/ModelInfo.ts"
import * as ModelResolver from "../../src/model/ModelResolver.ts"

/** @param overrides each replaces the model of its id, or is added */
export const make = (overrides: ReadonlyArray<ModelInfo> = []): ModelCatalog["Service"] => {
  const index = ModelIndex.make([...catalogData, ...overrides])
  return ModelCatalog.of({
    models: index.models,
    find: (model) => index.entry(model)?.model,
    resolve: (request, options) =>
      Clock.clockWith((clock) =>
        Effect.fromResult(
          ModelResolver.resolve(index, request, {
            now: clock.currentTimeMillisUnsafe(),
            priced: options?.priced ?? false
          })
        )
      )
  })
}

export const layer = Layer.succeed(ModelCatalog, make())

export const layerWith = (overrides: ReadonlyArray<ModelInfo>): Layer.Layer<ModelCatalog> =>
  Layer.succeed(ModelCatalog, make(overrides))
