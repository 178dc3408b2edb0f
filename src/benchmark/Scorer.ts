/**
 * What makes an answer right: a named, versioned function from an item and its answer to a number from 0 to 1.
 * Name and version identify a score, so a scorer that judges differently needs a new version. The ready-made ones are in
 * `scorer/`, one file each, and all found here but `scorer/Pattern.ts`, which loads an engine of its own.
 *
 * | answers | scorer |
 * | --- | --- |
 * | a fixed text | `exactMatch`; but for case, punctuation and articles: `normalised` |
 * | a text with the right words in it | `includes`; by a regular expression: `Pattern.pattern` |
 * | what stands behind "the answer is" | `finalAnswer`; as lm-evaluation-harness reads BIG-Bench Hard: `bbhExact` |
 * | a number | `lastNumber` (by its digits); with tolerance, units, fractions: `numeric` |
 * | GSM8K, comparable with published scores | `gsm8kStrict`, `gsm8kFlexible` |
 * | one of several options | `multipleChoice` |
 * | JSON | `jsonEqual`; of a form: `jsonSchema`, `fromJsonSchema` |
 * | a short passage | `tokenF1`, `squadExactMatch` |
 * | a judgement | a model's: `Judge.make` of `scorer/Judge.ts` |
 * | anything else | `custom` |
 *
 * All of them take time linear in the answer, or refuse it with the reason.
 */
import { Cause, Duration, Effect, Exit, Formatter, type Result } from "effect"
import type { ShownMessage } from "../checkpoint/ItemRecord.ts"
import type { GenerateRequest } from "../request/GenerateRequest.ts"
import type { ModelResponse } from "../request/ModelResponse.ts"
import { bounded } from "../transport/Redaction.ts"
import type { Turn } from "./Benchmark.ts"
import { isUnawaited } from "./ItemFault.ts"
import * as LastNumber from "./LastNumber.ts"

export { exactMatch } from "../scorer/Exact.ts"
export { bbhExact, finalAnswer } from "../scorer/FinalAnswer.ts"
export { gsm8kFlexible, gsm8kStrict } from "../scorer/Gsm8k.ts"
export { includes } from "../scorer/Includes.ts"
export { jsonEqual } from "../scorer/JsonEquality.ts"
export { fromJsonSchema, jsonSchema } from "../scorer/JsonSchema.ts"
export { multipleChoice } from "../scorer/MultipleChoice.ts"
export { normalised } from "../scorer/Normalised.ts"
export { numeric } from "../scorer/Numeric.ts"
export { squadExactMatch, tokenF1 } from "../scorer/TokenF1.ts"

export interface ScoreInput<out Item, out Answer = unknown> {
  readonly item: Item
  readonly target: string
  /** The text of the answer; of a conversation, the last one. */
  readonly text: string
  /** The text again, or the value of the benchmark's `answer` schema. */
  readonly answer: Answer
  readonly response: ModelResponse
  /** What was asked first, a system message included; pictures and the like are named, as `[image]`. */
  readonly messages: ReadonlyArray<ShownMessage>
  /** The whole conversation; one turn where the benchmark asks once. */
  readonly turns: ReadonlyArray<Turn>
}

/** A score with what there is to say about it; both texts are cut to `MAX_TEXT` characters. */
export interface Scored {
  /** `true` is 1 and `false` is 0; a number must lie from 0 to 1. */
  readonly value: number | boolean
  /** Why it is not 1. */
  readonly explanation?: string | undefined
  /** What of the answer was judged. */
  readonly extracted?: string | undefined
}

/** A value alone, or one with words. */
export type ScoreValue = number | boolean | Scored

export interface Scorer<in Item = unknown, in Answer = unknown> {
  readonly name: string
  /** From 1; raise it when the same answer may get another score. */
  readonly version: number
  readonly score: (
    input: ScoreInput<Item, Answer>
  ) => ScoreValue | Effect.Effect<ScoreValue, unknown>
  /** How long an Effect may take, until the answer's score has failed. Default: 1 minute. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * A scorer that asks a model: `Judge.make`. Its requests are the run's own: by its mode, within its limits and cap, kept
 * and reused by their content, at a cost of their own.
 */
export interface JudgeScorer<in Item = unknown, in Answer = unknown> {
  readonly _tag: "Judge"
  readonly name: string
  /** From 1; raise it when the same answer may get another score. */
  readonly version: number
  /** The model that grades; shown in reports. */
  readonly model: string
  /** A request of the same parts about nothing: checked against the catalogue before anything is spent. */
  readonly probe: GenerateRequest
  /** What it is asked about an answer; a failure is the reason why this one cannot be judged. */
  readonly request: (input: ScoreInput<Item, Answer>) => Result.Result<GenerateRequest, string>
  /** The score of its answer's text; a failure is the reason why the text is none. */
  readonly verdictOf: (text: string) => Result.Result<Scored, string>
}

export type AnyScorer<Item = unknown, Answer = unknown> =
  | Scorer<Item, Answer>
  | JudgeScorer<Item, Answer>

export const isJudge = <Item, Answer>(
  scorer: AnyScorer<Item, Answer>
): scorer is JudgeScorer<Item, Answer> => "_tag" in scorer && scorer._tag === "Judge"

/** A scorer that cannot judge is the benchmark's fault: its item is neither right nor wrong. */
export type ScoreOutcome =
  | {
      readonly _tag: "Score"
      readonly value: number
      readonly explanation?: string
      readonly extracted?: string
    }
  | { readonly _tag: "ScoreFailed"; readonly reason: string }

/** As `lastNumber@1`. */
export const idOf = (scorer: Pick<Scorer, "name" | "version">): string =>
  `${scorer.name}@${scorer.version}`

/**
 * Your own rule. Where it looks at the item, name the item's type (`custom<Problem>(…)`), or write the scorer in place as
 * `{ name, version, score }`, which takes the type from the benchmark. It may return an Effect; whatever it throws, dies or
 * fails with becomes `ScoreFailed`. An Effect ends at the scorer's `timeout`; code that is no Effect cannot be
 * interrupted and must end by itself, on an answer of many megabytes too.
 */
export const custom = <Item = unknown, Answer = unknown>(
  name: string,
  version: number,
  score: Scorer<Item, Answer>["score"]
): Scorer<Item, Answer> => ({ name, version, score })

/**
 * 1 where the final number of the answer equals that of the target, as in GSM8K. The final number is the one after the
 * last `####`, else the last one in the text; `1,234.50`, `$1234.5`, `1234.5%` and `1234.50.` are all 1234.5.
 * A target without a number cannot be judged.
 */
export const lastNumber: Scorer = custom("lastNumber", 1, ({ text, target }) => {
  const expected = LastNumber.find(target)
  if (expected === undefined) return Effect.fail("the target holds no number")
  const extracted = LastNumber.find(text)
  return extracted === undefined
    ? { value: 0, explanation: "the answer holds no number" }
    : { value: extracted === expected, extracted }
})

/** How long the Effect of a scorer may take where it names no time of its own. */
const TIMEOUT = Duration.minutes(1)

/** Characters of an explanation, and of what was extracted. */
export const MAX_TEXT = 500

/** Never fails. */
export const judge = <Item, Answer>(
  scorer: Scorer<Item, Answer>,
  input: ScoreInput<Item, Answer>
): Effect.Effect<ScoreOutcome> =>
  Effect.suspend(() => {
    const outcome = start(scorer, input)
    return Effect.isEffect(outcome) ? outcome : Effect.succeed(outcome)
  })

/** The outcome at once, as most scorers give it, or the Effect that it takes. Never fails or throws. */
export const start = <Item, Answer>(
  scorer: Scorer<Item, Answer>,
  input: ScoreInput<Item, Answer>
): ScoreOutcome | Effect.Effect<ScoreOutcome> => {
  try {
    const result = scorer.score(input)
    if (!Effect.isEffect(result)) return checked(result)
    // What has ended already needs no clock: most scorers only fail so.
    const ended = Exit.isExit(result) ? result : limited(scorer, result)
    return ended.pipe(
      Effect.map(checked),
      Effect.catchCause((cause) => Effect.succeed(failed(reasonOf(cause))))
    )
  } catch (problem) {
    return failed(reasonOf(Cause.die(problem)))
  }
}

const limited = (
  { timeout = TIMEOUT }: Pick<Scorer, "timeout">,
  result: Effect.Effect<ScoreValue, unknown>
) =>
  Effect.timeoutOrElse(result, {
    duration: timeout,
    orElse: () =>
      Effect.fail(`no score after ${Duration.format(Duration.fromInputUnsafe(timeout))}`)
  })

const failed = (reason: string): ScoreOutcome => ({ _tag: "ScoreFailed", reason })

/** A scorer's word as an outcome: checked, and cut to what a report can hold. */
export const checked = (result: ScoreValue): ScoreOutcome => {
  if (isUnawaited(result)) {
    return failed("a scorer gives a value or an Effect, not a promise: wrap it in Effect.promise")
  }
  const { value, explanation, extracted } =
    typeof result === "object" && result !== null ? result : { value: result }
  const number = typeof value === "boolean" ? Number(value) : value
  if (typeof number !== "number" || !(number >= 0 && number <= 1)) {
    return failed(`a score lies from 0 to 1, not ${String(value)}`)
  }
  return {
    _tag: "Score",
    value: number,
    ...(explanation === undefined ? {} : { explanation: bounded(String(explanation), MAX_TEXT) }),
    ...(extracted === undefined ? {} : { extracted: bounded(String(extracted), MAX_TEXT) })
  }
}

/** One line, bounded: it ends up in reports. */
const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const problem = Cause.squash(cause)
  const text =
    problem instanceof Error
      ? `${problem.name}: ${problem.message}`
      : typeof problem === "string"
        ? problem
        : Formatter.formatJson(problem)
  return (text.split("\n")[0] ?? "").slice(0, 200)
}
