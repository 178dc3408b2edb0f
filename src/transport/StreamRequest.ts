/** The body of a call whose answer is to come as server-sent events. */
import type { JsonObject } from "../request/GenerateRequest.ts"
import * as Wire from "./Wire.ts"

const chat = /\/chat\/completions\/?(?:\?|$)/
const responses = /\/responses\/?(?:\?|$)/

/** Asks for a stream where the endpoint has one; a chat's stream tells its usage only if asked to. */
export const streaming = (path: string, body: JsonObject | undefined): JsonObject | undefined => {
  if (body === undefined) return body
  if (responses.test(path)) return { ...body, stream: true }
  if (!chat.test(path)) return body
  const options = Wire.fields(body.stream_options) as JsonObject
  return { ...body, stream: true, stream_options: { ...options, include_usage: true } }
}
