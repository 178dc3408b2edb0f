/**
 * What makes an answer right: a named, versioned function from an item and its answer to a number from 0 to 1.
 * Name and version identify a score, so a scorer that judges differently needs a new version.
 */
import { Cause, Effect } from "effect"
import type { ModelResponse } from "../request/ModelResponse.ts"
import * as LastNumber from "./LastNumber.ts"

export interface ScoreInput<out Item> {
  readonly item: Item
  readonly target: string
  /** The text of the answer. */
  readonly text: string
  readonly response: ModelResponse
}

/** `true` is 1 and `false` is 0; a number must lie from 0 to 1. */
export type ScoreValue = number | boolean

export interface Scorer<in Item = unknown> {
  readonly name: string
  /** From 1; raise it when the same answer may get another score. */
  readonly version: number
  readonly score: (input: ScoreInput<Item>) => ScoreValue | Effect.Effect<ScoreValue, unknown>
}

/** A scorer that cannot judge is the benchmark's fault: its item is neither right nor wrong. */
export type ScoreOutcome =
  | { readonly _tag: "Score"; readonly value: number }
  | { readonly _tag: "ScoreFailed"; readonly reason: string }

/** As `lastNumber@1`. */
export const idOf = (scorer: Pick<Scorer, "name" | "version">): string =>
  `${scorer.name}@${scorer.version}`

/**
 * Your own rule. Where it looks at the item, name the item's type (`custom<Problem>(…)`), or write the scorer in place as
 * `{ name, version, score }`, which takes the type from the benchmark. It may return an Effect; whatever it throws, dies or fails
 * with becomes `ScoreFailed`.
 */
export const custom = <Item>(
  name: string,
  version: number,
  score: Scorer<Item>["score"]
): Scorer<Item> => ({ name, version, score })

/** 1 where answer and target are the same text, white space around them aside. Case and punctuation count. */
export const exactMatch: Scorer = custom(
  "exactMatch",
  1,
  ({ text, target }) => text.trim() === target.trim()
)

/**
 * 1 where the final number of the answer equals that of the target, as in GSM8K. The final number is the one after the
 * last `####`, else the last one in the text; `1,234.50`, `$1234.5`, `1234.5%` and `1234.50.` are all 1234.5.
 * A target without a number cannot be judged.
 */
export const lastNumber: Scorer = custom("lastNumber", 1, ({ text, target }) => {
  const expected = LastNumber.find(target)
  return expected === undefined
    ? Effect.fail("the target holds no number")
    : LastNumber.find(text) === expected
})

/** Never fails. */
export const judge = <Item>(
  scorer: Scorer<Item>,
  input: ScoreInput<Item>
): Effect.Effect<ScoreOutcome> =>
  Effect.suspend(() => {
    const result = scorer.score(input)
    return Effect.isEffect(result) ? result : Effect.succeed(result)
  }).pipe(
    Effect.map(checked),
    Effect.catchCause((cause) => Effect.succeed(failed(reasonOf(cause))))
  )

const failed = (reason: string): ScoreOutcome => ({ _tag: "ScoreFailed", reason })

const checked = (value: ScoreValue): ScoreOutcome => {
  if (value === true) return { _tag: "Score", value: 1 }
  if (value === false) return { _tag: "Score", value: 0 }
  return typeof value === "number" && value >= 0 && value <= 1
    ? { _tag: "Score", value }
    : failed(`a score lies from 0 to 1, not ${String(value)}`)
}

/** One line, bounded: it ends up in reports. */
const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const problem = Cause.squash(cause)
  const text = problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem)
  return (text.split("\n")[0] ?? "").slice(0, 200)
}
