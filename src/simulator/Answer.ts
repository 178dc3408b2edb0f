/** The answers of the provider before anything spoils them: refusals, lists, embeddings, texts. The way back: `Delivery.ts`. */

import { type Seeded, seeded } from "../random/Seeded.ts"
import type { JsonObject } from "../request/GenerateRequest.ts"
import { none as noUsage, type TokenUsage } from "../request/TokenUsage.ts"
import { SIMULATED_HEADER } from "../transport/ResponseHead.ts"
import { chatEvents, chatText, type Frame } from "./ChatBody.ts"
import { type EmbeddingsRequest, embeddingsBody } from "./EmbeddingsBody.ts"
import { type ErrorAnswer, gatewayPage as page, serverError } from "./ErrorAnswers.ts"
import { type Generation, generate } from "./Generation.ts"
import * as Latency from "./Latency.ts"
import { costOf } from "./Ledger.ts"
import type { Payload, Plan } from "./Plan.ts"
import { asText } from "./Prompt.ts"
import * as PromptCache from "./PromptCache.ts"
import type { TextRequest } from "./ReadRequest.ts"
import type { Responder } from "./Responder.ts"
import { failedEvents, failedResponse, responsesBody, responsesEvents } from "./ResponsesBody.ts"
import { type ServerEvent, timed } from "./ServerEvents.ts"

export interface Context {
  readonly seed: number
  /** The moment of admission. */
  readonly now: number
  readonly random: Seeded
  readonly latency: number
  readonly organization: string
  readonly requestId: string
}

/** A whole answer before anything spoils it. */
export interface Whole {
  readonly status: number
  readonly payload: Payload
  readonly firstMs: number
  readonly doneMs: number
  /** `TokenUsage.none` for one that is not billed. */
  readonly usage: TokenUsage
  readonly costUsd: number
}

export const JSON_TYPE = "application/json"

export const head = (at: Context, type: string, processingMs: number): Record<string, string> => ({
  "content-type": type,
  "openai-organization": at.organization,
  "openai-processing-ms": String(Math.max(1, Math.round(processingMs))),
  "openai-version": "2020-10-01",
  "x-request-id": at.requestId,
  [SIMULATED_HEADER]: `seed=${at.seed}`
})

type Reply = Extract<Plan, { readonly _tag: "Reply" }>

const bodyReply = (
  at: Context,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>>,
  admitted: boolean
): Reply => {
  const took = Latency.refusal(at.random, at.latency)
  return {
    _tag: "Reply",
    admitted,
    status,
    headers: { ...head(at, type, took), ...headers },
    headAt: at.now + took,
    firstByteAt: at.now + took,
    doneAt: at.now + took,
    payload: { _tag: "Body", text }
  }
}

export const refusal = (
  at: Context,
  error: ErrorAnswer,
  headers: Readonly<Record<string, string>>
): Plan =>
  bodyReply(
    at,
    error.status,
    JSON_TYPE,
    JSON.stringify(error.body),
    { ...headers, ...error.headers },
    false
  )

export const json = (at: Context, body: JsonObject): Plan =>
  bodyReply(at, 200, JSON_TYPE, JSON.stringify(body), {}, true)

/** A proxy's page has nothing of the provider's head, save that it is simulated. */
export const gatewayPage = (at: Context): Plan => {
  const status = at.random.chance(0.5) ? 502 : 520
  const reply = bodyReply(at, status, "text/html; charset=UTF-8", page(status), {}, false)
  const { "content-type": type = "", [SIMULATED_HEADER]: simulated = "" } = reply.headers
  return { ...reply, headers: { "content-type": type, [SIMULATED_HEADER]: simulated } }
}

export const embeddings = (at: Context, request: EmbeddingsRequest): Whole => {
  const timing = Latency.timing(request.model, request.inputTokens, at.random, at.latency)
  const usage = { ...noUsage, input: request.inputTokens }
  return {
    status: 200,
    payload: { _tag: "Body", text: JSON.stringify(embeddingsBody(request, at.seed)) },
    firstMs: timing.firstMs,
    doneMs: timing.firstMs,
    usage,
    costUsd: costOf(request.model.info, usage, "default")
  }
}

const billedTiers = new Set(["flex", "priority", "scale", "fast"])

const tierOf = (body: JsonObject): string => {
  const asked = asText(body.service_tier) ?? "default"
  return billedTiers.has(asked) ? asked : "default"
}

const total = (generations: ReadonlyArray<Generation>, of: "outputTokens" | "reasoningTokens") =>
  generations.reduce((sum, generation) => sum + generation[of], 0)

const eventsOf = (frame: Frame, request: TextRequest, generations: ReadonlyArray<Generation>) =>
  request.endpoint === "chat"
    ? chatEvents(frame, request, generations)
    : generations.flatMap((generation) => responsesEvents(frame, request, generation))

const bodyOf = (
  frame: Frame,
  request: TextRequest,
  generations: ReadonlyArray<Generation>
): string => {
  const [first] = generations
  return request.endpoint === "chat" || first === undefined
    ? chatText(frame, request, generations)
    : JSON.stringify(responsesBody(frame, request, first))
}

export interface TextContext {
  readonly content: number
  /** Answers that this content has had before. */
  readonly sample: number
  /** Which answer it gets, as in `Draw.ts`; `undefined`: by `sample`. */
  readonly draw: number | undefined
  readonly cache: PromptCache.PromptCache
  /** What the cache said before, for an answer that is made once more; the cache is left alone. */
  readonly cacheUse?: PromptCache.CacheUse
  /** The provider gives up on it. */
  readonly failed: boolean
}

const cacheUse = (at: Context, request: TextRequest, cache: PromptCache.PromptCache) => {
  const key = asText(request.body.prompt_cache_key) ?? ""
  const scope = `${request.model.info.id}\n${key}`
  const use = PromptCache.use(cache, scope, request.prompt.text, request.inputTokens, at.now)
  // Only models that charge for writes report them.
  return request.model.info.price?.cacheWrite === undefined ? { ...use, written: 0 } : use
}

/** Ends without an answer: `status: "failed"`, an error event, or a plain 500 where neither exists. */
const givenUp = (
  at: Context,
  request: TextRequest,
  frame: Frame,
  timing: Latency.Timing
): Whole => {
  const events: ReadonlyArray<ServerEvent> =
    request.endpoint === "responses"
      ? failedEvents(frame, request)
      : [{ after: 0, data: serverError(at.requestId).body }]
  const text =
    request.endpoint === "responses"
      ? JSON.stringify(failedResponse(frame, request))
      : JSON.stringify(serverError(at.requestId).body)
  return {
    status: request.endpoint === "responses" || request.stream ? 200 : 500,
    payload: request.stream
      ? { _tag: "Events", events: timed(events, timing, at.now) }
      : { _tag: "Body", text },
    firstMs: timing.firstMs,
    doneMs: timing.firstMs,
    usage: noUsage,
    costUsd: 0
  }
}

export const text = (
  at: Context,
  request: TextRequest,
  responder: Responder,
  context: TextContext
): Whole => {
  const timing = Latency.timing(request.model, request.inputTokens, at.random, at.latency)
  const content = { seed: at.seed, request: context.content }
  const id = seeded(at.seed, "id", context.content, context.sample, at.requestId).hex(48)
  const frame = (cached: number, cacheWrite: number, doneMs: number): Frame => ({
    id,
    created: Math.floor(at.now / 1_000),
    completed: Math.floor((at.now + doneMs) / 1_000),
    input: request.inputTokens,
    cached,
    cacheWrite,
    serviceTier: tierOf(request.body)
  })
  if (context.failed) return givenUp(at, request, frame(0, 0, timing.firstMs), timing)
  const { sample, draw = sample } = context
  const generations = Array.from({ length: request.choices }, (_, choice) =>
    generate(request, responder, content, {
      sample: sample * request.choices + choice,
      draw: draw * request.choices + choice
    })
  )
  const { cached, written } = context.cacheUse ?? cacheUse(at, request, context.cache)
  const slowest = Math.max(...generations.map((generation) => generation.outputTokens))
  const doneMs = timing.firstMs + slowest * timing.msPerToken
  const whole = frame(cached, written, doneMs)
  const usage: TokenUsage = {
    input: request.inputTokens,
    cached,
    cacheWrite: written,
    output: total(generations, "outputTokens"),
    reasoning: total(generations, "reasoningTokens")
  }
  return {
    status: 200,
    payload: request.stream
      ? { _tag: "Events", events: timed(eventsOf(whole, request, generations), timing, at.now) }
      : { _tag: "Body", text: bodyOf(whole, request, generations) },
    firstMs: timing.firstMs,
    doneMs,
    usage,
    costUsd: costOf(request.model.info, usage, whole.serviceTier)
  }
}
