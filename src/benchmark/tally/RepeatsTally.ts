/**
 * What several answers of one arm to the same items tell, by the first scorer. Variance, pass@k and pass^k count an answer
 * that the model did not give as the score does: as 0, or not at all. It says nothing about agreement, and does not vote:
 * the majority's score is of the answers that had something extracted, and only an item without any such answer has the
 * mean of its repeats' scores instead, with 0 for what the model did not give where that counts as wrong. Where no item has
 * one there is no majority.
 * Failed ones are in no number. Memory: that of `Agreement.ts`, and 13 bytes a group for each interval.
 */
import type { RepeatsReport } from "../../report/BenchmarkReport.ts"
import * as Agreement from "../../statistics/Agreement.ts"
import * as Groups from "../../statistics/Groups.ts"
import * as MajorityVote from "../../statistics/MajorityVote.ts"
import { meanOf } from "../../statistics/PairedDifference.ts"
import * as PassAtK from "../../statistics/PassAtK.ts"
import * as VarianceShares from "../../statistics/VarianceShares.ts"
import type { NoAnswerPolicy } from "../Benchmark.ts"
import type { ItemResult } from "../ItemResult.ts"
import { reported, scoreOf, scoresOf } from "./Values.ts"

export interface Options {
  readonly repeats: number
  readonly noAnswer: NoAnswerPolicy
}

/** Mutable, and owned by the one pass that fills it. */
export interface RepeatsTally {
  readonly add: (results: ReadonlyArray<ItemResult>, group?: number) => void
  readonly report: () => RepeatsReport
}

export const make = ({ repeats, noAnswer }: Options): RepeatsTally => {
  const variance = VarianceShares.make()
  const agreement = Agreement.make()
  const majority = Groups.numbered()
  const passes = attempts(repeats).map((k) => ({
    k,
    atK: Groups.numbered(),
    hatK: Groups.numbered()
  }))
  /** Some answer had a part that was judged, as a number or a letter: something to vote on. */
  let extracts = false

  const add: RepeatsTally["add"] = (results, group) => {
    const scores = scoresOf(results, noAnswer)
    if (scores.length === 0) return
    variance.add(scores)
    const right = scores.filter((score) => score === 1).length
    for (const { k, atK, hatK } of passes) {
      atK.add(given(PassAtK.passAtK(scores.length, right, k)), group)
      hatK.add(given(PassAtK.passHatK(scores.length, right, k)), group)
    }
    const judged = results.flatMap((result) => {
      const outcome = scoreOf(result, 0)
      return outcome?._tag === "Score" ? [outcome] : []
    })
    agreement.add(
      judged.map(({ extracted, value }) => (extracted === undefined ? `${value}` : `=${extracted}`))
    )
    const votes = judged.flatMap(({ extracted, value }) =>
      extracted === undefined ? [] : [{ answer: extracted, score: value }]
    )
    extracts ||= votes.length > 0
    // Nobody can be followed where nothing was extracted: a draw among the repeats, as on a tie.
    majority.add([MajorityVote.score(votes) ?? meanOf(scores)], group)
  }

  const report = (): RepeatsReport => {
    const { within, between, shareWithin, shareBetween, intraclass } = variance.result()
    return {
      variance: { within, between, shareWithin, shareBetween, intraclass },
      agreement: agreement.result(),
      majority: extracts ? reported(majority.sums()) : { mean: null, ci95: null, n: 0 },
      passAt: passes.map(({ k, atK, hatK }) => ({
        k,
        passAtK: reported(atK.sums()),
        passHatK: reported(hatK.sums())
      }))
    }
  }

  return { add, report }
}

/** 1, 2, 5, 10, 20, 50, … up to the repeats, and the repeats themselves. */
export const attempts = (repeats: number): ReadonlyArray<number> => {
  const steps: Array<number> = []
  for (let power = 1; power <= repeats; power *= 10) {
    steps.push(...[power, 2 * power, 5 * power].filter((k) => k < repeats))
  }
  return [...steps, repeats]
}

const given = (value: number | null): ReadonlyArray<number> => (value === null ? [] : [value])
