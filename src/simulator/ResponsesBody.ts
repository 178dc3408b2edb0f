/** Answers of `/responses`: the whole response, and the same as its sequence of events. */
import type { JsonObject, JsonValue } from "../request/GenerateRequest.ts"
import type { Frame } from "./ChatBody.ts"
import type { Generation } from "./Generation.ts"
import { asText, isObject } from "./Prompt.ts"
import type { TextRequest } from "./ReadRequest.ts"
import { pieces, type ServerEvent } from "./ServerEvents.ts"
import { textTokens } from "./TokenCount.ts"

type Status = "in_progress" | "completed" | "incomplete"

/** Function tools come back with all of their fields; other tools as they came. */
const echoTool = (tool: JsonValue): JsonValue =>
  isObject(tool) && tool.type === "function"
    ? { strict: true, parameters: null, description: null, ...tool }
    : tool

const echo = (request: TextRequest): JsonObject => {
  const { body } = request
  const reasons = request.model.info.efforts.length > 0
  const user = asText(body.user)
  return {
    model: body.model ?? "",
    instructions: asText(body.instructions) ?? null,
    max_output_tokens: request.maxOutputTokens ?? null,
    max_tool_calls: null,
    metadata: isObject(body.metadata) ? body.metadata : {},
    parallel_tool_calls: body.parallel_tool_calls !== false,
    previous_response_id: asText(body.previous_response_id) ?? null,
    prompt_cache_key: asText(body.prompt_cache_key) ?? null,
    reasoning: { effort: reasons ? request.effort : null, summary: null },
    safety_identifier: asText(body.safety_identifier) ?? null,
    store: body.store !== false,
    background: false,
    temperature: request.temperature,
    text: isObject(body.text)
      ? { format: { type: "text" }, ...body.text }
      : { format: { type: "text" } },
    tool_choice: body.tool_choice ?? "auto",
    tools: Array.isArray(body.tools) ? body.tools.map(echoTool) : [],
    top_logprobs: 0,
    top_p: typeof body.top_p === "number" ? body.top_p : 1,
    truncation: body.truncation === "auto" ? "auto" : "disabled",
    ...(user === undefined ? {} : { user })
  }
}

const usage = (frame: Frame, generation: Generation): JsonObject => ({
  input_tokens: frame.input,
  input_tokens_details: { cached_tokens: frame.cached, cache_write_tokens: frame.cacheWrite },
  output_tokens: generation.outputTokens,
  output_tokens_details: { reasoning_tokens: generation.reasoningTokens },
  total_tokens: frame.input + generation.outputTokens
})

const messageId = (frame: Frame): string => `msg_${frame.id}`

const part = (generation: Generation): JsonObject =>
  generation.answer._tag === "Refusal"
    ? { type: "refusal", refusal: generation.answer.text }
    : {
        type: "output_text",
        text: generation.answer._tag === "ToolCalls" ? "" : generation.answer.text,
        annotations: [],
        logprobs: []
      }

const messageItem = (
  frame: Frame,
  content: ReadonlyArray<JsonObject>,
  status: Status
): JsonObject => ({
  id: messageId(frame),
  type: "message",
  status,
  role: "assistant",
  content
})

const reasoningItem = (frame: Frame): JsonObject => ({
  id: `rs_${frame.id}`,
  type: "reasoning",
  summary: []
})

const callItems = (frame: Frame, generation: Generation): ReadonlyArray<JsonObject> =>
  generation.answer._tag === "ToolCalls"
    ? generation.answer.calls.map((call, index) => ({
        id: `fc_${frame.id.slice(0, 40)}${index}`,
        type: "function_call",
        status: "completed",
        call_id: `call_${frame.id.slice(0, 20)}${index}`,
        name: call.name,
        arguments: call.arguments
      }))
    : []

const endStatus = (generation: Generation): Status =>
  generation.finish === "length" || generation.finish === "content_filter"
    ? "incomplete"
    : "completed"

/** The items of an answer. An answer whose budget went to reasoning has no message at all. */
const items = (frame: Frame, generation: Generation): ReadonlyArray<JsonObject> => {
  const reasoning = generation.reasoningTokens > 0 ? [reasoningItem(frame)] : []
  if (generation.answer._tag === "ToolCalls") return [...reasoning, ...callItems(frame, generation)]
  if (generation.answer.text === "") return reasoning
  return [...reasoning, messageItem(frame, [part(generation)], endStatus(generation))]
}

const response = (
  frame: Frame,
  request: TextRequest,
  status: Status,
  output: ReadonlyArray<JsonObject>,
  more: JsonObject
): JsonObject => ({
  id: `resp_${frame.id}`,
  object: "response",
  created_at: frame.created,
  status,
  error: null,
  incomplete_details: null,
  ...echo(request),
  output,
  service_tier: frame.serviceTier,
  ...more
})

export const responsesBody = (
  frame: Frame,
  request: TextRequest,
  generation: Generation
): JsonObject => {
  const status = endStatus(generation)
  const reason = generation.finish === "length" ? "max_output_tokens" : "content_filter"
  return response(frame, request, status, items(frame, generation), {
    ...(status === "completed"
      ? { completed_at: frame.completed }
      : { incomplete_details: { reason } }),
    usage: usage(frame, generation)
  })
}

/** A response that the provider gave up on: status 200, `failed` inside. */
export const failedResponse = (frame: Frame, request: TextRequest): JsonObject => ({
  ...response(frame, request, "in_progress", [], {}),
  status: "failed",
  error: { code: "server_error", message: "The model failed to generate a response." }
})

const messageEvents = (frame: Frame, generation: Generation, index: number, start: number) => {
  const refused = generation.answer._tag === "Refusal"
  const kind = refused ? "refusal" : "output_text"
  const text = generation.answer._tag === "ToolCalls" ? "" : generation.answer.text
  const where = { item_id: messageId(frame), output_index: index, content_index: 0 }
  const logprobs = refused ? {} : { logprobs: [] }
  const empty = refused
    ? { type: "refusal", refusal: "" }
    : { type: "output_text", text: "", annotations: [], logprobs: [] }
  const events: Array<readonly [number, JsonObject]> = []
  let after = start
  events.push([
    after,
    {
      type: "response.output_item.added",
      output_index: index,
      item: messageItem(frame, [], "in_progress")
    }
  ])
  events.push([after, { type: "response.content_part.added", ...where, part: empty }])
  for (const piece of pieces(text)) {
    after += textTokens(piece)
    events.push([after, { type: `response.${kind}.delta`, ...where, delta: piece, ...logprobs }])
  }
  const whole = refused ? { refusal: text } : { text }
  events.push([after, { type: `response.${kind}.done`, ...where, ...whole, ...logprobs }])
  events.push([after, { type: "response.content_part.done", ...where, part: part(generation) }])
  const item = messageItem(frame, [part(generation)], endStatus(generation))
  events.push([after, { type: "response.output_item.done", output_index: index, item }])
  return events
}

const callEvents = (item: JsonObject, index: number, start: number) => {
  const where = { item_id: asText(item.id) ?? "", output_index: index }
  const all = asText(item.arguments) ?? ""
  const name = "response.function_call_arguments"
  const events: Array<readonly [number, JsonObject]> = []
  let after = start
  const begun = { ...item, arguments: "", status: "in_progress" }
  events.push([after, { type: "response.output_item.added", output_index: index, item: begun }])
  for (const piece of pieces(all)) {
    after += textTokens(piece)
    events.push([after, { type: `${name}.delta`, ...where, delta: piece }])
  }
  events.push([after, { type: `${name}.done`, ...where, name: item.name ?? "", arguments: all }])
  events.push([after, { type: "response.output_item.done", output_index: index, item }])
  return events
}

const itemEvents = (
  frame: Frame,
  generation: Generation,
  item: JsonObject,
  index: number,
  after: number
) => {
  if (item.type === "message") return messageEvents(frame, generation, index, after)
  if (item.type === "function_call") return callEvents(item, index, after)
  return [
    [0, { type: "response.output_item.added", output_index: index, item }],
    [after, { type: "response.output_item.done", output_index: index, item }]
  ] as const
}

const numbered = (
  events: ReadonlyArray<readonly [number, JsonObject]>
): ReadonlyArray<ServerEvent> =>
  events.map(([after, data], sequence_number) => ({
    name: asText(data.type) ?? "",
    after,
    data: { ...data, sequence_number }
  }))

const opening = (
  frame: Frame,
  request: TextRequest
): ReadonlyArray<readonly [number, JsonObject]> => {
  const begun = response(frame, request, "in_progress", [], {})
  return [
    [0, { type: "response.created", response: begun }],
    [0, { type: "response.in_progress", response: begun }]
  ]
}

export const responsesEvents = (
  frame: Frame,
  request: TextRequest,
  generation: Generation
): ReadonlyArray<ServerEvent> => {
  const events: Array<readonly [number, JsonObject]> = [...opening(frame, request)]
  let after = generation.reasoningTokens
  for (const [index, item] of items(frame, generation).entries()) {
    const more = itemEvents(frame, generation, item, index, after)
    events.push(...more)
    after = Math.max(after, more.at(-1)?.[0] ?? 0)
  }
  const status = endStatus(generation)
  events.push([
    after,
    { type: `response.${status}`, response: responsesBody(frame, request, generation) }
  ])
  return numbered(events)
}

export const failedEvents = (frame: Frame, request: TextRequest): ReadonlyArray<ServerEvent> =>
  numbered([
    ...opening(frame, request),
    [0, { type: "response.failed", response: failedResponse(frame, request) }]
  ])
