/**
 * What becomes of one request of a batch: answered by the code that answers requests in real time, or refused by it. An
 * answer is a pure function of the request, which answer to it this is, and what the prompt cache said of it: a results
 * file can be made again from these few numbers (`ResultFile.ts`).
 */
import { Result } from "effect"
import { type Seeded, seeded } from "../../random/Seeded.ts"
import type { Endpoint, JsonObject } from "../../request/GenerateRequest.ts"
import { none as noUsage, type TokenUsage } from "../../request/TokenUsage.ts"
import * as Answer from "../Answer.ts"
import * as Draw from "../Draw.ts"
import { type EmbeddingsRequest, readEmbeddings } from "../EmbeddingsBody.ts"
import { type ErrorAnswer, invalid } from "../ErrorAnswers.ts"
import * as Ledger from "../Ledger.ts"
import type { ModelProfile } from "../ModelProfile.ts"
import { place } from "../PlacedRequest.ts"
import { readPrompt } from "../Prompt.ts"
import type { CacheUse } from "../PromptCache.ts"
import type { Provider } from "../Provider.ts"
import { acceptedTextRequest, type TextRequest } from "../ReadRequest.ts"
import type { LineHead } from "./ResultLine.ts"
import type { Shelf } from "./ResultWriter.ts"

/** The parts of the provider that a batch works with. */
export interface Workshop extends Provider {
  readonly shelf: Shelf
  /** As in `BatchOptions.ts`. */
  readonly keepBilledContents: boolean
}

/** Which request of which batch it is, and when it is done. */
export interface LinePlace {
  readonly batch: number
  readonly index: number
  readonly at: number
}

/** One line of a file that has been checked. */
export interface CheckedLine {
  readonly endpoint: Endpoint
  readonly body: JsonObject
  readonly model: ModelProfile
  /** As in `InputCheck.LineFacts`. */
  readonly content: number
  readonly inputTokens: number
}

export interface PlacedLine {
  readonly request: TextRequest | EmbeddingsRequest
  readonly content: number
}

const streamed = invalid(
  "Streaming is not supported in the Batch API.",
  "stream",
  "unsupported_value"
)

/** A batch has a tier of its own, whatever the body asks for. */
const asBatch = (body: JsonObject): JsonObject => {
  if (body.service_tier === undefined) return body
  const { service_tier: _, ...rest } = body
  return rest
}

/** What a line asks for, from what the check has learnt of it; the refusal of one that its endpoint refuses. */
export const placed = (line: CheckedLine): Result.Result<PlacedLine, ErrorAnswer> => {
  const { content, endpoint, inputTokens, model } = line
  if (line.body.stream === true) return Result.fail(streamed)
  const body = asBatch(line.body)
  if (Number.isNaN(content)) return place(endpoint, body, model)
  return endpoint === "embeddings"
    ? Result.map(readEmbeddings(body, model), (request) => ({ request, content }))
    : Result.succeed({
        request: acceptedTextRequest(endpoint, body, model, readPrompt(body), inputTokens),
        content
      })
}

export interface LineBody {
  readonly text: string
  readonly usage: TokenUsage
}

/** Nothing is drawn from it: at latency 0 an answer takes no time. */
const noDelay: Seeded = seeded(0)

const bodyOf = (
  shop: Workshop,
  { request, content }: PlacedLine,
  where: LinePlace,
  { customId, requestId }: LineHead,
  sample: number,
  cacheUse: CacheUse | undefined
): LineBody => {
  const at: Answer.Context = {
    seed: shop.seed,
    now: where.at,
    random: noDelay,
    latency: 0,
    organization: shop.organization,
    requestId
  }
  const draw = Draw.ofCustomId(customId)
  const context = { content, sample, draw, cache: shop.cache, failed: false }
  const whole =
    "inputs" in request
      ? Answer.embeddings(at, request)
      : Answer.text(
          at,
          request,
          shop.responder,
          cacheUse === undefined ? context : { ...context, cacheUse }
        )
  return { text: whole.payload._tag === "Body" ? whole.payload.text : "", usage: whole.usage }
}

/** Answers a request for the first time, and bills it. */
export const first = (
  shop: Workshop,
  line: PlacedLine,
  where: LinePlace,
  head: LineHead
): LineBody & { readonly sample: number } => {
  const content = shop.keepBilledContents ? line.content : undefined
  const sample = content === undefined ? 0 : Ledger.billedOf(shop.ledger, content)
  const body = bodyOf(shop, line, where, head, sample, undefined)
  if (body.usage !== noUsage) {
    const costUsd = Ledger.costOf(line.request.model.info, body.usage, "batch")
    Ledger.bill(shop.ledger, content, body.usage, costUsd)
  }
  return { text: body.text, usage: body.usage, sample }
}

/** The same answer once more. */
export const again = (
  shop: Workshop,
  line: PlacedLine,
  where: LinePlace,
  head: LineHead,
  sample: number,
  cacheUse: CacheUse
): string => bodyOf(shop, line, where, head, sample, cacheUse).text
