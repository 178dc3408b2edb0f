/**
 * OpenAI's batch file format: a request a line in, a result a line out. `spillway run` answers such a file in real time;
 * the Batch API takes the same file.
 */
import { Result, Schema } from "effect"
import type { Row } from "../benchmark/Dataset.ts"
import { DatasetError } from "../benchmark/DatasetError.ts"
import type { StoredOutcome } from "../checkpoint/CheckpointStore.ts"
import {
  type Endpoint,
  type GenerateRequest,
  type JsonObject,
  type JsonValue,
  paths
} from "../request/GenerateRequest.ts"
import type { ModelResponse } from "../request/ModelResponse.ts"

/** One request of a file, with the line it stands in for messages. */
export interface BatchLine {
  readonly line: number
  readonly customId: string
  readonly request: GenerateRequest
}

const Line = Schema.Struct({
  custom_id: Schema.NonEmptyString,
  method: Schema.optionalKey(Schema.Literal("POST")),
  url: Schema.String,
  body: Schema.Record(Schema.String, Schema.Json)
})
const decode = Schema.decodeUnknownResult(Line)

/** The first field of a line that is not as it must be; absent where the line is no object at all. */
const fieldOf = (value: unknown): keyof typeof Line.fields | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
  const given: Readonly<Record<string, unknown>> = value as Readonly<Record<string, unknown>>
  if (typeof given.custom_id !== "string" || given.custom_id === "") return "custom_id"
  if (given.method !== undefined && given.method !== "POST") return "method"
  return typeof given.url === "string" ? "body" : "url"
}

const endpoints = new Map<string, Endpoint>(
  (Object.keys(paths) as ReadonlyArray<Endpoint>).map((endpoint) => [
    `/v1${paths[endpoint]}`,
    endpoint
  ])
)

/** A row of the file as a request, or what is wrong with it and where. */
export const parse = (path: string, row: Row): Result.Result<BatchLine, DatasetError> => {
  const defect = (problem: string, fix: string, field?: string) =>
    Result.fail(
      new DatasetError({
        path,
        line: row.line,
        problem,
        fix,
        ...(field === undefined ? {} : { field })
      })
    )
  const line = decode(row.value)
  if (Result.isFailure(line)) {
    const field = fieldOf(row.value)
    return defect(
      field === undefined ? "It is not a request." : "It is missing, or not what it must be.",
      'A line is {"custom_id": "…", "method": "POST", "url": "/v1/chat/completions", "body": {…}}.',
      field
    )
  }
  const { custom_id: customId, url, body } = line.success
  const endpoint = endpoints.get(url)
  if (endpoint === undefined)
    return defect(
      `"${url}" is no endpoint that generates.`,
      `Use ${[...endpoints.keys()].join(", ")}.`,
      "url"
    )
  if (body.stream === true)
    return defect("A file's requests cannot stream.", "Remove it.", "body.stream")
  if (typeof body.model !== "string" || body.model === "")
    return defect("The model is missing.", "Name one.", "body.model")
  return Result.succeed({
    line: row.line,
    customId,
    request: { endpoint, body: body as JsonObject, keepBody: true }
  })
}

/** The result line of an item, in the form of a batch's output or error file. */
export const render = (
  customId: string,
  endpoint: Endpoint,
  outcome: StoredOutcome
): JsonObject => {
  if (outcome._tag === "Failed") {
    const { reason, message } = outcome.failure
    return {
      id: `spillway-${customId}`,
      custom_id: customId,
      response: null,
      error: { code: reason, message }
    }
  }
  const { response } = outcome
  return {
    id: `spillway-${customId}`,
    custom_id: customId,
    response: {
      status_code: 200,
      request_id: response.requestIds.at(-1) ?? "",
      body: (response.body as JsonValue | undefined) ?? bodyOf(endpoint, response)
    },
    error: null
  }
}

/** The body again from its parts, for an answer that was stored by a run which did not keep it. */
const bodyOf = (endpoint: Endpoint, response: ModelResponse): JsonObject => {
  const { id, servedModel: model, text, toolCalls, refusal, usage } = response
  const total = usage.input + usage.output
  switch (endpoint) {
    case "chat":
      return {
        id,
        object: "chat.completion",
        model,
        choices: [
          {
            index: 0,
            message: {
              role: "assistant",
              content: text === "" && toolCalls.length > 0 ? null : text,
              refusal: refusal ?? null,
              ...(toolCalls.length === 0
                ? {}
                : {
                    tool_calls: toolCalls.map((call) => ({
                      id: call.id,
                      type: "function",
                      function: { name: call.name, arguments: call.arguments }
                    }))
                  })
            },
            finish_reason: response.finishReason === "unknown" ? null : response.finishReason
          }
        ],
        usage: {
          prompt_tokens: usage.input,
          completion_tokens: usage.output,
          total_tokens: total,
          prompt_tokens_details: { cached_tokens: usage.cached },
          completion_tokens_details: { reasoning_tokens: usage.reasoning }
        }
      }
    case "responses":
      return {
        id,
        object: "response",
        model,
        status: response.finishReason === "length" ? "incomplete" : "completed",
        output: [
          ...(text === "" && refusal === undefined
            ? []
            : [
                {
                  type: "message",
                  role: "assistant",
                  status: "completed",
                  content: [
                    refusal === undefined
                      ? { type: "output_text", text, annotations: [] }
                      : { type: "refusal", refusal }
                  ]
                }
              ]),
          ...toolCalls.map((call) => ({
            type: "function_call",
            call_id: call.id,
            name: call.name,
            arguments: call.arguments,
            status: "completed"
          }))
        ],
        usage: {
          input_tokens: usage.input,
          output_tokens: usage.output,
          total_tokens: total,
          input_tokens_details: { cached_tokens: usage.cached },
          output_tokens_details: { reasoning_tokens: usage.reasoning }
        }
      }
    case "embeddings":
      return {
        object: "list",
        model,
        data: (response.embeddings ?? []).map((embedding, index) => ({
          object: "embedding",
          index,
          embedding
        })),
        usage: { prompt_tokens: usage.input, total_tokens: usage.input }
      }
  }
}
