/** Chat Completions: `POST /chat/completions`. A stream of chunks is folded to the same body in `ChatFold.ts`. */
import { Result } from "effect"
import type { OpenAiReason } from "../error/OpenAiReason.ts"
import { type JsonObject, paths } from "../request/GenerateRequest.ts"
import type { FinishReason, ModelAnswer, ToolCall } from "../request/ModelResponse.ts"
import * as AnswerBody from "./AnswerBody.ts"
import type { ApiCall } from "./OpenAiTransport.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as Usage from "./Usage.ts"
import * as Wire from "./Wire.ts"

const finishReasons: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"]
])

/** Arguments are text; a server that sends them as JSON has them written out. */
const argumentsOf = (value: unknown): string =>
  typeof value === "string" || value === undefined || value === null
    ? Wire.string(value)
    : JSON.stringify(value)

const toolCall = (value: unknown): ToolCall => {
  const call = Wire.fields(value)
  const custom = Wire.isFields(call.custom)
  const inner = Wire.fields(custom ? call.custom : call.function)
  return {
    id: Wire.string(call.id),
    name: Wire.string(inner.name),
    arguments: argumentsOf(custom ? inner.input : inner.arguments)
  }
}

const toolCalls = (message: Wire.Fields): ReadonlyArray<ToolCall> => {
  const calls = Wire.list(message.tool_calls).map(toolCall)
  const old = message.function_call
  return calls.length === 0 && Wire.isFields(old) ? [toolCall({ function: old })] : calls
}

interface Content {
  readonly text: string
  readonly refusal: string
}

/** A string, or parts as compatible servers and cassettes have them; `undefined` for any other shape. */
const content = (value: unknown): Content | undefined => {
  if (typeof value === "string") return { text: value, refusal: "" }
  if (value === null || value === undefined) return { text: "", refusal: "" }
  if (!Array.isArray(value)) return undefined
  const parts = value.map(Wire.fields)
  return {
    text: parts.map((part) => Wire.string(part.text)).join(""),
    refusal: parts.map((part) => Wire.string(part.refusal)).join("")
  }
}

/** The first choice of a chat completion. A choice without a message is an answer only where a filter took it away. */
export const decode = (
  value: unknown,
  head: ResponseHead
): Result.Result<ModelAnswer, OpenAiReason> => {
  const read = AnswerBody.read(value, head)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const body = read.success
  if (!Array.isArray(body.choices) || body.choices.length === 0) {
    return AnswerBody.malformed(head, "choices", body.choices, "an array with a choice in it")
  }
  const choice = Wire.fields(body.choices[0])
  const finishReason = finishReasons.get(choice.finish_reason) ?? "unknown"
  if (!Wire.isFields(choice.message) && finishReason !== "content_filter") {
    return AnswerBody.malformed(head, "choices[0].message", choice.message, "an object")
  }
  const message = Wire.fields(choice.message)
  const said = content(message.content)
  if (said === undefined) {
    return AnswerBody.malformed(head, "choices[0].message.content", message.content, "text or null")
  }
  const refusal = Wire.string(message.refusal) || said.refusal
  const tier = Wire.string(body.service_tier)
  return Result.succeed({
    id: Wire.string(body.id),
    text: said.text,
    toolCalls: toolCalls(message),
    ...(refusal === "" ? {} : { refusal }),
    finishReason,
    usage: Usage.decode(body.usage),
    servedModel: Wire.string(body.model),
    ...(tier === "" ? {} : { serviceTier: tier })
  })
}

export const create = (body: JsonObject): ApiCall<ModelAnswer> => ({
  operation: "chat.create",
  method: "POST",
  path: paths.chat,
  body,
  model: Wire.string(body.model),
  decode
})
