/**
 * The identity of an answer: two requests share one exactly when an answer to one is an answer to the other.
 * `k1:` and the SHA-256 of the canonical JSON (RFC 8785) of provider, endpoint, body and repeat.
 */
import canonicalize from "canonicalize"
import { Schema } from "effect"
import type { ResolvedRequest } from "../request/GenerateRequest.ts"
import { type Digest, portable } from "./Sha256.ts"

export const RequestKey = Schema.String.pipe(Schema.brand("spillway/RequestKey"))
export type RequestKey = typeof RequestKey.Type

/** Fields that decide how or for whom an answer is made, not what it says. */
const LEFT_OUT = new Set([
  "service_tier",
  "stream",
  "stream_options",
  "store",
  "metadata",
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "background"
])

/** Half a surrogate pair cannot be written as UTF-8: it counts as the replacement character it is sent as. */
const wellFormed = (_: string, value: unknown): unknown => {
  if (typeof value === "string") return value.toWellFormed()
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name.toWellFormed(), field])
  )
}

/** Plain JSON goes straight through; what only becomes JSON on the way to the wire takes that way first. */
const canonical = (identity: object): string => {
  try {
    return canonicalize(identity) ?? ""
  } catch {
    return canonicalize(JSON.parse(JSON.stringify(identity, wellFormed))) ?? ""
  }
}

/**
 * @param provider who answers: base URL and account, or a simulated provider with its seed
 * @param repeat 0-based number of the sample: repeats of one request are different samples. Of a conversation's later
 *   turns a text, the turn's place in it
 * @param digest the program's `Sha256`; the result is the same by any
 */
export const make = (
  provider: string,
  request: ResolvedRequest,
  repeat: number | string = 0,
  digest: Digest = portable
): RequestKey => {
  const body = Object.fromEntries(
    Object.entries(request.body).filter(([name]) => !LEFT_OUT.has(name))
  )
  const text = canonical({ provider, endpoint: request.endpoint, body, repeat })
  return RequestKey.make(`k1:${digest(text)}`)
}
