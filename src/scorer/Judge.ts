/**
 * A model as judge: a scorer whose verdicts are requests of the same run. What is asked and how a verdict is read is the
 * rubric's (`JudgeRubric.ts`); which model grades, and what it is shown of an item, is said here. The requests are made,
 * sent and kept by `benchmark/Judging.ts`, so that they are held to the run's limits and cap and paid once.
 *
 * A judge errs, and has tastes: of its own kind's answers, of long ones. Check some verdicts by hand before trusting a mean.
 */
import { Result } from "effect"
import type { JudgeScorer, ScoreInput } from "../benchmark/Scorer.ts"
import { make as makeRequest, type RequestParts } from "../request/GenerateRequest.ts"
import { InvalidScorer } from "./InvalidScorer.ts"
import type { Judged, Rubric } from "./JudgeRubric.ts"

export interface JudgeOptions<in Item = unknown, in Answer = unknown> {
  /** What is good, and the grades for it: `JudgeRubric.make`. Its name and version identify the scores. */
  readonly rubric: Rubric
  /**
   * Which model grades, and how: its output bound (default: the catalogue's for the model), effort, temperature. Checked
   * against the catalogue before anything is sent. Another model judges differently: raise the rubric's version with it.
   */
  readonly request: Omit<RequestParts, "system" | "prompt" | "messages" | "jsonSchema" | "tools">
  /** What was asked, as the judge sees it. Default: the messages of the first prompt, without a system message. */
  readonly question?: ((input: ScoreInput<Item, Answer>) => string) | undefined
  /** The answer to compare with; `false` shows none, and the criteria alone decide. Default: the item's target. */
  readonly reference?: false | ((input: ScoreInput<Item, Answer>) => string | undefined) | undefined
  /** What is graded. Default: the text of the answer, of a conversation the last one. */
  readonly answer?: ((input: ScoreInput<Item, Answer>) => string) | undefined
}

/**
 * Where a function looks at the item, name its type, and that of the answer if it has a schema: `Judge.make<Question>({ … })`.
 *
 * @throws {InvalidScorer} where no model is named
 */
export const make = <Item = unknown, Answer = unknown>(
  options: JudgeOptions<Item, Answer>
): JudgeScorer<Item, Answer> => {
  const { request, rubric } = options
  const { model } = request
  if (typeof model !== "string" || model.trim() === "") {
    throw new InvalidScorer({
      scorer: "judge",
      option: "request.model",
      problem: "It names no model to grade.",
      fix: 'Name one, as `request: { model: "gpt-6-luna" }`.'
    })
  }
  const asked = (judged: Judged) =>
    Result.map(rubric.request(judged), (parts) => makeRequest({ ...request, ...parts }))
  return {
    _tag: "Judge",
    name: rubric.name,
    version: rubric.version,
    model,
    probe: Result.getOrElse(asked({ question: "?", answer: "?" }), () =>
      makeRequest({ ...request, prompt: "?" })
    ),
    request: (input) => Result.flatMap(judgedOf(options, input), asked),
    verdictOf: rubric.verdictOf
  }
}

/** The benchmark's own functions may throw, or give what is no text: that is a reason, not the end of the run. */
const judgedOf = <Item, Answer>(
  { answer, question, reference }: JudgeOptions<Item, Answer>,
  input: ScoreInput<Item, Answer>
): Result.Result<Judged, string> => {
  try {
    const judged: Judged = {
      question: question === undefined ? questionOf(input) : question(input),
      reference: reference === false ? undefined : (reference ?? targetOf)(input),
      answer: answer === undefined ? input.text : answer(input)
    }
    const wrong = Object.entries(judged).find(
      ([name, text]) => typeof text !== "string" && !(name === "reference" && text === undefined)
    )
    return wrong === undefined
      ? Result.succeed(judged)
      : Result.fail(`the judge's \`${wrong[0]}\` function gave no text`)
  } catch (cause) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : "a value"
    return Result.fail(`a function of the judge threw ${what}`)
  }
}

const targetOf = ({ target }: Pick<ScoreInput<unknown>, "target">): string => target

/** One message as it is; of several, each says whose it is. */
const questionOf = ({ messages }: Pick<ScoreInput<unknown>, "messages">): string => {
  const asked = messages.filter(({ role }) => role !== "system" && role !== "developer")
  return asked.length === 1
    ? (asked[0]?.text ?? "")
    : asked.map(({ role, text }) => `${role}: ${text}`).join("\n\n")
}
