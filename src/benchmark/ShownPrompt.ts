/** What a request asks, as text for people and judges: pictures, calls of tools and the like are named. Never throws. */
import type { ShownMessage } from "../checkpoint/ItemRecord.ts"
import type { JsonObject, JsonValue } from "../request/GenerateRequest.ts"
import { bounded } from "../transport/Redaction.ts"

/** Characters of a message; the whole of it is in the dataset. */
export const MAX_SHOWN = 100_000

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The name of what is no text. */
const names: Readonly<Record<string, string>> = {
  image_url: "image",
  input_image: "image",
  input_audio: "audio",
  file: "file",
  input_file: "file"
}

const partText = (part: JsonValue): string => {
  if (typeof part === "string") return part
  if (!isObject(part)) return ""
  if (typeof part.text === "string") return part.text
  if (typeof part.refusal === "string") return part.refusal
  const type = typeof part.type === "string" ? part.type : "part"
  return `[${names[type] ?? type}]`
}

const contentText = (content: JsonValue | undefined): string => {
  if (typeof content === "string") return content
  return Array.isArray(content) ? content.map(partText).join("\n") : ""
}

const callText = (call: JsonValue): string => {
  const source = isObject(call) && isObject(call.function) ? call.function : call
  return isObject(source) ? `[call ${String(source.name)} ${String(source.arguments)}]` : ""
}

const messageOf = (item: JsonValue): ShownMessage => {
  if (!isObject(item)) return { role: "user", text: typeof item === "string" ? item : "" }
  if (item.type === "function_call") return { role: "assistant", text: callText(item) }
  if (item.type === "function_call_output") return { role: "tool", text: contentText(item.output) }
  const calls = Array.isArray(item.tool_calls) ? item.tool_calls.map(callText) : []
  const text = [contentText(item.content), ...calls].filter((part) => part !== "").join("\n")
  return { role: typeof item.role === "string" ? item.role : "user", text }
}

/** The messages of a body of either endpoint that writes text. */
export const of = (body: JsonObject): ReadonlyArray<ShownMessage> => {
  const source = body.messages ?? body.input ?? []
  const items: ReadonlyArray<JsonValue> = Array.isArray(source) ? source : [source as JsonValue]
  const instructions =
    typeof body.instructions === "string" ? [{ role: "system", text: body.instructions }] : []
  return [...instructions, ...items.map(messageOf)].map(({ role, text }) => ({
    role,
    text: bounded(text, MAX_SHOWN)
  }))
}
