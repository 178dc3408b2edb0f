/**
 * What a run writes down: one closed, versioned union, so that intents, answers, failures and deliveries are one log
 * with one atomic append. The log alone tells what was answered and what was paid.
 */
import { Schema } from "effect"
import { ModelResponse } from "../request/ModelResponse.ts"
import * as BatchRecord from "./BatchRecord.ts"
import * as BlockRecord from "./BlockRecord.ts"
import { RequestKey } from "./RequestKey.ts"

/** Version of the records below, and of results; a store of a newer version is refused, an older one is migrated. */
export const VERSION = 3

/** The last word on an item that could not be answered; the same value live and from the store. */
export const Failure = Schema.Struct({
  /** Tag of the reason, as `InvalidRequest`. */
  reason: Schema.String,
  message: Schema.String,
  advice: Schema.String,
  /** A later run could succeed: `--retry-failed` tries these again. */
  retryable: Schema.Boolean,
  billed: Schema.Literals(["no", "yes", "unknown"]),
  attempts: Schema.Int
})
export type Failure = typeof Failure.Type

/** About to send what costs money. Open until `Released` or `Answered` for the same key and attempt. */
export const Intent = Schema.TaggedStruct("Intent", {
  key: RequestKey,
  /** 0 for the first attempt. */
  attempt: Schema.Int,
  /** Worst case of this attempt in 1e-9 USD. */
  reserved: Schema.Int,
  /** Unix milliseconds. */
  at: Schema.Finite
})

/** An attempt ended without an answer. `unknown`: it may have been billed, and `spent` is the worst case. */
export const Released = Schema.TaggedStruct("Released", {
  key: RequestKey,
  attempt: Schema.Int,
  spent: Schema.Int,
  unknown: Schema.Boolean
})

/** An answer, durable; closes the open intent of its key and adds `response.cost` to what was spent. */
export const Answered = Schema.TaggedStruct("Answered", {
  key: RequestKey,
  attempt: Schema.Int,
  response: ModelResponse,
  at: Schema.Finite
})

/** No answer will be tried for any more. What it cost is in its `Released` records. */
export const Failed = Schema.TaggedStruct("Failed", {
  key: RequestKey,
  failure: Failure,
  at: Schema.Finite
})

/** The user's sink has acknowledged the outcome of this item. */
export const Delivered = Schema.TaggedStruct("Delivered", {
  itemId: Schema.String,
  key: RequestKey
})

/** A scorer's verdict on a stored answer. */
export const Scored = Schema.TaggedStruct("Scored", {
  key: RequestKey,
  itemId: Schema.String,
  /** Name and version, as `lastNumber@1`. */
  scorer: Schema.String,
  score: Schema.Json
})

/**
 * How a start was doing at a moment: `run/Vitals.ts`. Counts are those of the start, from 0 at its beginning; what is
 * drawn over time is the difference between two of them.
 */
export const Vitals = Schema.TaggedStruct("Vitals", {
  /** Unix milliseconds of the start's beginning: what is equal in its records. */
  start: Schema.Finite,
  /** Unix milliseconds. */
  at: Schema.Finite,
  /** Outcomes, those that the store had included. */
  answered: Schema.Int,
  noAnswer: Schema.Int,
  failed: Schema.Int,
  /** Part of the three: outcomes that the store had. */
  fromStore: Schema.Int,
  /** Requests that left, retries included. */
  sent: Schema.Int,
  retries: Schema.Int,
  /** Attempts answered by 429. */
  rateLimited: Schema.Int,
  /** 1e-9 USD. */
  spent: Schema.Int,
  /** Of all runs on the same limiter; absent where the program has none that can be seen. */
  inFlight: Schema.optionalKey(Schema.Int),
  /** Share of the quota used over the last minute, 0 to 1: that of the tightest bucket of the busiest pool. */
  quotaShare: Schema.optionalKey(Schema.Finite),
  /** What is with the Batch API; absent where nothing is. */
  batches: Schema.optionalKey(
    Schema.Struct({ open: Schema.Int, lines: Schema.Int, done: Schema.Int })
  )
})
export type Vitals = typeof Vitals.Type

/** The settings a run was started with: what `--run NAME` remembers. The last one holds. */
export const Configured = Schema.TaggedStruct("Configured", { settings: Schema.Json })

/** The report at the end of an invocation. The last one holds. */
export const Reported = Schema.TaggedStruct("Reported", {
  report: Schema.Json,
  /** Unix milliseconds; absent in logs of earlier versions. */
  at: Schema.optionalKey(Schema.Finite)
})

export const RunRecord = Schema.Union([
  Intent,
  Released,
  Answered,
  Failed,
  Delivered,
  Scored,
  Configured,
  Reported,
  Vitals,
  ...BlockRecord.members,
  ...BatchRecord.members
])
export type RunRecord = typeof RunRecord.Type
export type RecordTag = RunRecord["_tag"]
