/** Results as numbers, for statistics. */
import type { Score } from "../../report/BenchmarkReport.ts"
import type { Outcome } from "../../statistics/ScorePolicies.ts"
import * as Statistics from "../../statistics/Statistics.ts"
import type { NoAnswerPolicy } from "../Benchmark.ts"
import type { ItemResult } from "../ItemResult.ts"
import type { ScoreOutcome } from "../Scorer.ts"

/** What a scorer made of a result. @param scorer its place among the benchmark's */
export const outcomeOf = (result: ItemResult, scorer: number): Outcome => {
  if (result._tag !== "Scored") return result
  const outcome = scoreOf(result, scorer)
  if (outcome === undefined) return { _tag: "Missing" }
  return outcome._tag === "Score" ? { _tag: "Scored", value: outcome.value } : outcome
}

/** Of a scored answer; of any other result there is none. */
export const scoreOf = (result: ItemResult, scorer: number): ScoreOutcome | undefined =>
  result._tag === "Scored" ? result.scores[scorer] : undefined

/**
 * The first scorer's scores of an item's repeats. An answer that the model did not give is 0 or nothing, as the benchmark
 * has it; a failed one is nothing.
 */
export const scoresOf = (
  results: ReadonlyArray<ItemResult>,
  noAnswer: NoAnswerPolicy
): ReadonlyArray<number> =>
  results.flatMap((result) => {
    const outcome = outcomeOf(result, 0)
    if (outcome._tag === "Scored") return [outcome.value]
    return outcome._tag === "NoAnswer" && noAnswer === "wrong" ? [0] : []
  })

/** As a report has it. */
export const reported = (sums: Statistics.Sums): Score => {
  const estimate = Statistics.estimate(sums)
  return { mean: estimate?.mean ?? null, ci95: estimate?.ci95 ?? null, n: sums.scores }
}
