/**
 * What became of one item of a benchmark, in all its arms and repeats: what reports, exports and comparisons read
 * without the benchmark's file or dataset. The answers themselves are in the run's log, under their keys.
 */
import { Schema } from "effect"
import { NoAnswerReason } from "../request/ModelResponse.ts"
import { RequestKey } from "./RequestKey.ts"
import { Failure } from "./RunRecord.ts"

/** One scorer's word on one answer. */
export const ScoreRecord = Schema.Struct({
  /** Name and version, as `lastNumber@1`. */
  scorer: Schema.String,
  /** From 0 to 1; absent where the scorer could not judge. */
  value: Schema.optionalKey(Schema.Finite),
  /** Why it could not. */
  failed: Schema.optionalKey(Schema.String),
  explanation: Schema.optionalKey(Schema.String),
  /** What of the answer was judged. */
  extracted: Schema.optionalKey(Schema.String)
})
export type ScoreRecord = typeof ScoreRecord.Type

/** `scored`: answered and given to the scorers. `missing`: the run stopped before it. Between them: why there is no answer. */
export const TrialEnd = Schema.Literals(["scored", ...NoAnswerReason.literals, "failed", "missing"])
export type TrialEnd = typeof TrialEnd.Type

/** One arm's answer to the item, for the n-th time. */
export const TrialRecord = Schema.Struct({
  /** The arm's label, as `gpt-6-luna t=0.7`. */
  arm: Schema.String,
  /** From 0. */
  repeat: Schema.Int,
  end: TrialEnd,
  /** Of the requests that were made, two for a turn that was tried again; the last one answered is what was scored. */
  keys: Schema.Array(RequestKey),
  /** Turns that the model answered or refused to. Absent: as many as `keys`. */
  turns: Schema.optionalKey(Schema.Int),
  /** One for each scorer, in their order; empty but for `scored`. */
  scores: Schema.Array(ScoreRecord),
  /** Of `failed`; of `truncated` and `empty`: the turn was tried a second time, and that request failed. */
  failure: Schema.optionalKey(Failure),
  /** What did not fit, for `off-schema`. */
  problem: Schema.optionalKey(Schema.String),
  /** Of the last answer. */
  servedModel: Schema.optionalKey(Schema.String),
  /** All turns together, shared ones too; absent where the trial failed, or the run stopped before its end. */
  latencyMs: Schema.optionalKey(Schema.Finite),
  /** All turns together that an equal request before did not pay for; 0 where it paid for all of them. */
  inputTokens: Schema.optionalKey(Schema.Int),
  outputTokens: Schema.optionalKey(Schema.Int),
  /** As the tokens, in 1e-9 USD; absent where the price is unknown. */
  cost: Schema.optionalKey(Schema.Int),
  /** All answers are those of equal requests before it, and paid for there. */
  shared: Schema.optionalKey(Schema.Literal(true))
})
export type TrialRecord = typeof TrialRecord.Type

/** A conversation's message as text; pictures and the like are named, as `[image]`. */
export const ShownMessage = Schema.Struct({ role: Schema.String, text: Schema.String })
export type ShownMessage = typeof ShownMessage.Type

export const ItemRecord = Schema.Struct({
  itemId: Schema.String,
  /** Position in the dataset, from 0. */
  index: Schema.Int,
  /** 1-based line where it begins; of values, the number of the item. */
  line: Schema.Int,
  target: Schema.String,
  tags: Schema.Array(Schema.String),
  /** The cluster it belongs to. */
  group: Schema.optionalKey(Schema.String),
  /** What was asked first, by the name of the prompt variant; the name is empty where a benchmark has one prompt. */
  prompts: Schema.Array(
    Schema.Struct({ variant: Schema.String, messages: Schema.Array(ShownMessage) })
  ),
  /** Arm by arm, each with all its repeats. */
  trials: Schema.Array(TrialRecord)
})
export type ItemRecord = typeof ItemRecord.Type
