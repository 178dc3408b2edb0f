/** Adds up one side of a comparison while its items pass. Memory: eight bytes an answer for the percentiles. */
import * as Percentiles from "../../benchmark/Percentiles.ts"
import type { ItemRecord, TrialRecord } from "../../checkpoint/ItemRecord.ts"
import type { NoAnswerReason } from "../../request/ModelResponse.ts"
import { meanOf } from "../../statistics/PairedDifference.ts"
import * as ScorePolicies from "../../statistics/ScorePolicies.ts"
import type { Score } from "../BenchmarkReport.ts"
import type { Side } from "./CompareReport.ts"
import type { Means } from "./ItemTable.ts"

type Named = Pick<Side, "name" | "run" | "runId" | "arm" | "benchmark">

/** Mutable, and owned by the one pass that fills it. */
export interface SideTally {
  /** One item's mean scores by the scorer; `undefined` where the item has no trial in this arm. */
  readonly add: (item: ItemRecord) => Means | undefined
  readonly result: (named: Named) => Side
}

export const make = (arm: string, scorer: string): SideTally => {
  const policies = ScorePolicies.make()
  const latencies = Percentiles.make()
  const served = new Set<string>()
  const sums = { items: 0, requests: 0, inputTokens: 0, outputTokens: 0, cost: 0 }
  let priced = true

  const count = (trial: TrialRecord) => {
    const { cost, inputTokens, latencyMs, outputTokens = 0, servedModel, shared } = trial
    sums.requests += 1
    if (servedModel !== undefined) served.add(servedModel)
    if (latencyMs !== undefined) latencies.add(latencyMs / 1000)
    // What an equal request paid for is counted there; without tokens there is no answer.
    if (shared === true || inputTokens === undefined) return
    sums.inputTokens += inputTokens
    sums.outputTokens += outputTokens
    if (cost === undefined) priced = false
    else sums.cost += cost
  }

  return {
    add: ({ group, trials }) => {
      const own = trials.filter((trial) => trial.arm === arm)
      if (own.length === 0) return undefined
      sums.items += 1
      own.forEach(count)
      const outcomes = own.map((trial) => outcomeOf(trial, scorer))
      policies.add(outcomes, group)
      return meansOf(outcomes)
    },
    result: (named) => {
      const { counts, noAnswerExcluded, noAnswerWrong } = policies.result()
      const { noAnswer, ...ends } = counts
      const { "off-schema": offSchema, ...others } = noAnswer
      return {
        ...named,
        servedModels: [...served].sort(),
        items: sums.items,
        requests: sums.requests,
        ...ends,
        // What a scorer could not judge was answered all the same.
        scored: ends.scored + ends.scoreFailed,
        ...others,
        offSchema,
        noAnswerWrong: scoreOf(noAnswerWrong),
        noAnswerExcluded: scoreOf(noAnswerExcluded),
        latencySeconds: {
          p50: latencies.at(0.5),
          p95: latencies.at(0.95),
          p99: latencies.at(0.99)
        },
        inputTokens: sums.inputTokens,
        outputTokens: sums.outputTokens,
        costUsd: priced ? sums.cost / 1e9 : null
      }
    }
  }
}

const outcomeOf = ({ end, scores }: TrialRecord, scorer: string): ScorePolicies.Outcome => {
  if (end === "failed") return { _tag: "Failed" }
  if (end === "missing") return { _tag: "Missing" }
  if (end !== "scored") return { _tag: "NoAnswer", reason: end satisfies NoAnswerReason }
  const value = scores.find((one) => one.scorer === scorer)?.value
  return value === undefined ? { _tag: "ScoreFailed" } : { _tag: "Scored", value }
}

const meansOf = (outcomes: ReadonlyArray<ScorePolicies.Outcome>): Means => {
  const given = outcomes.flatMap((one) => (one._tag === "Scored" ? [one.value] : []))
  const unanswered = outcomes.flatMap((one) => (one._tag === "NoAnswer" ? [0] : []))
  return { wrong: meanOrNone([...given, ...unanswered]), excluded: meanOrNone(given) }
}

const meanOrNone = (scores: ReadonlyArray<number>): number =>
  scores.length === 0 ? Number.NaN : meanOf(scores)

const scoreOf = (policy: ScorePolicies.Policy | null): Score =>
  policy === null
    ? { mean: null, ci95: null, n: 0 }
    : { mean: policy.mean, ci95: policy.ci95, n: policy.n }
