import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { TestClock } from "effect/testing"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as FileModelCatalog from "spillway/layers/model/FileModelCatalog"
import { ModelCatalog } from "spillway/model/ModelCatalog"
import * as GenerateRequest from "spillway/request/GenerateRequest"

/** The catalogue made with a file of this content. */
const catalogOf = (content: unknown) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/models.json`
    yield* fs.writeFileString(file, typeof content === "string" ? content : JSON.stringify(content))
    return yield* FileModelCatalog.make(file)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const problemsOf = (content: unknown) =>
  Effect.map(Effect.flip(catalogOf(content)), (error) => {
    assert.strictEqual(error._tag, "CatalogFileError")
    return error.message
  })

const price = { input: 3, output: 9, asOf: "2027-01-01" }

describe("A catalogue file", () => {
  it.live("changes the fields that it gives of a known model, and leaves the rest", () =>
    Effect.gen(function* () {
      const catalog = yield* catalogOf({ models: [{ id: "gpt-6-luna", price }] })
      const model = catalog.find("gpt-6-luna")
      assert.deepStrictEqual(model?.price, price)
      assert.strictEqual(model?.maxOutputTokens, 128_000)
      assert.strictEqual(catalog.models.length, BuiltInModelCatalog.make().models.length)
    })
  )

  it.live("adds a deployment that is like a known model, with a quota of its own", () =>
    Effect.gen(function* () {
      const catalog = yield* catalogOf({
        models: [{ id: "east-us-4o", like: "gpt-4o-2024-05-13" }]
      })
      const model = catalog.find("east-us-4o")
      assert.strictEqual(model?.price?.input, 5)
      assert.isUndefined(model?.family)
    })
  )

  it.live("adds a whole new model", () =>
    Effect.gen(function* () {
      const catalog = yield* catalogOf({
        models: [
          {
            id: "llama-9",
            endpoints: ["chat"],
            price,
            contextTokens: 1_000,
            maxOutputTokens: 100,
            defaultOutputTokens: 50,
            temperature: "always",
            efforts: [],
            encoding: "o200k_base"
          }
        ]
      })
      const { request } = yield* catalog.resolve(
        GenerateRequest.make({ model: "llama-9", prompt: "a" }),
        { priced: true }
      )
      assert.strictEqual(request.maxOutputTokens, 50)
    })
  )

  it.live("with several mistakes is refused with all of them, by entry and field", () =>
    Effect.gen(function* () {
      const message = yield* problemsOf({
        models: [
          { id: "gpt-4o", price: { ...price, input: -1 }, retires: "2027-02-31x" },
          { id: "other", like: "gpt-99" },
          { like: "gpt-4o" },
          7,
          { id: "gpt-4.1", contextTokens: 1.5, colour: "blue" },
          { id: "brand-new", endpoints: ["chat"] }
        ]
      })
      for (const line of [
        "model gpt-4o: price.input: Expected a number of at least 0",
        "model gpt-4o: retires: Expected a date as 2026-12-31",
        'model other: like: "gpt-99" is no model of the catalogue',
        "model #3: id: Expected the model's name",
        "model #4: Expected an object",
        "model gpt-4.1: contextTokens",
        "model gpt-4.1: colour",
        "model brand-new: contextTokens: Missing key"
      ]) {
        assert.include(message, line)
      }
    })
  )

  it.live("that is no JSON, has no list, or names a model twice is refused", () =>
    Effect.gen(function* () {
      assert.include(yield* problemsOf("{ models"), "not valid JSON")
      assert.include(yield* problemsOf({ model: [] }), 'a list of "models"')
      assert.include(
        yield* problemsOf({ models: [{ id: "gpt-4o" }, { id: "gpt-4o" }] }),
        "model gpt-4o: id: It appears twice"
      )
    })
  )

  it.live("that is not there is named", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(FileModelCatalog.make("/nowhere/models.json"))
      assert.include(error.message, "/nowhere/models.json")
      assert.include(error.message, "cannot be read")
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})

describe("The built-in catalogue", () => {
  it.effect("decides by the clock what is retired", () =>
    Effect.gen(function* () {
      const catalog = yield* ModelCatalog
      const request = GenerateRequest.make({ model: "gpt-5", prompt: "a" })
      yield* TestClock.setTime(Date.parse("2026-12-10T23:59:59Z"))
      assert.strictEqual((yield* catalog.resolve(request)).model?.id, "gpt-5")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(catalog.resolve(request)))._tag, "RequestRefused")
    }).pipe(Effect.provide(BuiltInModelCatalog.layer))
  )

  it.effect("takes corrections as values", () =>
    Effect.gen(function* () {
      const catalog = yield* ModelCatalog
      assert.strictEqual(catalog.find("gpt-4o")?.price?.input, 3)
    }).pipe(
      Effect.provide(
        BuiltInModelCatalog.layerWith(
          BuiltInModelCatalog.make()
            .models.filter(({ id }) => id === "gpt-4o")
            .map((model) => ({ ...model, price }))
        )
      )
    )
  )
})
