/**
 * Counts the results of one arm. Memory: that of `Percentiles.ts`, and 26 bytes a group for each scorer; nothing that grows
 * with the items. Mutable, and owned by the one pass that fills it.
 */
import type { ModelInfo } from "../model/ModelInfo.ts"
import type { ArmReport, Score } from "../report/BenchmarkReport.ts"
import type { NoAnswerReason } from "../request/ModelResponse.ts"
import * as ScorePolicies from "../statistics/ScorePolicies.ts"
import type { Arm } from "./Arm.ts"
import type { NoAnswerPolicy } from "./Benchmark.ts"
import type { ItemResult } from "./ItemResult.ts"
import { idOf, type Scorer } from "./Scorer.ts"
import * as AnswerTally from "./tally/AnswerTally.ts"
import * as RepeatsTally from "./tally/RepeatsTally.ts"
import { outcomeOf } from "./tally/Values.ts"

export interface Options {
  readonly arm: Arm
  /** The catalogue's entry, where it knows the arm's model. */
  readonly model?: ModelInfo | undefined
  readonly repeats: number
  readonly scorers: ReadonlyArray<Pick<Scorer, "name" | "version">>
  readonly noAnswer: NoAnswerPolicy
}

export interface ArmTally {
  /**
   * All repeats of one item; the unit that intervals take for independent, where it has no group.
   * @param group number of the cluster it belongs to (`Groups.numbered`)
   */
  readonly add: (repeats: ReadonlyArray<ItemResult>, group?: number) => void
  readonly report: () => ArmReport
}

const fieldOf: Record<
  NoAnswerReason,
  "refused" | "truncated" | "filtered" | "empty" | "offSchema"
> = {
  refused: "refused",
  truncated: "truncated",
  filtered: "filtered",
  empty: "empty",
  "off-schema": "offSchema"
}

export const make = ({ arm, model, repeats, scorers, noAnswer }: Options): ArmTally => {
  const ends = { items: 0, scored: 0, refused: 0, truncated: 0, filtered: 0, empty: 0 }
  const others = { offSchema: 0, failed: 0, missing: 0 }
  const counts = { ...ends, ...others }
  const answers = AnswerTally.make(model)
  const policies = scorers.map(() => ScorePolicies.numbered())
  const repeated = repeats > 1 ? RepeatsTally.make({ repeats, noAnswer }) : undefined
  let grouped = false

  const count = (result: ItemResult) => {
    counts.items += 1
    answers.add(result)
    if (result._tag === "Failed") counts.failed += 1
    else if (result._tag === "Missing") counts.missing += 1
    else if (result._tag === "Scored") counts.scored += 1
    else counts[fieldOf[result.reason]] += 1
  }

  const add: ArmTally["add"] = (results, group) => {
    grouped ||= group !== undefined
    results.forEach(count)
    policies.forEach((policy, scorer) => {
      policy.add(
        results.map((result) => outcomeOf(result, scorer)),
        group
      )
    })
    repeated?.add(results, group)
  }

  const report = (): ArmReport => {
    const results = policies.map((policy) => policy.result())
    const [first] = results
    const chosen = noAnswer === "wrong" ? first?.noAnswerWrong : first?.noAnswerExcluded
    return {
      label: arm.label,
      model: arm.model,
      temperature: arm.temperature ?? null,
      reasoningEffort: arm.reasoningEffort ?? null,
      prompt: arm.prompt ?? null,
      repeats,
      ...counts,
      wrong: first?.counts.wrong ?? 0,
      score: scoreOf(chosen),
      scorers: results.map(({ counts, noAnswerExcluded, noAnswerWrong }, scorer) => ({
        scorer: idOf(scorers[scorer] ?? { name: "", version: 0 }),
        noAnswerWrong: scoreOf(noAnswerWrong),
        noAnswerExcluded: scoreOf(noAnswerExcluded),
        scoreFailed: counts.scoreFailed
      })),
      ...answers.report(),
      ...(grouped ? { groups: chosen?.clusters ?? 0 } : {}),
      ...(repeated === undefined ? {} : { repeated: repeated.report() })
    }
  }

  return { add, report }
}

const scoreOf = (policy: ScorePolicies.Policy | null | undefined): Score => ({
  mean: policy?.mean ?? null,
  ci95: policy?.ci95 ?? null,
  n: policy?.n ?? 0
})
