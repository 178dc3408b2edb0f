/** What became of one item in one arm, as scoring sees it. Refused, failed and wrong are never mixed. */
import { Result } from "effect"
import type { RequestKey } from "../checkpoint/RequestKey.ts"
import type { Failure } from "../checkpoint/RunRecord.ts"
import type { ModelResponse, NoAnswerReason } from "../request/ModelResponse.ts"
import type { Benchmark } from "./Benchmark.ts"
import type { Conversation } from "./Conversation.ts"
import type * as Scorer from "./Scorer.ts"
import * as ShownPrompt from "./ShownPrompt.ts"

/** What an item cost beside its answer. */
interface Bill {
  /** 1e-9 USD of its attempts in this run that ended without an answer and may have been billed. */
  readonly lost?: number
  /** All answers are those of equal requests before it, and paid for there. */
  readonly shared?: true
  /** Answers of the turns before the last one; also of a conversation that failed, or that the run stopped, later on. */
  readonly earlier?: ReadonlyArray<ModelResponse>
  /** Where some of the answers are shared: the others. */
  readonly paid?: ReadonlyArray<ModelResponse>
}

export type ItemResult = Bill & Ended

export type Ended =
  | {
      readonly _tag: "Scored"
      readonly response: ModelResponse
      /** One for each scorer, in their order. */
      readonly scores: ReadonlyArray<Scorer.ScoreOutcome>
    }
  | {
      readonly _tag: "NoAnswer"
      readonly reason: NoAnswerReason
      /** What did not fit, for `off-schema`. */
      readonly problem?: string
      readonly response: ModelResponse
      /** The turn was tried a second time, and that request failed. */
      readonly failure?: Failure
    }
  | { readonly _tag: "Failed"; readonly failure: Failure }
  /** The run stopped before it. */
  | { readonly _tag: "Missing" }

export const missing: ItemResult = { _tag: "Missing" }

/** All answers of a result, turn by turn. */
export const responsesOf = (result: ItemResult): ReadonlyArray<ModelResponse> => [
  ...(result.earlier ?? []),
  ...("response" in result ? [result.response] : [])
]

/** Those that cost and tokens count: without answers of equal requests before them. */
export const paidOf = (result: ItemResult): ReadonlyArray<ModelResponse> =>
  result.shared === true ? [] : (result.paid ?? responsesOf(result))

/**
 * Milliseconds from sending to the last byte, all turns together, shared ones too; `undefined` where the trial did not
 * end with an answer (a refusal is one): a failed conversation's is no time that an answer took.
 */
export const latencyOf = (result: ItemResult): number | undefined =>
  "response" in result
    ? responsesOf(result).reduce((sum, { latencyMs }) => sum + latencyMs, 0)
    : undefined

/** What scorers get of a conversation's answer, or what it ended with instead. */
export const inputOf = <Item, Answer>(
  benchmark: Pick<Benchmark<Item, Answer>, "answer">,
  conversation: Conversation<Item>
): Result.Result<Scorer.ScoreInput<Item, Answer>, Ended> => {
  const { asked, end = missing, trial, turns } = conversation
  const last = turns.at(-1)
  if (end._tag !== "Answered") return Result.fail(end)
  if (last === undefined) return Result.fail(missing)
  const { response, text } = last
  const decoded = benchmark.answer?.decode(response) ?? Result.succeed(text as Answer)
  if (Result.isFailure(decoded)) {
    const { problem, reason } = decoded.failure
    return Result.fail({ _tag: "NoAnswer", reason, problem, response })
  }
  const { item, target } = trial.sample
  const [first] = asked
  const messages = first._tag === "Ready" ? ShownPrompt.of(first.request.body) : []
  return Result.succeed({ item, target, text, answer: decoded.success, response, messages, turns })
}

/** @param scores one for each scorer, in their order */
export const scored = (
  { response }: Pick<Scorer.ScoreInput<unknown>, "response">,
  scores: ReadonlyArray<Scorer.ScoreOutcome>
): Ended => ({ _tag: "Scored", response, scores })

/** @param lost 1e-9 USD by the key of the request */
export const withBill = (
  ended: Ended,
  conversation: Conversation<unknown>,
  lost: ReadonlyMap<RequestKey, number>
): ItemResult => {
  const { asked, responses } = conversation
  const isShared = (at: number) => {
    const one = asked[at]
    return one?._tag === "Ready" && one.shared === true
  }
  const amount = asked.reduce(
    (sum, { key }, at) => sum + (isShared(at) ? 0 : (lost.get(key) ?? 0)),
    0
  )
  const shared = asked.every((_, at) => isShared(at))
  // A response that the end itself has is not an earlier one.
  const earlier = "response" in ended ? responses.slice(0, -1) : responses
  const paid = responses.filter((_, at) => !isShared(at))
  return {
    ...ended,
    ...(shared ? { shared } : {}),
    ...(amount === 0 ? {} : { lost: amount }),
    ...(earlier.length === 0 ? {} : { earlier }),
    ...(shared || paid.length === responses.length ? {} : { paid })
  }
}
