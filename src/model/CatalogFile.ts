/**
 * A user's corrections to the catalogue, as JSON:
 *
 * ```json
 * { "models": [
 *   { "id": "gpt-6-luna", "price": { "input": 0.2, "output": 1, "asOf": "2027-01-01" } },
 *   { "id": "my-azure-deployment", "like": "gpt-4o-mini" }
 * ] }
 * ```
 *
 * An entry changes the fields it gives of the model with its id; a new id starts from the model that `like` names, or
 * gives every field of `ModelInfo.ts`. Reading the file is done in `layers/model/FileModelCatalog.ts`.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { ModelInfo } from "./ModelInfo.ts"

export interface CatalogProblem {
  /** The entry's id, or its place as `#3`; empty where the whole file is meant. */
  readonly entry: string
  /** The field, as `price.input`; empty where the whole entry is meant. */
  readonly field: string
  readonly problem: string
}

type Entry = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const decodeModel = Schema.decodeUnknownResult(ModelInfo)
const parseJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))
const listIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const whole = (problem: string): ReadonlyArray<CatalogProblem> => [
  { entry: "", field: "", problem }
]

/** What the entry starts from, before its own fields. */
const startOf = (
  entry: Entry,
  id: string,
  known: ReadonlyMap<string, ModelInfo>
): Result.Result<Partial<ModelInfo>, CatalogProblem> => {
  if (entry.like === undefined) return Result.succeed(known.get(id) ?? {})
  const like = typeof entry.like === "string" ? known.get(entry.like) : undefined
  if (like === undefined) {
    const problem = `${JSON.stringify(entry.like)} is no model of the catalogue`
    return Result.fail({ entry: id, field: "like", problem })
  }
  // A quota is the deployment's own unless the entry says otherwise.
  const { family: _, ...rest } = like
  return Result.succeed(rest)
}

const decodeEntry = (
  value: unknown,
  place: number,
  known: ReadonlyMap<string, ModelInfo>
): Result.Result<ModelInfo, ReadonlyArray<CatalogProblem>> => {
  const at = `#${place + 1}`
  if (!isObject(value)) {
    return Result.fail([{ entry: at, field: "", problem: "Expected an object" }])
  }
  const { like: _, ...fields } = value
  const id = typeof value.id === "string" && value.id !== "" ? value.id : undefined
  if (id === undefined) {
    return Result.fail([{ entry: at, field: "id", problem: "Expected the model's name" }])
  }
  const start = startOf(value, id, known)
  if (Result.isFailure(start)) return Result.fail([start.failure])
  const model = decodeModel(
    { ...start.success, ...fields },
    { errors: "all", onExcessProperty: "error" }
  )
  return Result.mapError(model, ({ issue }) =>
    listIssues(issue).issues.map(({ path, message }) => ({
      entry: id,
      field: (path ?? []).map(String).join("."),
      problem: message
    }))
  )
}

/**
 * The models that the file adds or changes, in its order, or everything that is wrong with it.
 *
 * @param known the catalogue that entries refer to
 */
export const parse = (
  text: string,
  known: ReadonlyArray<ModelInfo>
): Result.Result<ReadonlyArray<ModelInfo>, ReadonlyArray<CatalogProblem>> => {
  const json = parseJson(text)
  if (Result.isFailure(json)) return Result.fail(whole("It is not valid JSON"))
  const entries = isObject(json.success) ? json.success.models : undefined
  if (!Array.isArray(entries)) {
    return Result.fail(whole('Expected an object with a list of "models"'))
  }
  const byId = new Map(known.map((model) => [model.id, model]))
  const models = new Map<string, ModelInfo>()
  const problems: Array<CatalogProblem> = []
  entries.forEach((entry, place) => {
    const model = decodeEntry(entry, place, byId)
    if (Result.isFailure(model)) problems.push(...model.failure)
    else if (models.has(model.success.id)) {
      problems.push({ entry: model.success.id, field: "id", problem: "It appears twice" })
    } else models.set(model.success.id, model.success)
  })
  return problems.length > 0 ? Result.fail(problems) : Result.succeed([...models.values()])
}
