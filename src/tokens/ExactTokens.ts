/**
 * The tokens of a request by OpenAI's published counting (openai-cookbook, "How to count tokens with tiktoken"), given
 * something that encodes. Exact for chats of plain text and for texts to embed; of the rest it says that it is not.
 */
import type { JsonObject, JsonValue, ResolvedRequest } from "../request/GenerateRequest.ts"
import { encodingOf, isOpenAi, reportsOneLess } from "./Encoding.ts"
import { estimate, MESSAGE, REPLY, TOOLS } from "./RequestSize.ts"

export interface Count {
  readonly tokens: number
  readonly exact: boolean
}

/** Tokens of a text, by the model's encoding. */
export type CountText = (text: string) => number

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The parts of a body that are read as plain messages; anything else given makes the sum a guess. */
const OTHER_INPUT = [
  "tools",
  "functions",
  "response_format",
  "prediction",
  "web_search_options"
] as const

const MESSAGE_FIELDS = new Set(["role", "content", "name"])

const plainFormat = (body: JsonObject): boolean =>
  isObject(body.response_format) && body.response_format.type === "text"

const hasOtherInput = (body: JsonObject): boolean =>
  OTHER_INPUT.some((field) => {
    const value = body[field]
    if (value === undefined || value === null) return false
    return Array.isArray(value)
      ? value.length > 0
      : !(field === "response_format" && plainFormat(body))
  })

/** The text of a message's content, if it is one text. */
const textOf = (content: JsonValue | undefined): string | undefined => {
  if (typeof content === "string") return content
  const only = Array.isArray(content) && content.length === 1 ? content[0] : undefined
  return isObject(only) && only.type === "text" && typeof only.text === "string"
    ? only.text
    : undefined
}

const isPlain = (message: JsonValue): message is JsonObject =>
  isObject(message) &&
  typeof message.role === "string" &&
  (message.name === undefined || typeof message.name === "string") &&
  textOf(message.content) !== undefined &&
  Object.keys(message).every((key) => MESSAGE_FIELDS.has(key))

const messageTokens = (message: JsonObject, count: CountText): number =>
  MESSAGE +
  count(message.role as string) +
  count(textOf(message.content) as string) +
  (typeof message.name === "string" ? count(message.name) + 1 : 0)

const embeddingTokens = (input: JsonValue | undefined, count: CountText): number => {
  if (typeof input === "string") return count(input)
  if (typeof input === "number") return 1
  return Array.isArray(input)
    ? input.reduce<number>((sum, item) => sum + embeddingTokens(item, count), 0)
    : 0
}

export const countTokens = (request: ResolvedRequest, count: CountText): Count => {
  const { endpoint, body, model } = request
  if (endpoint === "embeddings") {
    return { tokens: embeddingTokens(body.input, count), exact: isOpenAi(model) }
  }
  const messages = endpoint === "chat" && Array.isArray(body.messages) ? body.messages : []
  if (messages.length === 0 || !messages.every(isPlain)) {
    return { tokens: estimate(request).expected, exact: false }
  }
  const spoken = messages.reduce((sum, message) => sum + messageTokens(message, count), 0)
  const tokens =
    spoken + toolTokens(model, body.tools, count) + REPLY - (reportsOneLess(model) ? 1 : 0)
  return { tokens, exact: isOpenAi(model) && !hasOtherInput(body) }
}

/** Tokens around a function's name and description, all properties, one property, an enumeration and one of its values. */
const FUNCTION = 7
const FUNCTION_OLDER = 10
const PROPERTIES = 3
const PROPERTY = 3
const ENUMERATION = -3
const ENUMERATED = 3

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "")

const described = (description: JsonValue | undefined): string =>
  text(description).replace(/\.$/, "")

const propertyTokens = (key: string, property: JsonValue | undefined, count: CountText): number => {
  if (!isObject(property)) return 0
  const values = Array.isArray(property.enum) ? property.enum : undefined
  const enumeration =
    values === undefined
      ? 0
      : values.reduce<number>((sum, item) => sum + ENUMERATED + count(`${item}`), ENUMERATION)
  const line = `${key}:${text(property.type)}:${described(property.description)}`
  return PROPERTY + enumeration + count(line)
}

/** Functions with flat parameters; deeper schemas are read in ways that no formula states. */
export const toolTokens = (
  model: string,
  tools: JsonValue | undefined,
  count: CountText
): number => {
  if (!Array.isArray(tools) || tools.length === 0) return 0
  const each = encodingOf(model) === "o200k_base" ? FUNCTION : FUNCTION_OLDER
  return tools.reduce<number>((sum, tool) => {
    const it = isObject(tool) && isObject(tool.function) ? tool.function : {}
    const properties =
      isObject(it.parameters) && isObject(it.parameters.properties) ? it.parameters.properties : {}
    const entries = Object.entries(properties)
    const inner = entries.reduce(
      (total, [key, property]) => total + propertyTokens(key, property, count),
      entries.length > 0 ? PROPERTIES : 0
    )
    return sum + each + count(`${text(it.name)}:${described(it.description)}`) + inner
  }, TOOLS)
}
