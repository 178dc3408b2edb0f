/**
 * What becomes of one request of a batch: answered by the code that answers requests in real time, or refused by it. An
 * answer is a pure function of the request, which answer to it this is, and what the prompt cache said of it: a results
 * file is made again from these few numbers instead of being kept.
 */
import { Result } from "effect"
import type { Endpoint, JsonObject } from "../../request/GenerateRequest.ts"
import { none as noUsage, type TokenUsage } from "../../request/TokenUsage.ts"
import * as Answer from "../Answer.ts"
import type { EmbeddingsRequest } from "../EmbeddingsBody.ts"
import { type ErrorAnswer, invalid } from "../ErrorAnswers.ts"
import type { Faults } from "../Faults.ts"
import * as Ledger from "../Ledger.ts"
import { type PlacedRequest, place } from "../PlacedRequest.ts"
import type { CacheUse, PromptCache } from "../PromptCache.ts"
import { findProfile, type TextRequest } from "../ReadRequest.ts"
import type { Responder } from "../Responder.ts"
import { seeded } from "../Seeded.ts"
import type { ModelList } from "./InputCheck.ts"

/** The parts of the provider that a batch works with. */
export interface Workshop extends ModelList {
  readonly seed: number
  readonly organization: string
  readonly responder: Responder
  readonly faults: Faults
  readonly ledger: Ledger.Ledger
  /** The batches' own: what they read in the past does not age what real-time requests have cached since. */
  readonly cache: PromptCache
}

/** Which request of which batch it is, and when it is done. */
export interface LinePlace {
  readonly batch: number
  readonly index: number
  readonly at: number
}

export const requestId = (seed: number, { batch, index }: LinePlace): string =>
  `req_${seeded(seed, "batch-request", batch, index).hex(32)}`

const streamed = invalid(
  "Streaming is not supported in the Batch API.",
  "stream",
  "unsupported_value"
)

/** A batch has a tier of its own, whatever the body asks for. */
const asBatch = ({ service_tier: _, ...body }: JsonObject): JsonObject => body

export const placed = (
  shop: Workshop,
  endpoint: Endpoint,
  body: JsonObject
): Result.Result<PlacedRequest, ErrorAnswer> => {
  if (body.stream === true) return Result.fail(streamed)
  const found = findProfile(shop.profiles, shop.allowUnknownModels, body)
  return Result.flatMap(found, ({ model }) => place(endpoint, asBatch(body), model))
}

export interface LineBody {
  readonly text: string
  readonly usage: TokenUsage
  readonly costUsd: number
}

const bodyOf = (
  shop: Workshop,
  request: TextRequest | EmbeddingsRequest,
  content: number,
  where: LinePlace,
  sample: number,
  cacheUse: CacheUse | undefined
): LineBody => {
  const at: Answer.Context = {
    seed: shop.seed,
    now: where.at,
    random: seeded(shop.seed, "batch-delay", where.batch, where.index),
    latency: 0,
    organization: shop.organization,
    requestId: requestId(shop.seed, where)
  }
  const context = { content, sample, cache: shop.cache, failed: false }
  const whole =
    "inputs" in request
      ? Answer.embeddings(at, request)
      : Answer.text(
          at,
          request,
          shop.responder,
          cacheUse === undefined ? context : { ...context, cacheUse }
        )
  return {
    text: whole.payload._tag === "Body" ? whole.payload.text : "",
    usage: whole.usage,
    costUsd: Ledger.costOf(request.model.info, whole.usage, "batch")
  }
}

/** Answers a request for the first time, and bills it. */
export const first = (
  shop: Workshop,
  { request, content }: PlacedRequest,
  where: LinePlace
): LineBody & { readonly sample: number } => {
  const sample = Ledger.billedOf(shop.ledger, content)
  const body = bodyOf(shop, request, content, where, sample, undefined)
  if (body.usage !== noUsage) Ledger.bill(shop.ledger, content, body.usage, body.costUsd)
  return { ...body, sample }
}

/** The same answer once more. */
export const again = (
  shop: Workshop,
  { request, content }: PlacedRequest,
  where: LinePlace,
  sample: number,
  cacheUse: CacheUse
): string => bodyOf(shop, request, content, where, sample, cacheUse).text
