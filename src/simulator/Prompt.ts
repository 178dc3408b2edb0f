/** What a request's body says, brought to one form for both endpoints that write text: messages, pictures, size. */
import type { JsonObject, JsonValue } from "../request/GenerateRequest.ts"

export interface PromptMessage {
  readonly role: string
  readonly text: string
}

export interface Prompt {
  readonly messages: ReadonlyArray<PromptMessage>
  readonly images: number
  /** All texts, one after the other. */
  readonly text: string
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const asText = (value: JsonValue | undefined): string | undefined =>
  typeof value === "string" ? value : undefined

const partText = (part: JsonValue): string => {
  if (!isObject(part)) return typeof part === "string" ? part : ""
  return asText(part.text) ?? asText(part.refusal) ?? ""
}

const isImage = (part: JsonValue): boolean =>
  isObject(part) && (part.type === "image_url" || part.type === "input_image")

const contentText = (content: JsonValue | undefined): string => {
  if (typeof content === "string") return content
  return Array.isArray(content) ? content.map(partText).join("\n") : ""
}

const imagesIn = (content: JsonValue | undefined): number =>
  Array.isArray(content) ? content.filter(isImage).length : 0

/** Text of an item that is no plain message: calls of tools and what they gave back. */
const itemText = (item: JsonObject): string => {
  const calls = item.tool_calls ?? item.arguments ?? item.output
  if (calls === undefined || calls === null) return ""
  return typeof calls === "string" ? calls : JSON.stringify(calls)
}

const messageOf = (item: JsonValue): PromptMessage => {
  if (!isObject(item)) return { role: "user", text: asText(item) ?? "" }
  const text = contentText(item.content)
  const rest = itemText(item)
  return {
    role: asText(item.role) ?? "tool",
    text: rest === "" ? text : text === "" ? rest : `${text}\n${rest}`
  }
}

/** Reads `messages` (chat) or `instructions` and `input` (responses). Never throws, whatever the body holds. */
export const readPrompt = (body: JsonObject): Prompt => {
  const source = body.messages ?? body.input
  const items: ReadonlyArray<JsonValue> = Array.isArray(source)
    ? source
    : source === undefined
      ? []
      : [source]
  const messages = items.map(messageOf)
  const instructions = asText(body.instructions)
  if (instructions !== undefined) messages.unshift({ role: "system", text: instructions })
  let images = 0
  for (const item of items) if (isObject(item)) images += imagesIn(item.content)
  return { messages, images, text: messages.map((message) => message.text).join("\n") }
}
