/** Reads `POST /batches`. Defects of the input file are no matter of this call: they come out later (`InputCheck.ts`). */
import { Result } from "effect"
import {
  type Endpoint,
  type JsonObject,
  type JsonValue,
  paths
} from "../../request/GenerateRequest.ts"
import { type ErrorAnswer, invalid, invalidJson } from "../ErrorAnswers.ts"
import { asText, isObject } from "../Prompt.ts"
import type { BatchAsked } from "./Batch.ts"
import * as FileStore from "./FileStore.ts"
import { expiryProblem } from "./FileUpload.ts"

type Checked<A> = Result.Result<A, ErrorAnswer>

const endpoints = new Map<string, Endpoint>(
  (Object.keys(paths) as ReadonlyArray<Endpoint>).map((endpoint) => [
    `/v1${paths[endpoint]}`,
    endpoint
  ])
)

const MOST_PAIRS = 16
const MOST_KEY = 64
const MOST_VALUE = 512

const missing = (field: string): ErrorAnswer =>
  invalid(`Missing required parameter: '${field}'.`, field, "missing_required_parameter")

const unsupported = (field: string, value: string, known: ReadonlyArray<string>): ErrorAnswer =>
  invalid(
    `Invalid value: '${value}'. Supported values are: ${known.map((each) => `'${each}'`).join(", ")}.`,
    field,
    "invalid_value"
  )

const metadataOf = (value: JsonValue | undefined): Checked<JsonObject | null> => {
  if (value === undefined || value === null) return Result.succeed(null)
  if (!isObject(value)) {
    return Result.fail(
      invalid("Invalid type for 'metadata': expected an object.", "metadata", "invalid_type")
    )
  }
  const pairs = Object.entries(value)
  if (pairs.length > MOST_PAIRS) {
    return Result.fail(
      invalid(
        `Invalid 'metadata': too many properties. Expected an object with at most ${MOST_PAIRS} properties, but got ${pairs.length} instead.`,
        "metadata",
        "object_above_max_properties"
      )
    )
  }
  const wrong = pairs.find(
    ([key, each]) => key.length > MOST_KEY || typeof each !== "string" || each.length > MOST_VALUE
  )
  return wrong === undefined
    ? Result.succeed(value)
    : Result.fail(
        invalid(
          `Invalid 'metadata.${wrong[0].slice(0, MOST_KEY)}': keys have at most ${MOST_KEY} characters, and values are strings of at most ${MOST_VALUE}.`,
          "metadata",
          "string_above_max_length"
        )
      )
}

const keptOf = (value: JsonValue | undefined): Checked<number | undefined> => {
  if (value === undefined || value === null) return Result.succeed(undefined)
  const { anchor, seconds } = isObject(value) ? value : {}
  const asked = {
    anchor: asText(anchor) ?? "",
    seconds: typeof seconds === "number" ? seconds : Number.NaN
  }
  const problem = expiryProblem(asked, "output_expires_after")
  return problem === undefined ? Result.succeed(asked.seconds) : Result.fail(problem)
}

const inputOf = (
  id: string | undefined,
  files: FileStore.FileStore,
  now: number
): Checked<{ readonly inputFileId: string; readonly input: Uint8Array }> => {
  if (id === undefined || id === "") return Result.fail(missing("input_file_id"))
  const file = FileStore.find(files, id, now)
  if (file === undefined) {
    return Result.fail(
      invalid(`Invalid input_file_id: no such File object: ${id}`, "input_file_id", "invalid_value")
    )
  }
  return file.purpose === "batch" && file.data !== undefined
    ? Result.succeed({ inputFileId: id, input: file.data })
    : Result.fail(
        invalid(
          `Invalid input_file_id: the purpose of the file is '${file.purpose}'; it must be 'batch'.`,
          "input_file_id",
          "invalid_value"
        )
      )
}

export const read = (
  body: unknown,
  files: FileStore.FileStore,
  now: number
): Checked<BatchAsked> => {
  if (!isObject(body)) return Result.fail(invalidJson)
  const url = asText(body.endpoint)
  if (url === undefined) return Result.fail(missing("endpoint"))
  const endpoint = endpoints.get(url)
  if (endpoint === undefined)
    return Result.fail(unsupported("endpoint", url, [...endpoints.keys()]))
  const window = asText(body.completion_window)
  if (window === undefined) return Result.fail(missing("completion_window"))
  if (window !== "24h") return Result.fail(unsupported("completion_window", window, ["24h"]))
  return Result.flatMap(inputOf(asText(body.input_file_id), files, now), (input) =>
    Result.flatMap(metadataOf(body.metadata), (metadata) =>
      Result.map(keptOf(body.output_expires_after), (keptSeconds) => ({
        ...input,
        endpoint,
        url,
        metadata,
        keptSeconds
      }))
    )
  )
}
