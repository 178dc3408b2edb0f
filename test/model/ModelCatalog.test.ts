import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, FileSystem, Layer } from "effect"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as FileModelCatalog from "spillway/layers/model/FileModelCatalog"
import { ModelCatalog } from "spillway/model/ModelCatalog"
import { modelCatalogContract } from "../contracts/ModelCatalogContract.ts"

modelCatalogContract("BuiltInModelCatalog", BuiltInModelCatalog.layer)

modelCatalogContract(
  "FileModelCatalog",
  Layer.effect(
    ModelCatalog,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const file = yield* files.makeTempFileScoped()
      yield* files.writeFileString(
        file,
        JSON.stringify({ models: [{ id: "ours", like: "gpt-4o" }] })
      )
      return yield* FileModelCatalog.make(file)
    })
  ).pipe(Layer.provide(NodeFileSystem.layer))
)
