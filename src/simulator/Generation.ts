/** What the model produces for a request: the responder's words, cut at the output bound, with their tokens counted. */

import { digest, type Seeded, seeded } from "../random/Seeded.ts"
import type { FinishReason } from "../request/ModelResponse.ts"
import type { TextRequest } from "./ReadRequest.ts"
import type { Responder, SimulatedAnswer, SimulatedRequest } from "./Responder.ts"
import { firstTokens, textTokens } from "./TokenCount.ts"

export interface Generation {
  readonly answer: SimulatedAnswer
  readonly finish: Exclude<FinishReason, "unknown">
  /** Reasoning included. */
  readonly outputTokens: number
  readonly reasoningTokens: number
}

/** Median tokens of reasoning at each effort, a rough figure; the spread is wide, as in reality. */
const reasoningMedians: Readonly<Record<string, number>> = {
  minimal: 40,
  low: 200,
  medium: 600,
  high: 1_600,
  xhigh: 4_000,
  max: 8_000
}
const REASONING_SIGMA = 0.6
/** Reasoning is reported in steps of this many tokens. */
const REASONING_STEP = 64

const reasoningFor = (effort: string, random: Seeded): number => {
  const median = reasoningMedians[effort]
  if (median === undefined) return 0
  return Math.round(random.logNormal(median, REASONING_SIGMA) / REASONING_STEP) * REASONING_STEP
}

const CALL_OVERHEAD = 8

const answerTokens = (answer: SimulatedAnswer): number =>
  answer._tag === "ToolCalls"
    ? answer.calls.reduce(
        (sum, call) => sum + CALL_OVERHEAD + textTokens(call.name) + textTokens(call.arguments),
        0
      )
    : Math.max(1, textTokens(answer.text))

const finishes = {
  Text: "stop",
  ToolCalls: "tool_calls",
  Refusal: "stop",
  Filtered: "content_filter"
} as const

/** Cuts an answer at what is left of the bound; a call of a tool that does not fit is lost as a whole. */
const cut = (answer: SimulatedAnswer, tokens: number): SimulatedAnswer => ({
  _tag: "Text",
  text: answer._tag === "ToolCalls" ? "" : firstTokens(answer.text, tokens)
})

const bounded = (answer: SimulatedAnswer, reasoning: number, bound: number): Generation => {
  // All of the bound went to reasoning: the answer is empty, and paid for.
  if (reasoning >= bound) {
    return {
      answer: { _tag: "Text", text: "" },
      finish: "length",
      outputTokens: bound,
      reasoningTokens: bound
    }
  }
  const tokens = answerTokens(answer)
  if (reasoning + tokens > bound) {
    return {
      answer: cut(answer, bound - reasoning),
      finish: "length",
      outputTokens: bound,
      reasoningTokens: reasoning
    }
  }
  return {
    answer,
    finish: answer._tag === "Text" && answer.truncated === true ? "length" : finishes[answer._tag],
    outputTokens: reasoning + tokens,
    reasoningTokens: reasoning
  }
}

/** Identity of a request: the seed, and the hash of all that shapes its answer. */
export interface Content {
  readonly seed: number
  readonly request: number
}

export interface Drawn {
  /** How many answers this content has had before, counting every choice. */
  readonly sample: number
  /** What the answer is drawn by: the same number, the same answer. */
  readonly draw: number
}

export const generate = (
  request: TextRequest,
  responder: Responder,
  content: Content,
  { draw, sample }: Drawn
): Generation => {
  const drawn = request.temperature === 0 ? 0 : draw
  const random = (purpose: string) =>
    seeded(content.seed, purpose, request.model.info.id, content.request, drawn)
  let prompt: number | undefined
  const simulated: SimulatedRequest = {
    endpoint: request.endpoint,
    body: request.body,
    model: request.model,
    prompt: request.prompt,
    temperature: request.temperature,
    effort: request.effort,
    schema: request.schema,
    tools: request.tools,
    mustCall: request.mustCall,
    sample,
    random,
    promptRandom: (purpose) => {
      prompt ??= digest(request.prompt.text)
      return seeded(content.seed, purpose, prompt)
    }
  }
  const answer = responder(simulated)
  const reasoning = reasoningFor(request.effort, random("reasoning"))
  const bound = request.maxOutputTokens ?? request.model.info.maxOutputTokens
  return bounded(answer, reasoning, bound)
}
