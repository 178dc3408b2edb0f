/**
 * One row of `spillway export`: one arm's answer to one item, for the n-th time, and what the scorers said of it. As
 * JSON Lines a row is this very value; as CSV the same under the columns of `CsvColumns.ts`. What is not known is `null`,
 * never 0.
 */
import { Schema } from "effect"
import { ShownMessage, TrialEnd } from "../../checkpoint/ItemRecord.ts"

const Text = Schema.NullOr(Schema.String)
const Count = Schema.NullOr(Schema.Int)

export const ExportedScore = Schema.Struct({
  /** Name and version, as `lastNumber@1`. */
  scorer: Schema.String,
  /** From 0 to 1; `null` where the scorer could not judge. */
  score: Schema.NullOr(Schema.Finite),
  /** Why it could not. */
  failed: Text,
  explanation: Text,
  /** What of the answer was judged. */
  extracted: Text
})
export type ExportedScore = typeof ExportedScore.Type

/** What the model wrote; without answers (`--no-answers`) these four are absent. */
const answerFields = {
  /** Text of the last answer; empty for a pure tool call, `null` where there is none, as for `failed` and `missing`. */
  answer: Schema.optionalKey(Text),
  /** The model's own words of refusal. */
  refusal: Schema.optionalKey(Text),
  /** `arguments` are as the model wrote them: usually JSON. */
  tool_calls: Schema.optionalKey(
    Schema.Array(Schema.Struct({ name: Schema.String, arguments: Schema.String }))
  ),
  /** The texts of the answers before: of a conversation's turns, and of a first try without a word. */
  earlier_answers: Schema.optionalKey(Schema.Array(Schema.String))
}

export const ExportRow = Schema.Struct({
  /** Name of the run. */
  run: Schema.String,
  /** Name of the benchmark; `null` where the run has no report yet. */
  benchmark: Text,
  /** The answers were made up by the simulated provider; `null` as above. */
  simulated: Schema.NullOr(Schema.Boolean),
  item_id: Schema.String,
  /** Position of the item in the dataset, from 0. */
  index: Schema.Int,
  /** 1-based line of the dataset where the item begins; of values, its number. */
  line: Schema.Int,
  /** The cluster of the item. */
  group: Text,
  tags: Schema.Array(Schema.String),
  /** The arm's label, as `gpt-6-luna t=0.7`. */
  arm: Schema.String,
  /** From 0. */
  repeat: Schema.Int,
  /** Turns that the model answered or refused to: a second try is of the same turn. 0 where there is none. */
  turns: Schema.Int,
  /** `scored`: answered. `missing`: the run stopped before it. The others: why there is no answer. */
  end: TrialEnd,
  /** One for each scorer, in their order; empty but for `scored`. */
  scores: Schema.Array(ExportedScore),
  target: Schema.String,
  /** What was asked first. Pictures and the like are named, as `[image]`. */
  prompt: Schema.Array(ShownMessage),
  ...answerFields,
  /** Of `failed`: tag of the reason, as `ServerError`, and what happened. Of `truncated` and `empty`: why a second try failed. */
  failure_reason: Text,
  failure_message: Text,
  /** Of `off-schema`: what did not fit. */
  problem: Text,
  /** The exact model that answered. */
  served_model: Text,
  /** From sending to the last byte, all turns together, shared ones too; `null` for `failed` and `missing`. */
  latency_ms: Schema.NullOr(Schema.Finite),
  /** What this row added: without turns whose answers were shared. `null` without an answer. */
  input_tokens: Count,
  output_tokens: Count,
  /** What this row added to the cost: 0 where an equal request's answer was shared, `null` where the price is unknown. */
  cost_usd: Schema.NullOr(Schema.Finite),
  /** All its answers are those of equal requests before it. */
  shared: Schema.Boolean,
  /** Identity of the last request; `null` where none was made. */
  key: Text
})
export type ExportRow = typeof ExportRow.Type
