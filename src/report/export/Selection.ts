/** Which rows an export is asked for: `--only wrong,failed`. Right and wrong are the first scorer's. */
import { Schema } from "effect"
import type { TrialRecord } from "../../checkpoint/ItemRecord.ts"
import { NoAnswerReason } from "../../request/ModelResponse.ts"

export const Kind = Schema.Literals([
  /** The first scorer gave 1. */
  "right",
  /** Between 0 and 1. */
  "partly",
  /** 0. An answer that is missing, refused or failed is not wrong. */
  "wrong",
  ...NoAnswerReason.literals,
  "failed",
  "missing",
  /** Answered, and at least one scorer could not judge it. */
  "score-failed"
])
export type Kind = typeof Kind.Type

export const kinds: ReadonlyArray<Kind> = Kind.literals

/** A row may be of two kinds: right by the first scorer, and one that the second could not judge. */
export const kindsOf = ({ end, scores }: TrialRecord): ReadonlyArray<Kind> => {
  if (end !== "scored") return [end]
  const [first] = scores
  const failed = scores.some(({ value }) => value === undefined)
  return [
    ...(first?.value === undefined ? [] : [gradeOf(first.value)]),
    ...(failed ? (["score-failed"] as const) : [])
  ]
}

const gradeOf = (score: number): Kind => (score === 1 ? "right" : score === 0 ? "wrong" : "partly")

export interface Selection {
  /** Rows of at least one of these kinds. Default: all. */
  readonly only?: ReadonlyArray<Kind> | undefined
  /** Rows of these arms, by label. Default: all. */
  readonly arms?: ReadonlyArray<string> | undefined
}

export const selects =
  ({ arms = [], only = [] }: Selection) =>
  (trial: TrialRecord): boolean =>
    (arms.length === 0 || arms.includes(trial.arm)) &&
    (only.length === 0 || kindsOf(trial).some((kind) => only.includes(kind)))
