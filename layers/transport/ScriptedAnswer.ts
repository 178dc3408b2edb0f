/**
 * Writes an answer down as the provider would, for any endpoint, whole or as a stream: what a scripted step says goes
 * through the same reading as a real response.
 */
import { Base64 } from "effect/encoding"
import type { JsonObject, JsonValue } from "../../src/request/GenerateRequest.ts"
import type { FinishReason, ToolCall } from "../../src/request/ModelResponse.ts"
import type { TokenUsage } from "../../src/request/TokenUsage.ts"

export interface ScriptedAnswer {
  readonly text: string
  readonly refusal?: string
  readonly toolCalls?: ReadonlyArray<ToolCall>
  /** Default: `tool_calls` where there are any, else `stop`. */
  readonly finishReason?: FinishReason
  /** What is left out: 10 tokens of input, 5 of output, nothing cached, written or reasoned. */
  readonly usage?: Partial<TokenUsage>
  /** The model that says it answered. Default: the one asked for. */
  readonly model?: string
  readonly serviceTier?: string
  /** For embeddings. Default: one unit vector of three numbers for each input. */
  readonly embeddings?: ReadonlyArray<ReadonlyArray<number>>
}

export interface Written {
  readonly contentType: string
  readonly text: string
}

type Endpoint = "chat" | "responses" | "embeddings"

const json = (value: JsonValue): Written => ({
  contentType: "application/json",
  text: JSON.stringify(value)
})

const endpointOf = (path: string): Endpoint =>
  path.includes("/embeddings") ? "embeddings" : path.includes("/responses") ? "responses" : "chat"

const usageOf = ({ usage }: ScriptedAnswer): TokenUsage => ({
  input: usage?.input ?? 10,
  cached: usage?.cached ?? 0,
  cacheWrite: usage?.cacheWrite ?? 0,
  output: usage?.output ?? 5,
  reasoning: usage?.reasoning ?? 0
})

const finishOf = (answer: ScriptedAnswer): FinishReason =>
  answer.finishReason ?? ((answer.toolCalls ?? []).length > 0 ? "tool_calls" : "stop")

const modelOf = (answer: ScriptedAnswer, body: JsonObject | undefined): string =>
  answer.model ?? (typeof body?.model === "string" ? body.model : "scripted")

const tierOf = ({ serviceTier }: ScriptedAnswer): JsonObject =>
  serviceTier === undefined ? {} : { service_tier: serviceTier }

/** Words with their spaces: the pieces of a streamed text. */
const pieces = (text: string): ReadonlyArray<string> => text.match(/\S+\s*|\s+/g) ?? []

const events = (list: ReadonlyArray<JsonObject>, end: string): Written => ({
  contentType: "text/event-stream",
  text: `${list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}${end}`
})

// ———————————————————————————————————————————————————————————————————————— Chat

const chatUsage = (answer: ScriptedAnswer): JsonObject => {
  const { cacheWrite, cached, input, output, reasoning } = usageOf(answer)
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }
}

const chatCalls = (answer: ScriptedAnswer): ReadonlyArray<JsonObject> =>
  (answer.toolCalls ?? []).map(({ id, name, arguments: text }, index) => ({
    index,
    id,
    type: "function",
    function: { name, arguments: text }
  }))

const chat = (answer: ScriptedAnswer, id: string, body: JsonObject | undefined): JsonObject => {
  const calls = chatCalls(answer)
  return {
    id,
    object: "chat.completion",
    created: 0,
    model: modelOf(answer, body),
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: answer.text,
          refusal: answer.refusal ?? null,
          ...(calls.length === 0 ? {} : { tool_calls: calls })
        },
        finish_reason: finishOf(answer)
      }
    ],
    usage: chatUsage(answer),
    ...tierOf(answer)
  }
}

const chatStream = (answer: ScriptedAnswer, id: string, body: JsonObject | undefined): Written => {
  const chunk = (choices: ReadonlyArray<JsonObject>, more: JsonObject = {}): JsonObject => ({
    id,
    object: "chat.completion.chunk",
    created: 0,
    model: modelOf(answer, body),
    ...tierOf(answer),
    choices,
    ...more
  })
  const piece = (delta: JsonObject) => chunk([{ index: 0, delta, finish_reason: null }])
  return events(
    [
      piece({ role: "assistant", content: "" }),
      ...pieces(answer.text).map((content) => piece({ content })),
      ...pieces(answer.refusal ?? "").map((refusal) => piece({ refusal })),
      ...chatCalls(answer).map((call) => piece({ tool_calls: [call] })),
      chunk([{ index: 0, delta: {}, finish_reason: finishOf(answer) }]),
      chunk([], { usage: chatUsage(answer) })
    ],
    "data: [DONE]\n\n"
  )
}

// ——————————————————————————————————————————————————————————————————— Responses

const responseStatus = (answer: ScriptedAnswer): JsonObject => {
  const finish = finishOf(answer)
  if (finish === "length") {
    return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }
  }
  if (finish === "content_filter") {
    return { status: "incomplete", incomplete_details: { reason: "content_filter" } }
  }
  return { status: "completed", incomplete_details: null }
}

const response = (answer: ScriptedAnswer, id: string, body: JsonObject | undefined): JsonObject => {
  const { cacheWrite, cached, input, output, reasoning } = usageOf(answer)
  const content: Array<JsonObject> = []
  if (answer.text !== "") content.push({ type: "output_text", text: answer.text, annotations: [] })
  if (answer.refusal !== undefined) content.push({ type: "refusal", refusal: answer.refusal })
  return {
    id,
    object: "response",
    created_at: 0,
    ...responseStatus(answer),
    error: null,
    model: modelOf(answer, body),
    output: [
      ...(content.length === 0
        ? []
        : [{ id: `msg_${id}`, type: "message", status: "completed", role: "assistant", content }]),
      ...(answer.toolCalls ?? []).map((call) => ({
        id: `fc_${call.id}`,
        type: "function_call",
        status: "completed",
        call_id: call.id,
        name: call.name,
        arguments: call.arguments
      }))
    ],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output
    },
    ...tierOf(answer)
  }
}

const responseStream = (answer: ScriptedAnswer, whole: JsonObject): Written =>
  events(
    [
      { type: "response.created", response: { ...whole, status: "in_progress", output: [] } },
      ...pieces(answer.text).map((delta) => ({
        type: "response.output_text.delta",
        output_index: 0,
        content_index: 0,
        delta
      })),
      {
        type: whole.status === "incomplete" ? "response.incomplete" : "response.completed",
        response: whole
      }
    ],
    ""
  )

// —————————————————————————————————————————————————————————————————— Embeddings

const toBase64 = (vector: ReadonlyArray<number>): string =>
  Base64.encode(new Uint8Array(new Float32Array(vector).buffer))

const embeddings = (answer: ScriptedAnswer, body: JsonObject | undefined): JsonObject => {
  const inputs = Array.isArray(body?.input) ? body.input.length : 1
  const vectors = answer.embeddings ?? Array.from({ length: inputs }, () => [1, 0, 0])
  const { input } = usageOf(answer)
  return {
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: body?.encoding_format === "base64" ? toBase64(vector) : vector
    })),
    model: modelOf(answer, body),
    usage: { prompt_tokens: input, total_tokens: input }
  }
}

/** @param stream whether the caller asked for events */
export const write = (
  answer: ScriptedAnswer,
  id: string,
  path: string,
  body: JsonObject | undefined,
  stream: boolean
): Written => {
  switch (endpointOf(path)) {
    case "embeddings":
      return json(embeddings(answer, body))
    case "responses": {
      const whole = response(answer, id, body)
      return stream ? responseStream(answer, whole) : json(whole)
    }
    case "chat":
      return stream ? chatStream(answer, id, body) : json(chat(answer, id, body))
  }
}
