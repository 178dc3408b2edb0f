/**
 * How many input tokens a request holds, without a tokenizer: what to expect, for admission, and what cannot be exceeded,
 * for budgets. One pass over the body. The exact sum for chat text is `ChatTokens.ts`; the text itself `TextEstimate.ts`.
 */
import type { JsonObject, JsonValue, ResolvedRequest } from "../request/GenerateRequest.ts"
import { reportsOneLess } from "./Encoding.ts"
import { sizeOf } from "./ImageSize.ts"
import { imageTokens } from "./ImageTokens.ts"
import { add } from "./TextEstimate.ts"

/** What a message adds besides its text, and what the prompt for the answer adds (openai-cookbook, counting tokens). */
export const MESSAGE = 3
export const REPLY = 3
/** The same for a list of tools, whatever its length. */
export const TOOLS = 12

/** Bounds on the markup around a message, a part of it, a tool, and the request: several times what was ever seen. */
const MESSAGE_BOUND = 16
const PART_BOUND = 8
const TOOL_BOUND = 48
const REQUEST_BOUND = 32

/**
 * The largest window there is: the bound where the input is not in the request (files, stored prompts and conversations)
 * or grows while it is answered (tools that the provider runs).
 */
export const UNSEEN = 1_050_000

/** Characters of base64 for one token of sound, at the bit rate of a compressed file. */
const SOUND = 2_000

interface Walk {
  readonly model: string
  expected: number
  /** UTF-8 bytes of all text, and the bounds of what is no text. */
  bytes: number
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A value that the model reads as data: its text, its keys and its punctuation. */
const data = (walk: Walk, value: JsonValue | undefined): void => {
  if (value === undefined) return
  if (typeof value === "string") {
    add(walk, value)
    walk.expected += 1
    walk.bytes += 2
  } else if (Array.isArray(value)) {
    walk.bytes += 2
    for (const item of value) {
      data(walk, item)
      walk.bytes += 1
    }
  } else if (isObject(value)) {
    walk.bytes += 2
    for (const key in value) {
      add(walk, key)
      walk.expected += 1
      walk.bytes += 4
      data(walk, value[key])
    }
  } else {
    const text = `${value}`
    walk.expected += Math.ceil(text.length / 3)
    walk.bytes += text.length
  }
}

const image = (walk: Walk, url: JsonValue | undefined, detail: JsonValue | undefined): void => {
  const { expected, upper } = imageTokens(
    walk.model,
    typeof detail === "string" ? detail : undefined,
    typeof url === "string" ? sizeOf(url) : undefined
  )
  walk.expected += expected
  walk.bytes += upper
}

const sound = (walk: Walk, value: JsonValue | undefined): void => {
  const text = isObject(value) ? value.data : undefined
  const length = typeof text === "string" ? text.length : 0
  walk.expected += Math.ceil(length / SOUND)
  walk.bytes += length
}

const typedPart = (walk: Walk, value: JsonObject): void => {
  switch (value.type) {
    case "text":
    case "input_text":
    case "output_text":
      if (typeof value.text === "string") add(walk, value.text)
      break
    case "image_url": {
      const picture = value.image_url
      if (isObject(picture)) image(walk, picture.url, picture.detail)
      else image(walk, picture, undefined)
      break
    }
    case "input_image":
      image(walk, value.image_url, value.detail)
      break
    case "input_audio":
      sound(walk, value.input_audio)
      break
    case "file":
    case "input_file":
      walk.bytes += UNSEEN
      break
    default:
      data(walk, value)
  }
}

const part = (walk: Walk, value: JsonValue): void => {
  walk.bytes += PART_BOUND
  if (isObject(value)) typedPart(walk, value)
  else data(walk, value)
}

const content = (walk: Walk, value: JsonValue | undefined): void => {
  if (typeof value === "string") add(walk, value)
  else if (Array.isArray(value)) for (const item of value) part(walk, item)
  else data(walk, value)
}

/** Fields of an item that the model does not read. */
const UNREAD = new Set(["role", "type", "id", "status"])

/** A message of either endpoint, or another item of a Responses input (a tool's result, an earlier call, …). */
const message = (walk: Walk, value: JsonValue): void => {
  walk.expected += MESSAGE + 1
  walk.bytes += MESSAGE_BOUND
  if (!isObject(value)) {
    data(walk, value)
    return
  }
  if (value.type === "item_reference") walk.bytes += UNSEEN
  for (const key in value) {
    if (key === "content" || key === "output") content(walk, value[key])
    else if (!UNREAD.has(key)) data(walk, value[key])
  }
}

const OWN_TOOLS: ReadonlySet<JsonValue | undefined> = new Set(["function", "custom"])

const tools = (walk: Walk, value: JsonValue | undefined): void => {
  if (!Array.isArray(value) || value.length === 0) return
  walk.expected += TOOLS
  for (const tool of value) {
    walk.bytes += TOOL_BOUND
    // A tool that the provider runs puts what it finds into the input.
    if (isObject(tool) && !OWN_TOOLS.has(tool.type)) walk.bytes += UNSEEN
    data(walk, tool)
  }
}

const chat = (walk: Walk, body: JsonObject): void => {
  if (Array.isArray(body.messages)) for (const item of body.messages) message(walk, item)
  if (body.tools !== undefined) tools(walk, body.tools)
  if (body.functions !== undefined) data(walk, body.functions)
  if (body.response_format !== undefined) data(walk, body.response_format)
  if (body.prediction !== undefined) data(walk, body.prediction)
  if (body.web_search_options !== undefined) walk.bytes += UNSEEN
}

const responses = (walk: Walk, body: JsonObject): void => {
  if (Array.isArray(body.input)) for (const item of body.input) message(walk, item)
  else if (typeof body.input === "string") message(walk, { role: "user", content: body.input })
  if (typeof body.instructions === "string") {
    message(walk, { role: "developer", content: body.instructions })
  }
  if (body.tools !== undefined) tools(walk, body.tools)
  if (body.text !== undefined) data(walk, body.text)
  if ((body.previous_response_id ?? body.conversation ?? body.prompt ?? undefined) !== undefined) {
    walk.bytes += UNSEEN
  }
}

/** Texts, or tokens where the caller has encoded them already. */
const embedded = (walk: Walk, input: JsonValue | undefined): void => {
  if (typeof input === "string") {
    add(walk, input)
    walk.bytes += PART_BOUND
  } else if (Array.isArray(input)) {
    for (const item of input) embedded(walk, item)
  } else if (typeof input === "number") {
    walk.expected += 1
    walk.bytes += 1
  }
}

export interface Size {
  /** By the formulas, uncorrected. */
  readonly expected: number
  /** A bound: UTF-8 bytes of all text, and the most that anything else can count as. */
  readonly upper: number
}

export const estimate = (request: ResolvedRequest): Size => {
  const { endpoint, body, model } = request
  const walk: Walk = { model, expected: 0, bytes: 0 }
  if (endpoint === "embeddings") {
    embedded(walk, body.input)
    return { expected: Math.ceil(walk.expected), upper: walk.bytes }
  }
  if (endpoint === "chat") chat(walk, body)
  else responses(walk, body)
  return {
    expected: Math.max(1, Math.round(walk.expected + REPLY - (reportsOneLess(model) ? 1 : 0))),
    upper: walk.bytes + REQUEST_BOUND
  }
}
