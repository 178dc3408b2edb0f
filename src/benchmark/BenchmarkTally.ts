/** Folds the results of a scoring pass, item by item, into a report. Mutable, and owned by that pass. */
import * as CostReport from "../cost/CostReport.ts"
import * as Money from "../cost/Money.ts"
import type { ModelCatalog } from "../model/ModelCatalog.ts"
import type { ArmReport, BenchmarkReport } from "../report/BenchmarkReport.ts"
import * as Comparisons from "../report/Comparisons.ts"
import * as Figures from "../report/Figures.ts"
import { version } from "../report/Version.ts"
import * as TokenUsage from "../request/TokenUsage.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import * as Groups from "../statistics/Groups.ts"
import type { Arm } from "./Arm.ts"
import * as ArmTally from "./ArmTally.ts"
import type { NoAnswerPolicy } from "./Benchmark.ts"
import { type ItemResult, paidOf, responsesOf } from "./ItemResult.ts"
import { idOf, type Scorer } from "./Scorer.ts"
import * as TagTally from "./tally/TagTally.ts"
import * as TemperatureCurves from "./tally/TemperatureCurves.ts"
import { scoresOf } from "./tally/Values.ts"

/** What the results do not say. */
export interface Facts {
  readonly active: ActiveRun
  readonly mode: BenchmarkReport["mode"]
  readonly simulated: boolean
  readonly elapsedSeconds: number
}

/** What the numbers are split and clustered by. */
export interface TalliedItem {
  readonly tags: ReadonlyArray<string>
  /** The cluster it belongs to, if any. */
  readonly group: string | undefined
}

export interface BenchmarkTally {
  /** One item: for each arm, in their order, the results of its repeats. */
  readonly add: (item: TalliedItem, byArm: ReadonlyArray<ReadonlyArray<ItemResult>>) => void
  readonly report: (facts: Facts) => BenchmarkReport
}

/** Reasons of scorers are free text; a report keeps the first of them. */
const KEPT_SCORE_FAILURES = 5

/** Of a benchmark. */
export interface Judged {
  readonly name: string
  readonly noAnswer: NoAnswerPolicy
  readonly scorers: ReadonlyArray<Pick<Scorer, "name" | "version">>
}

/**
 * Memory: that of `ArmTally.ts` for each arm, of `report/Comparisons.ts` for their pairs, of `tally/TagTally.ts` for tags, and
 * the name of each group. Without groups it does not grow beyond some 10 MB an arm, however many items there are.
 *
 * @param find the catalogue's, for what caching and batches saved
 */
export const make = (
  { name, noAnswer, scorers }: Judged,
  arms: ReadonlyArray<Arm>,
  repeats: number,
  find: ModelCatalog["Service"]["find"] = () => undefined
): BenchmarkTally => {
  const tallies = arms.map((arm) =>
    ArmTally.make({ arm, model: find(arm.model), repeats, scorers, noAnswer })
  )
  const comparisons = Comparisons.make(arms.map(({ label }) => label))
  const tags = TagTally.make(arms.length)
  const groups = Groups.numbering()
  const failures = new Map<string, { items: number; advice: string }>()
  const scoreFailures = new Map<string, { scorer: string; reason: string }>()
  let usage = TokenUsage.none
  let simulated = false
  let secondTriesFailed = 0

  const look = (result: ItemResult) => {
    for (const response of responsesOf(result)) simulated ||= response.simulated
    for (const response of paidOf(result)) usage = TokenUsage.add(usage, response.usage)
    if (result._tag === "Scored") noteScoreFailures(result.scores)
    if (result._tag === "NoAnswer" && result.failure !== undefined) secondTriesFailed += 1
    if (result._tag !== "Failed") return
    const { reason, advice } = result.failure
    const known = failures.get(reason)
    if (known === undefined) failures.set(reason, { items: 1, advice })
    else known.items += 1
  }

  const noteScoreFailures = (scores: Extract<ItemResult, { _tag: "Scored" }>["scores"]) => {
    scores.forEach((outcome, index) => {
      if (outcome._tag === "Score" || scoreFailures.size >= KEPT_SCORE_FAILURES) return
      const scorer = idOf(scorers[index] ?? { name: "", version: 0 })
      scoreFailures.set(`${scorer} ${outcome.reason}`, { scorer, reason: outcome.reason })
    })
  }

  const add: BenchmarkTally["add"] = (item, byArm) => {
    const group = item.group === undefined ? undefined : groups.of(item.group)
    byArm.forEach((results, index) => {
      results.forEach(look)
      tallies[index]?.add(results, group)
    })
    const scores = byArm.map((results) => scoresOf(results, noAnswer))
    comparisons.add(scores, group)
    tags.add(item.tags, group, scores)
  }

  /** What is there only where the run had something to tell of it. */
  const optional = (reports: ReadonlyArray<ArmReport>) => {
    const curves = TemperatureCurves.make(reports)
    const byTag = tags.report()
    return {
      ...(arms.length > 1 ? { comparisons: comparisons.result() } : {}),
      ...(curves === undefined ? {} : { temperatureCurves: curves }),
      ...(byTag === undefined ? {} : { tags: byTag })
    }
  }

  const report = (facts: Facts): BenchmarkReport => {
    const { active } = facts
    const { counters, journal } = active
    const reports = tallies.map((tally) => tally.report())
    const stopped = active.anyStop()
    const missing = total(reports, (arm) => arm.missing)
    const answered = total(reports, (arm) => arm.scored)
    const failed = total(reports, (arm) => arm.failed)
    const items = total(reports, (arm) => arm.items)
    return {
      spillway: version,
      benchmark: name,
      run: active.name,
      mode: facts.mode,
      simulated: simulated || facts.simulated,
      complete: missing === 0 && stopped === undefined,
      stopped: stopped?.message ?? null,
      elapsedSeconds: facts.elapsedSeconds,
      noAnswerPolicy: noAnswer,
      requests: {
        items,
        answered,
        noAnswer: items - answered - failed - missing,
        failed,
        missing,
        fromStore: counters.fromStore,
        sent: counters.sent,
        retries: counters.retries,
        rateLimited: counters.rateLimited,
        unknownOutcome: counters.unknownOutcome + journal.recovered.unresolved
      },
      usage: {
        inputTokens: usage.input,
        cachedInputTokens: usage.cached,
        outputTokens: usage.output,
        reasoningTokens: usage.reasoning
      },
      costUsd: reports.some((arm) => arm.costUsd === null)
        ? null
        : Math.round(total(reports, (arm) => (arm.costUsd ?? 0) * 1e9)) / 1e9,
      spentUsd: Money.toUsd(Money.add(journal.recovered.spent, Money.NanoUsd(counters.spent))),
      cost: CostReport.make(counters),
      arms: reports,
      ...optional(reports),
      failures: [...failures]
        .map(([reason, { items, advice }]) => ({ reason, items, advice }))
        .sort((a, b) => b.items - a.items),
      scoreFailures: [...scoreFailures.values()],
      warnings: [
        ...active.warnings,
        ...(tags.isCut() ? [MANY_TAGS] : []),
        ...(secondTriesFailed === 0 ? [] : [withoutSecondTry(secondTriesFailed)])
      ]
    }
  }

  return { add, report }
}

const MANY_TAGS = `The items have more than ${TagTally.TOLD_APART} tags: scores by tag are of the first ${TagTally.TOLD_APART}.`

const withoutSecondTry = (count: number): string =>
  `${Figures.plural(count, "second try", "second tries")} failed: what the first one ended with counts. --retry-failed asks again.`

const total = (arms: ReadonlyArray<ArmReport>, of: (arm: ArmReport) => number): number =>
  arms.reduce((sum, arm) => sum + of(arm), 0)
