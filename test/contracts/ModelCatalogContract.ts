/** What every `ModelCatalog` owes its callers. The rules of single models are tested with `ModelResolver`. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { TestClock } from "effect/testing"
import { ModelCatalog } from "spillway/model/ModelCatalog"
import * as GenerateRequest from "spillway/request/GenerateRequest"

const NOVEMBER_2026 = Date.UTC(2026, 10, 22)

export const modelCatalogContract = <E>(name: string, layer: Layer.Layer<ModelCatalog, E>) => {
  const resolve = (parts: GenerateRequest.RequestParts, priced = false) =>
    Effect.andThen(
      TestClock.setTime(NOVEMBER_2026),
      ModelCatalog.use((catalog) => catalog.resolve(GenerateRequest.make(parts), { priced }))
    )

  describe(`${name}: the contract of ModelCatalog`, () => {
    it.effect("finds a model by its name and by the name of a dated snapshot", () =>
      Effect.gen(function* () {
        const catalog = yield* ModelCatalog
        assert.strictEqual(catalog.find("gpt-4o")?.id, "gpt-4o")
        assert.strictEqual(catalog.find("gpt-4o-2024-08-06")?.id, "gpt-4o")
        assert.strictEqual(catalog.find("nobody's-model"), undefined)
      }).pipe(Effect.provide(layer))
    )

    it.effect("gives every request an output bound, in the body too", () =>
      Effect.gen(function* () {
        const { request } = yield* resolve({ model: "gpt-4o-mini", prompt: "hi" })
        assert.isAbove(request.maxOutputTokens, 0)
        assert.strictEqual(request.body.max_completion_tokens, request.maxOutputTokens)
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps Responses out of the provider's store unless asked", () =>
      Effect.gen(function* () {
        const parts = { endpoint: "responses", model: "gpt-4o-mini", prompt: "hi" } as const
        const { request } = yield* resolve(parts)
        assert.strictEqual(request.body.store, false)
        const asked = yield* resolve({ ...parts, extra: { store: true } })
        assert.strictEqual(asked.request.body.store, true)
      }).pipe(Effect.provide(layer))
    )

    it.effect("refuses a temperature on a model that takes none, naming the field", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          resolve({ model: "gpt-6.1-sol", prompt: "x", temperature: 0 })
        )
        assert.strictEqual(error.field, "temperature")
      }).pipe(Effect.provide(layer))
    )

    it.effect("refuses a retired model, and warns of one that is about to be", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(resolve({ model: "gpt-4-turbo", prompt: "x" }))
        assert.include(error.message, "2026-10-23")
        const { warnings } = yield* resolve({ model: "gpt-4o", prompt: "x" })
        assert.include(warnings.join(), "2027-01-14")
      }).pipe(Effect.provide(layer))
    )

    it.effect("lets an unknown model through with a warning, and refuses it under a budget", () =>
      Effect.gen(function* () {
        const { model, warnings } = yield* resolve({ model: "nobody's-model", prompt: "x" })
        assert.strictEqual(model, undefined)
        assert.isAbove(warnings.length, 0)
        const error = yield* Effect.flip(resolve({ model: "nobody's-model", prompt: "x" }, true))
        assert.strictEqual(error.field, "model")
      }).pipe(Effect.provide(layer))
    )
  })
}
