/**
 * A request as the caller describes it: an endpoint and OpenAI's own body for it. `make` builds the body from the
 * usual parts; `fromBody` takes one that exists. `model/ModelCatalog.resolve` checks and completes it before it is sent.
 */
import { Schema } from "effect"
import type { ToolCall } from "./ModelResponse.ts"

/** The endpoints that generate. */
export const Endpoint = Schema.Literals(["chat", "responses", "embeddings"])
export type Endpoint = typeof Endpoint.Type

export const paths: Readonly<Record<Endpoint, string>> = {
  chat: "/chat/completions",
  responses: "/responses",
  embeddings: "/embeddings"
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | ReadonlyArray<JsonValue>
  | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

export interface GenerateRequest {
  readonly endpoint: Endpoint
  /** OpenAI's wire body; always holds `model`. */
  readonly body: JsonObject
  /** Store the answer's whole wire body beside what is decoded from it: log probabilities, annotations. Default false. */
  readonly keepBody?: boolean
}

/** Checked and completed: what is sent, keyed, priced and charged. */
export interface ResolvedRequest extends GenerateRequest {
  readonly model: string
  /** The output bound of this request, always present in the body too (0 for embeddings): a charge needs one. */
  readonly maxOutputTokens: number
}

/** A picture for the model: an `https:` or `data:` URL. */
export interface ImagePart {
  readonly image: string
  /** Default `auto`. */
  readonly detail?: "auto" | "low" | "high" | "original"
}
export type Content = string | ReadonlyArray<string | ImagePart>

export type Message =
  | { readonly role: "system" | "developer" | "user"; readonly content: Content }
  | {
      readonly role: "assistant"
      readonly content: Content
      /** What the model called, as its answer has it (`ModelResponse.toolCalls`); a `tool` message follows for each. */
      readonly toolCalls?: ReadonlyArray<ToolCall> | undefined
    }
  /** What a tool gave back, as text. */
  | {
      readonly role: "tool"
      /** The `id` of the call that it answers. */
      readonly toolCallId: string
      readonly content: string
    }

export interface Tool {
  readonly name: string
  readonly description?: string
  /** JSON schema of the arguments. */
  readonly parameters: JsonObject
  readonly strict?: boolean
}

export interface RequestParts {
  readonly model: string
  /** Default `chat`. */
  readonly endpoint?: "chat" | "responses"
  /** A system message put before the others. */
  readonly system?: string
  /** One user message; give this or `messages`. */
  readonly prompt?: Content
  readonly messages?: ReadonlyArray<Message>
  /** 0 to 2; only models that take it. Default: the provider's. */
  readonly temperature?: number
  readonly topP?: number
  /** Bound on generated tokens, reasoning included. Default: the catalogue's for the model. */
  readonly maxOutputTokens?: number
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, as the model has them. */
  readonly reasoningEffort?: string
  readonly tools?: ReadonlyArray<Tool>
  /** A strict JSON schema for the answer; `StructuredAnswer.request` makes one from a `Schema`. */
  readonly jsonSchema?: { readonly name: string; readonly schema: JsonObject }
  /** Any other field of the wire body, passed through as it is. */
  readonly extra?: JsonObject
}

/** Called several times an item, also for the million that a resumed run passes over: so by hand. */
const drop = (fields: Record<string, JsonValue | undefined>): JsonObject => {
  const kept: Record<string, JsonValue> = {}
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value === undefined) continue
    if (name !== "__proto__") kept[name] = value
    // An assignment would set the object's prototype.
    else Object.defineProperty(kept, name, { value, enumerable: true })
  }
  return kept
}

const chatContent = (content: Content): JsonValue =>
  typeof content === "string"
    ? content
    : content.map((part) =>
        typeof part === "string"
          ? { type: "text", text: part }
          : { type: "image_url", image_url: drop({ url: part.image, detail: part.detail }) }
      )

const responsesContent = (role: Message["role"], content: Content): JsonValue =>
  typeof content === "string"
    ? content
    : content.map((part) =>
        typeof part === "string"
          ? { type: role === "assistant" ? "output_text" : "input_text", text: part }
          : { type: "input_image", image_url: part.image, detail: part.detail ?? "auto" }
      )

/** A message that is nothing but calls has no content: an empty text is not the same. */
const chatMessage = (message: Message): JsonObject => {
  const { role, content } = message
  if (role === "tool") return { role, tool_call_id: message.toolCallId, content }
  const calls = role === "assistant" ? (message.toolCalls ?? []) : []
  if (calls.length === 0) return { role, content: chatContent(content) }
  return drop({
    role,
    content: content === "" ? undefined : chatContent(content),
    tool_calls: calls.map(({ id, name, arguments: given }) => ({
      id,
      type: "function",
      function: { name, arguments: given }
    }))
  })
}

/** Calls and what they gave back are items of their own beside the messages. */
const responsesItems = (message: Message): ReadonlyArray<JsonObject> => {
  const { role, content } = message
  if (role === "tool") {
    return [{ type: "function_call_output", call_id: message.toolCallId, output: content }]
  }
  const calls = role === "assistant" ? (message.toolCalls ?? []) : []
  const silent = calls.length > 0 && content === ""
  return [
    ...(silent ? [] : [{ role, content: responsesContent(role, content) }]),
    ...calls.map(({ id, name, arguments: given }) => ({
      type: "function_call",
      call_id: id,
      name,
      arguments: given
    }))
  ]
}

const messagesOf = (parts: RequestParts): ReadonlyArray<Message> => [
  ...(parts.system === undefined ? [] : [{ role: "system", content: parts.system } as const]),
  ...(parts.messages ?? []),
  ...(parts.prompt === undefined ? [] : [{ role: "user", content: parts.prompt } as const])
]

const chat = (parts: RequestParts): JsonObject =>
  drop({
    model: parts.model,
    messages: messagesOf(parts).map(chatMessage),
    temperature: parts.temperature,
    top_p: parts.topP,
    max_completion_tokens: parts.maxOutputTokens,
    reasoning_effort: parts.reasoningEffort,
    tools: parts.tools?.map((tool) => ({ type: "function", function: drop({ ...tool }) })),
    response_format: parts.jsonSchema && {
      type: "json_schema",
      json_schema: { ...parts.jsonSchema, strict: true }
    },
    ...parts.extra
  })

const responses = (parts: RequestParts): JsonObject =>
  drop({
    model: parts.model,
    input: messagesOf(parts).flatMap(responsesItems),
    temperature: parts.temperature,
    top_p: parts.topP,
    max_output_tokens: parts.maxOutputTokens,
    reasoning: parts.reasoningEffort === undefined ? undefined : { effort: parts.reasoningEffort },
    tools: parts.tools?.map((tool) => drop({ type: "function", strict: true, ...tool })),
    text: parts.jsonSchema && {
      format: { type: "json_schema", ...parts.jsonSchema, strict: true }
    },
    ...parts.extra
  })

/** A request for text from the usual parts. */
export const make = (parts: RequestParts): GenerateRequest => {
  const endpoint = parts.endpoint ?? "chat"
  return { endpoint, body: endpoint === "chat" ? chat(parts) : responses(parts) }
}

/** A request for vectors, one for each input. */
export const embed = (parts: {
  readonly model: string
  readonly input: string | ReadonlyArray<string>
  readonly dimensions?: number
  readonly extra?: JsonObject
}): GenerateRequest => ({
  endpoint: "embeddings",
  body: drop({
    model: parts.model,
    input: parts.input,
    dimensions: parts.dimensions,
    ...parts.extra
  })
})

/** A request whose body exists already, in OpenAI's own form. */
export const fromBody = (endpoint: Endpoint, body: JsonObject): GenerateRequest => ({
  endpoint,
  body
})

/** The model that the body names; empty where it names none, which `resolve` refuses. */
export const modelOf = (request: GenerateRequest): string =>
  typeof request.body.model === "string" ? request.body.model : ""
