/**
 * What `spillway compare` found, as `--json` writes it: runs, or arms of runs, against each other on the items they have
 * in common. Every number that is not known is `null`. Made by `Compare.ts`, shown by `CompareSections.ts`.
 */
import { Schema } from "effect"
import { ComparisonReport, Score } from "../BenchmarkReport.ts"

const Count = Schema.Int
const Figure = Schema.NullOr(Schema.Finite)

/** One arm of one run, over all of its items. */
export const Side = Schema.Struct({
  /** What the report calls it: the run's name, the arm's label, or both, so that no two are alike. */
  name: Schema.String,
  run: Schema.String,
  runId: Schema.String,
  /** The arm's label. */
  arm: Schema.String,
  benchmark: Schema.NullOr(Schema.String),
  servedModels: Schema.Array(Schema.String),
  /** Different items, and requests: items times repeats. */
  items: Count,
  requests: Count,
  /** Requests by their end; their sum is `requests`. */
  scored: Count,
  refused: Count,
  truncated: Count,
  filtered: Count,
  empty: Count,
  offSchema: Count,
  failed: Count,
  missing: Count,
  /** Of `scored`: a score of 0, and no score at all because the scorer could not judge. */
  wrong: Count,
  scoreFailed: Count,
  /** Refused, truncated, filtered, empty and off-schema answers are 0, or left out. */
  noAnswerWrong: Score,
  noAnswerExcluded: Score,
  /** Of trials that ended with an answer or a refusal. Tokens and price: of all answers, shared ones once. */
  latencySeconds: Schema.Struct({ p50: Figure, p95: Figure, p99: Figure }),
  inputTokens: Count,
  outputTokens: Count,
  /** Price of its answers; `null` where a price is unknown. */
  costUsd: Figure
})
export type Side = typeof Side.Type

export const WonItem = Schema.Struct({
  itemId: Schema.String,
  /** Position and line in the dataset of the first side. */
  index: Count,
  line: Count,
  /** What was asked and what is right, shortened. */
  prompt: Schema.String,
  target: Schema.String,
  /** The item's score in the first side and in the second. */
  a: Schema.Finite,
  b: Schema.Finite
})
export type WonItem = typeof WonItem.Type

/** Items that one side did better on; where answers are right or wrong, those that it alone got right. */
export const Won = Schema.Struct({
  items: Count,
  /** In the dataset's order: all of them, up to 50,000 for a single pair, of more pairs as many together. */
  listed: Schema.Array(WonItem)
})
export type Won = typeof Won.Type

export const Pair = Schema.Struct({
  /** Names of two sides. */
  a: Schema.String,
  b: Schema.String,
  /** Items by where they are. */
  common: Count,
  onlyInA: Count,
  onlyInB: Count,
  /** Of `common`: without a score in one of the two, because the request failed, is missing, or was not judged. */
  unpaired: Count,
  /** Of the rest, under `noAnswerPolicy`. */
  comparison: ComparisonReport,
  /** The same under the other policy. */
  otherPolicy: ComparisonReport,
  betterA: Won,
  betterB: Won
})
export type Pair = typeof Pair.Type

export const CompareReport = Schema.Struct({
  /** Version of Spillway. */
  spillway: Schema.String,
  /** What scored all sides, as `lastNumber@1`. */
  scorer: Schema.String,
  noAnswerPolicy: Schema.Literals(["wrong", "exclude"]),
  /** At least one answer was written by a simulated provider. */
  simulated: Schema.Boolean,
  /** `false`: a run is unfinished. */
  complete: Schema.Boolean,
  sides: Schema.Array(Side),
  /** All pairs of up to 10 sides, of more each against the first. */
  pairs: Schema.Array(Pair),
  warnings: Schema.Array(Schema.String)
})
export type CompareReport = typeof CompareReport.Type
