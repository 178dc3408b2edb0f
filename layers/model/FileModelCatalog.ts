/** The built-in catalogue with the corrections of a JSON file; its form is described in `src/model/CatalogFile.ts`. */
import { Effect, FileSystem, Layer, Runtime, Schema } from "effect"
import * as CatalogFile from "../../src/model/CatalogFile.ts"
import { catalogData } from "../../src/model/catalogData.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import * as BuiltInModelCatalog from "./BuiltInModelCatalog.ts"

/** The file cannot be used; nothing of it was taken. */
export class CatalogFileError extends Schema.TaggedError<CatalogFileError>()("CatalogFileError", {
  file: Schema.String,
  problems: Schema.Array(
    Schema.Struct({ entry: Schema.String, field: Schema.String, problem: Schema.String })
  ),
  fix: Schema.String
}) {
  override get message(): string {
    const lines = this.problems.map(({ entry, field, problem }) =>
      [entry === "" ? "" : `model ${entry}`, field, problem]
        .filter((word) => word !== "")
        .join(": ")
    )
    return [`Catalogue file ${this.file}:`, ...lines.map((line) => `  ${line}`), this.fix].join(
      "\n"
    )
  }
  /** The exit code of bad settings. */
  override readonly [Runtime.errorExitCode]: number = 2
}

const CORRECT =
  "Correct these entries: each gives the fields it changes of a known model, names one in like, or gives all fields."

export const make = Effect.fn("FileModelCatalog.make")(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    (error) =>
      new CatalogFileError({
        file,
        problems: [{ entry: "", field: "", problem: `It cannot be read: ${error.message}` }],
        fix: "Give the path of a readable JSON file, or leave the option out."
      })
  )
  const overrides = yield* Effect.mapError(
    Effect.fromResult(CatalogFile.parse(text, catalogData)),
    (problems) => new CatalogFileError({ file, problems, fix: CORRECT })
  )
  return BuiltInModelCatalog.make(overrides)
})

export const layer = (
  file: string
): Layer.Layer<ModelCatalog, CatalogFileError, FileSystem.FileSystem> =>
  Layer.effect(ModelCatalog, make(file))
