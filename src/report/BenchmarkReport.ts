/**
 * The result of a benchmark as `--json` writes it and the store keeps it. Every number that is not known is `null`,
 * never 0 or NaN. Made by `benchmark/BenchmarkTally.ts`; shown by `TerminalReport.ts` and `MarkdownReport.ts`.
 */
import { Schema } from "effect"
import { CostReport } from "../cost/CostReport.ts"

/** A mean from 0 to 1. */
export const Score = Schema.Struct({
  mean: Schema.NullOr(Schema.Finite),
  /** 95% interval; repeats of one item are not taken for independent. */
  ci95: Schema.NullOr(Schema.Tuple([Schema.Finite, Schema.Finite])),
  /** Scores in the mean. */
  n: Schema.Int
})
export type Score = typeof Score.Type

/** One scorer's result, under both ways to count answers that the model did not give. */
export const ScorerReport = Schema.Struct({
  /** As `lastNumber@1`. */
  scorer: Schema.String,
  /** Refused, truncated, filtered and empty answers are 0. */
  noAnswerWrong: Score,
  /** They are left out. */
  noAnswerExcluded: Score,
  /** Answers that the scorer threw on or gave no number from 0 to 1; in neither mean. */
  scoreFailed: Schema.Int
})
export type ScorerReport = typeof ScorerReport.Type

const Count = Schema.Int

const Figure = Schema.NullOr(Schema.Finite)

/**
 * What several answers to the same items tell, by the first scorer. An answer that the model did not give counts as in the
 * score, and says nothing about agreement; failed ones are in no number. Made by `benchmark/tally/RepeatsTally.ts`.
 */
export const RepeatsReport = Schema.Struct({
  /** How much of the scores' variance lies between items and how much within: `statistics/VarianceShares.ts`. */
  variance: Schema.Struct({
    within: Figure,
    between: Figure,
    shareWithin: Figure,
    shareBetween: Figure,
    /** Intraclass correlation ICC(1,1). */
    intraclass: Figure
  }),
  /** Do the repeats of an item agree? Of what was extracted, else of the score: `statistics/Agreement.ts`. */
  agreement: Schema.Struct({ items: Count, allEqual: Figure, pairwise: Figure, alpha: Figure }),
  /** Score of the answer that most repeats of an item gave; `mean` is null where the scorer extracts nothing to vote on. */
  majority: Score,
  /** A success is a score of 1. For k = 1, 2, 5, 10, … up to the repeats, and the number of repeats. */
  passAt: Schema.Array(
    Schema.Struct({
      k: Count,
      /** At least one of k is right, and all of k are. */
      passAtK: Score,
      passHatK: Score
    })
  )
})
export type RepeatsReport = typeof RepeatsReport.Type

/** Two arms (or two runs) on the items that both scored, by the first scorer: `statistics/PairedDifference.ts`. */
export const ComparisonReport = Schema.Struct({
  a: Schema.String,
  b: Schema.String,
  /** Items in common, that have a score under the benchmark's policy in both; without any all figures are `null`. */
  items: Count,
  meanA: Figure,
  meanB: Figure,
  /** `meanB - meanA` over these items; the interval is that of the pairs. */
  difference: Figure,
  ci95: Schema.NullOr(Schema.Tuple([Schema.Finite, Schema.Finite])),
  /**
   * By the paired bootstrap (BCa), of groups where items have them, with a fixed seed. `null` where it was not run (above
   * 100,000 items, or too many pairs for so many items: `Comparisons.ts`), and where all items differ by the same.
   */
  bootstrapCi95: Schema.NullOr(Schema.Tuple([Schema.Finite, Schema.Finite])),
  /** Two-sided, of `test`; `null` where a single item or group gives no idea of the spread. */
  p: Figure,
  /** The same, corrected for all comparisons of the report by Holm's method. */
  pHolm: Figure,
  test: Schema.Literals(["mcnemar", "student", "sign"]),
  /** Items by who got them right; `null` where scores are not right or wrong. */
  table: Schema.NullOr(Schema.Struct({ both: Count, onlyA: Count, onlyB: Count, neither: Count }))
})
export type ComparisonReport = typeof ComparisonReport.Type

/** Requests of one arm by their end: `items` is the sum of the others from `scored` to `missing`. */
const ends = {
  /** Items times repeats. */
  items: Count,
  /** Answered, and so given to the scorers. */
  scored: Count,
  refused: Count,
  /** Cut off at the output bound, also where reasoning used all of it. */
  truncated: Count,
  filtered: Count,
  empty: Count,
  /** Ours or the network's fault; in no score. */
  failed: Count,
  /** Not reached, because the run stopped. */
  missing: Count
}

export const ArmReport = Schema.Struct({
  /** As `gpt-6-luna t=0.7`. */
  label: Schema.String,
  model: Schema.String,
  /** The exact models that answered, by name. */
  servedModels: Schema.Array(Schema.String),
  temperature: Schema.NullOr(Schema.Finite),
  reasoningEffort: Schema.NullOr(Schema.String),
  /** Name of the prompt variant; absent or null where the benchmark has one prompt. */
  prompt: Schema.optionalKey(Schema.NullOr(Schema.String)),
  repeats: Count,
  ...ends,
  /** Answers that do not fit the benchmark's answer schema; absent in reports of earlier versions. */
  offSchema: Schema.optionalKey(Count),
  /** Of `scored`: answers that the first scorer gave 0. What a scorer found partly right is in none of these counts. */
  wrong: Count,
  /** The first scorer's mean under the benchmark's own policy. */
  score: Score,
  scorers: Schema.Array(ScorerReport),
  /**
   * From sending to the last byte, of the attempts that answered, all turns of a conversation together; of trials that
   * ended with an answer or a refusal, those that share another's answer included.
   */
  latencySeconds: Schema.Struct({
    p50: Schema.NullOr(Schema.Finite),
    p95: Schema.NullOr(Schema.Finite),
    p99: Schema.NullOr(Schema.Finite)
  }),
  /** Price of the arm's answers, shared ones once, those of earlier invocations included; `null` where a price is unknown. */
  costUsd: Schema.NullOr(Schema.Finite),
  /**
   * The price of its answers split by what it went for, attempts of this run without an answer added. Answers shared by
   * equal requests count once. Absent in reports of earlier versions.
   */
  cost: Schema.optionalKey(CostReport),
  /** Clusters that the interval takes for independent, where items have groups. */
  groups: Schema.optionalKey(Count),
  /** Where items were asked several times. */
  repeated: Schema.optionalKey(RepeatsReport)
})
export type ArmReport = typeof ArmReport.Type

export const BenchmarkReport = Schema.Struct({
  /** Version of Spillway. */
  spillway: Schema.String,
  benchmark: Schema.String,
  /** Name of the run. */
  run: Schema.String,
  /** How this start's requests were answered; `online` in all reports of earlier versions. */
  mode: Schema.Literals(["online", "batch", "hybrid"]),
  /** At least one answer was written by a simulated provider: the numbers say nothing about a real model. */
  simulated: Schema.Boolean,
  /** `false`: the run stopped, and the numbers cover what it reached. */
  complete: Schema.Boolean,
  /** Why it stopped. */
  stopped: Schema.NullOr(Schema.String),
  /** Of this invocation, scoring included. */
  elapsedSeconds: Schema.Finite,
  /** The benchmark's way to count items without an answer. */
  noAnswerPolicy: Schema.Literals(["wrong", "exclude"]),
  requests: Schema.Struct({
    items: Count,
    answered: Count,
    noAnswer: Count,
    failed: Count,
    missing: Count,
    /** Of this invocation, like the four below: outcomes that the store had. */
    fromStore: Count,
    /** Requests that left, retries included. */
    sent: Count,
    retries: Count,
    /** Attempts answered by 429. */
    rateLimited: Count,
    /** Attempts that may have been billed without an answer; those of a crashed invocation are found at the next start. */
    unknownOutcome: Count
  }),
  /** Of all answers in the report, shared ones once. */
  usage: Schema.Struct({
    inputTokens: Count,
    cachedInputTokens: Count,
    outputTokens: Count,
    reasoningTokens: Count
  }),
  /** Price of all answers in the report, whichever invocation or run paid for them; `null` where a price is unknown. */
  costUsd: Schema.NullOr(Schema.Finite),
  /** What this run has spent in all its invocations, attempts without an answer at their worst case included. */
  spentUsd: Schema.Finite,
  /** What this invocation has spent, split by what it went for; absent in reports of earlier versions. */
  cost: Schema.optionalKey(CostReport),
  arms: Schema.Array(ArmReport),
  /** Arms against each other: all pairs of up to 10 arms, of more each against the first. Absent for a single arm. */
  comparisons: Schema.optionalKey(Schema.Array(ComparisonReport)),
  /** Score against temperature, for each combination of the other axes that was run at two temperatures or more. */
  temperatureCurves: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        /** The arm's label without its temperature. */
        name: Schema.String,
        points: Schema.Array(Schema.Struct({ temperature: Schema.Finite, score: Score }))
      })
    )
  ),
  /** The first scorer's score by tag, the most frequent 50 tags. Absent where no item has one. */
  tags: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        tag: Schema.String,
        /** Items with the tag. */
        items: Count,
        /** In the order of the arms, under the benchmark's own policy. */
        scores: Schema.Array(Score)
      })
    )
  ),
  /** Models that graded answers; their cost is in no arm's. */
  judges: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        scorer: Schema.String,
        model: Schema.String,
        /** Answers that were given to it, and verdicts it gave. */
        asked: Count,
        judged: Count,
        /** Price of its verdicts, `null` where the model's price is unknown. */
        costUsd: Schema.NullOr(Schema.Finite),
        inputTokens: Count,
        outputTokens: Count
      })
    )
  ),
  /** Items passed over because they do not fit the item schema (`skipInvalid`); the first few of them. */
  skipped: Schema.optionalKey(Schema.Struct({ items: Count, first: Schema.Array(Schema.String) })),
  /** Failed items by reason, most frequent first. */
  failures: Schema.Array(
    Schema.Struct({ reason: Schema.String, items: Count, advice: Schema.String })
  ),
  /** Reasons for which scorers gave no score, the first few. */
  scoreFailures: Schema.Array(Schema.Struct({ scorer: Schema.String, reason: Schema.String })),
  warnings: Schema.Array(Schema.String)
})
export type BenchmarkReport = typeof BenchmarkReport.Type
