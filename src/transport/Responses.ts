/** The Responses API: `POST /responses`. A stream of events is folded to the same body in `ResponsesFold.ts`. */
import { Result } from "effect"
import { type OpenAiReason, ResponseFailed } from "../error/OpenAiReason.ts"
import { type JsonObject, paths } from "../request/GenerateRequest.ts"
import type { FinishReason, ModelAnswer, ToolCall } from "../request/ModelResponse.ts"
import * as AnswerBody from "./AnswerBody.ts"
import * as ErrorMapping from "./ErrorMapping.ts"
import type { ApiCall } from "./OpenAiTransport.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as Usage from "./Usage.ts"
import * as Wire from "./Wire.ts"

/** What an unfinished or failed response is, said by its status alone. */
const unanswered: ReadonlyMap<unknown, string> = new Map([
  [
    "queued",
    "The response is queued in the background and holds no answer yet; send the request without `background`."
  ],
  [
    "in_progress",
    "The response is still in progress in the background; send the request without `background`."
  ],
  ["cancelled", "The response was cancelled at the provider."]
])

const failure = (body: Wire.Fields, head: ResponseHead): OpenAiReason | undefined => {
  if (body.status === "failed") {
    return ErrorMapping.fromAnswer({ message: "The response failed without saying why." }, head)
  }
  const message = unanswered.get(body.status)
  return message === undefined
    ? undefined
    : new ResponseFailed({
        message,
        status: head.status,
        code: Wire.string(body.status),
        retryable: false
      })
}

interface Collected {
  text: string
  refusal: string
  readonly toolCalls: Array<ToolCall>
}

const collectMessage = (item: Wire.Fields, into: Collected): void => {
  if (typeof item.content === "string") into.text += item.content
  for (const value of Wire.list(item.content)) {
    const part = Wire.fields(value)
    if (part.type === "refusal") into.refusal += Wire.string(part.refusal)
    else into.text += Wire.string(part.text)
  }
}

const collect = (output: ReadonlyArray<unknown>): Collected => {
  const into: Collected = { text: "", refusal: "", toolCalls: [] }
  for (const value of output) {
    const item = Wire.fields(value)
    const id = Wire.string(item.call_id) || Wire.string(item.id)
    const name = Wire.string(item.name)
    if (item.type === "message") collectMessage(item, into)
    else if (item.type === "function_call") {
      into.toolCalls.push({ id, name, arguments: Wire.string(item.arguments) })
    } else if (item.type === "custom_tool_call") {
      into.toolCalls.push({ id, name, arguments: Wire.string(item.input) })
    }
  }
  return into
}

const finish = (body: Wire.Fields, calls: ReadonlyArray<ToolCall>): FinishReason => {
  if (body.status !== "incomplete") return calls.length > 0 ? "tool_calls" : "stop"
  const { reason } = Wire.fields(body.incomplete_details)
  if (reason === "content_filter") return "content_filter"
  return reason === "max_output_tokens" || reason === "max_tokens" ? "length" : "unknown"
}

/** All text parts of all messages joined. A response that failed, was cancelled or has not ended is no answer. */
export const decode = (
  value: unknown,
  head: ResponseHead
): Result.Result<ModelAnswer, OpenAiReason> => {
  const read = AnswerBody.read(value, head)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const body = read.success
  const failed = failure(body, head)
  if (failed !== undefined) return Result.fail(failed)
  if (!Array.isArray(body.output))
    return AnswerBody.malformed(head, "output", body.output, "an array")
  const { text, refusal, toolCalls } = collect(body.output)
  const tier = Wire.string(body.service_tier)
  return Result.succeed({
    id: Wire.string(body.id),
    text,
    toolCalls,
    ...(refusal === "" ? {} : { refusal }),
    finishReason: finish(body, toolCalls),
    usage: Usage.decode(body.usage),
    servedModel: Wire.string(body.model),
    ...(tier === "" ? {} : { serviceTier: tier })
  })
}

export const create = (body: JsonObject): ApiCall<ModelAnswer> => ({
  operation: "responses.create",
  method: "POST",
  path: paths.responses,
  body,
  model: Wire.string(body.model),
  decode
})
