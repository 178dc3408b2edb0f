/**
 * One score, twice: with the answers that the model did not give counted as wrong, and with them left out. Neither is
 * the right one for everybody, and the gap says how much hangs on it. Failed requests are nobody's wrong answers: they
 * are in neither score. Each kind is counted apart. Sums are kept, so memory grows with the groups alone.
 */
import type { NoAnswerReason } from "../request/ModelResponse.ts"
import * as Groups from "./Groups.ts"
import * as Statistics from "./Statistics.ts"

export type Outcome =
  /** From 0 to 1. */
  | { readonly _tag: "Scored"; readonly value: number }
  /** The model's doing: refused, cut off, … */
  | { readonly _tag: "NoAnswer"; readonly reason: NoAnswerReason }
  /** Answered, and the scorer gave no score. */
  | { readonly _tag: "ScoreFailed" }
  /** Ours or the network's fault. */
  | { readonly _tag: "Failed" }
  /** Not reached, because the run stopped. */
  | { readonly _tag: "Missing" }

export interface Counts {
  readonly scored: number
  /** Of `scored`: those of score 0. */
  readonly wrong: number
  readonly noAnswer: Readonly<Record<NoAnswerReason, number>>
  readonly scoreFailed: number
  readonly failed: number
  readonly missing: number
}

export interface Policy extends Statistics.Estimate {
  /** Outcomes in the mean. */
  readonly n: number
  /** Independent units: groups, and items without one. */
  readonly clusters: number
}

export interface BothPolicies {
  readonly counts: Counts
  /** No answer is a 0; `null` without any outcome to count. */
  readonly noAnswerWrong: Policy | null
  /** No answer is left out. */
  readonly noAnswerExcluded: Policy | null
}

/** Mutable, and owned by the one pass that fills it. */
export interface ScorePolicies<in Group = string> {
  /**
   * All repeats of one item.
   * @param group of the item, if it has one
   */
  readonly add: (repeats: ReadonlyArray<Outcome>, group?: Group) => void
  readonly result: () => BothPolicies
}

export const make = (): ScorePolicies => from(Groups.make)

/** Where groups are numbered: `Groups.numbered`. */
export const numbered = (): ScorePolicies<number> => from(Groups.numbered)

const from = <Group>(groups: () => Groups.Groups<Group>): ScorePolicies<Group> => {
  const wrong = groups()
  const excluded = groups()
  const ends = { scored: 0, wrong: 0, scoreFailed: 0, failed: 0, missing: 0 }
  const noAnswer = { refused: 0, truncated: 0, filtered: 0, "off-schema": 0, empty: 0 }

  const count = (outcome: Outcome) => {
    switch (outcome._tag) {
      case "Scored":
        ends.scored += 1
        if (outcome.value === 0) ends.wrong += 1
        break
      case "NoAnswer":
        noAnswer[outcome.reason] += 1
        break
      case "ScoreFailed":
        ends.scoreFailed += 1
        break
      case "Failed":
        ends.failed += 1
        break
      case "Missing":
        ends.missing += 1
        break
    }
  }

  const add: ScorePolicies<Group>["add"] = (repeats, group) => {
    repeats.forEach(count)
    const given = repeats.flatMap((one) => (one._tag === "Scored" ? [one.value] : []))
    const unanswered = repeats.flatMap((one) => (one._tag === "NoAnswer" ? [0] : []))
    excluded.add(given, group)
    wrong.add([...given, ...unanswered], group)
  }

  const result = (): BothPolicies => ({
    counts: { ...ends, noAnswer: { ...noAnswer } },
    noAnswerWrong: policyOf(wrong.sums()),
    noAnswerExcluded: policyOf(excluded.sums())
  })

  return { add, result }
}

const policyOf = (sums: Statistics.Sums): Policy | null => {
  const estimate = Statistics.estimate(sums)
  return estimate === null ? null : { ...estimate, n: sums.scores, clusters: sums.clusters }
}
