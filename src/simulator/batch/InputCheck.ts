/**
 * What the platform checks of an input file before a batch begins, and the defects that it names by line. A request that
 * is well-formed but refused by its endpoint is no defect: it ends in the error file (`LineAnswer.ts`).
 */
import { Result } from "effect"
import type { Endpoint, JsonObject } from "../../request/GenerateRequest.ts"
import type { ModelProfile } from "../ModelProfile.ts"
import { place } from "../PlacedRequest.ts"
import { asText, isObject } from "../Prompt.ts"
import { findProfile } from "../ReadRequest.ts"
import { MAX_REQUESTS } from "./BatchOptions.ts"
import * as InputLines from "./InputLines.ts"

export interface BatchDefect {
  readonly code: string
  /** `null` where the defect is one of the whole file. */
  readonly line: number | null
  readonly message: string
  readonly param: string | null
}

export interface ModelList {
  readonly profiles: ReadonlyMap<string, ModelProfile>
  readonly allowUnknownModels: boolean
}

export interface CheckedInput {
  readonly lines: InputLines.InputLines
  /** As the lines name it. */
  readonly model: string
  /** The id that the enqueued tokens count for. */
  readonly modelId: string
  /** Input tokens of all lines. */
  readonly tokens: number
}

/** Defects that one batch names at most; the rest of a file is checked all the same once these are mended. */
const MOST_DEFECTS = 1_000

const defect = (
  code: string,
  message: string,
  line: number | null = null,
  param: string | null = null
): BatchDefect => ({ code, line, message, param })

interface Line {
  readonly customId: string
  readonly model: string
  readonly body: JsonObject
}

const missing = (field: string, line: number) =>
  defect("missing_required_parameter", `Missing required parameter: '${field}'.`, line, field)

/** One line by itself. */
const readLine = (value: unknown, line: number, url: string): Result.Result<Line, BatchDefect> => {
  if (!isObject(value)) {
    return Result.fail(
      defect("invalid_json_line", "This line is not parseable as valid JSON.", line)
    )
  }
  const customId = asText(value.custom_id)
  if (customId === undefined || customId === "") return Result.fail(missing("custom_id", line))
  if (value.method !== "POST") {
    return Result.fail(
      defect("invalid_method", "The method of a request must be POST.", line, "method")
    )
  }
  if (value.url !== url) {
    return Result.fail(
      defect(
        "url_mismatch",
        "The URL provided for this request does not match the batch endpoint.",
        line,
        "url"
      )
    )
  }
  if (!isObject(value.body)) return Result.fail(missing("body", line))
  const model = asText(value.body.model)
  return model === undefined || model === ""
    ? Result.fail(missing("body.model", line))
    : Result.succeed({ customId, model, body: value.body })
}

interface Seen {
  readonly ids: Set<string>
  model: string | undefined
  profile: ModelProfile | undefined
  tokens: number
  inputs: number
}

/** A line beside the others: its id is its own, its model is theirs. */
const beside = (
  { customId, model, body }: Line,
  number: number,
  seen: Seen,
  models: ModelList
): BatchDefect | undefined => {
  if (seen.ids.has(customId)) {
    return defect(
      "duplicate_custom_id",
      "The custom_id for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch.",
      number,
      "custom_id"
    )
  }
  seen.ids.add(customId)
  if (seen.model !== undefined && seen.model !== model) {
    return defect(
      "model_mismatch",
      `The provided model '${model}' does not match the model of the other requests, '${seen.model}'. A batch has one model.`,
      number,
      "body.model"
    )
  }
  const first = seen.model === undefined
  seen.model = model
  const found = first ? findProfile(models.profiles, models.allowUnknownModels, body) : undefined
  if (found !== undefined && Result.isFailure(found)) {
    return defect(
      "model_not_found",
      `The provided model '${model}' is not supported by the Batch API.`,
      number,
      "body.model"
    )
  }
  if (found !== undefined) seen.profile = found.success.model
  return undefined
}

const measure = (endpoint: Endpoint, body: JsonObject, seen: Seen): void => {
  if (seen.profile === undefined) return
  const placed = place(endpoint, body, seen.profile)
  if (Result.isFailure(placed)) return
  const { request } = placed.success
  seen.tokens += request.inputTokens
  seen.inputs += "inputs" in request ? request.inputs.length : 1
}

const tooMany = (what: string) =>
  defect("too_many_tasks", `The batch has too many ${what}; the limit is ${MAX_REQUESTS}.`)

/** @param url the endpoint as lines name it, `/v1/responses` */
export const check = (
  bytes: Uint8Array,
  endpoint: Endpoint,
  url: string,
  models: ModelList
): Result.Result<CheckedInput, ReadonlyArray<BatchDefect>> => {
  const lines = InputLines.find(bytes)
  if (lines.count === 0) return Result.fail([defect("empty_file", "The input file is empty.")])
  if (lines.count > MAX_REQUESTS) return Result.fail([tooMany("requests")])
  const defects: Array<BatchDefect> = []
  const seen: Seen = { ids: new Set(), model: undefined, profile: undefined, tokens: 0, inputs: 0 }
  for (let index = 0; index < lines.count && defects.length < MOST_DEFECTS; index++) {
    const number = lines.numbers[index] ?? 0
    const line = readLine(InputLines.read(lines, index), number, url)
    const found = Result.isFailure(line) ? line.failure : beside(line.success, number, seen, models)
    if (found !== undefined) defects.push(found)
    else if (Result.isSuccess(line)) measure(endpoint, line.success.body, seen)
  }
  if (defects.length > 0) return Result.fail(defects)
  if (seen.inputs > MAX_REQUESTS) return Result.fail([tooMany("inputs")])
  return Result.succeed({
    lines,
    model: seen.model ?? "",
    modelId: seen.profile?.info.id ?? "",
    tokens: seen.tokens
  })
}

export const tokenLimit = (model: string, organization: string, limit: number): BatchDefect =>
  defect(
    "token_limit_exceeded",
    `Enqueued token limit reached for ${model} in organization ${organization}. Limit: ${limit.toLocaleString("en-US")} enqueued tokens. Please try again once some in_progress batches have been completed.`
  )

export const brokenDown = defect(
  "server_error",
  "The server had an error while processing the batch. Sorry about that!"
)
