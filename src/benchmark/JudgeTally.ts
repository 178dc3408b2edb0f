/** Counts what judges were asked and what it cost, in 20 bytes a verdict. Mutable, and owned by the one pass that fills it. */
import type { BenchmarkReport } from "../report/BenchmarkReport.ts"
import * as Occurrences from "../run/Occurrences.ts"
import type { Judges, Verdict } from "./Judging.ts"
import { idOf } from "./Scorer.ts"

export type JudgeReport = NonNullable<BenchmarkReport["judges"]>[number]

export interface JudgeTally {
  /** One answer's verdicts, in the order of the judges. */
  readonly add: (verdicts: ReadonlyArray<Verdict>) => void
  /** None where there is no judge: a report leaves the field out. */
  readonly report: () => ReadonlyArray<JudgeReport>
}

export const make = (judges: Judges<never, never>): JudgeTally => {
  const counts = judges.map(() => ({ asked: 0, judged: 0, cost: 0, input: 0, output: 0 }))
  const priced = judges.map(() => true)
  /** Equal answers share a verdict, and it was paid for once. */
  const seen = Occurrences.make()
  return {
    add: (verdicts) =>
      verdicts.forEach(({ key, outcome, response }, index) => {
        const count = counts[index]
        if (count === undefined || key === undefined) return
        count.asked += 1
        if (outcome._tag === "Score") count.judged += 1
        if (response === undefined || seen(key) > 0) return
        count.cost += response.cost
        count.input += response.usage.input
        count.output += response.usage.output
        if (response.unpriced === true) priced[index] = false
      }),
    report: () =>
      judges.map((judge, index) => {
        const { asked = 0, judged = 0, cost = 0, input = 0, output = 0 } = counts[index] ?? {}
        return {
          scorer: idOf(judge),
          model: judge.model,
          ...{ asked, judged },
          costUsd: priced[index] === true ? cost / 1e9 : null,
          inputTokens: input,
          outputTokens: output
        }
      })
  }
}
