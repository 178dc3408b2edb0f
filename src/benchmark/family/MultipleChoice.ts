/**
 * Benchmarks of questions with several options, one of them right: MMLU and its kin.
 *
 * ```ts
 * export default MultipleChoice.make({
 *   name: "mmlu",
 *   dataset: Dataset.withExamples(Dataset.jsonl("test.jsonl"), Dataset.jsonl("dev.jsonl"), { count: 5, by: "subject" }),
 *   item: Schema.Struct({ ...Question.fields, examples: Schema.Array(Question) }),
 *   question: ({ question }) => question,
 *   choices: ({ choices }) => choices,
 *   answer: ({ answer }) => answer,
 *   examples: ({ examples }) => examples,
 *   tags: ({ subject }) => [subject],
 *   request: { model: "gpt-6-luna", maxOutputTokens: 1024 }
 * })
 * ```
 */

import { type Benchmark, type Definition, make as makeBenchmark } from "../Benchmark.ts"
import * as Scorer from "../Scorer.ts"
import { type Common, common, prompt, type ShotOptions } from "./Family.ts"

/** An item as a question, without the examples that `Dataset.withExamples` has put into it. */
export type Question<Item> = Omit<Item, "examples">

/** How a question is read: an item's, and an example's. */
export interface Reading<in Asked> {
  readonly question: (item: Asked) => string
  /** The options' texts, the first being A; up to 26. */
  readonly choices: (item: Asked) => ReadonlyArray<string>
  /** The right one: its place from 0, its letter, or its text. */
  readonly answer: (item: Asked) => number | string
}

export interface MultipleChoiceOptions<Item>
  extends Common<Item>,
    Pick<ShotOptions<Item>, "form">,
    Reading<Question<Item>> {
  /** Questions with their answers, put there by `Dataset.withExamples`; read as items are. Default: none. */
  readonly examples?: ((item: Item) => ReadonlyArray<Question<Item>>) | undefined
  /** The model may think before it names an option; its answer is then longer. Default false: the letter alone. */
  readonly reasoning?: boolean | undefined
  /** Default: `Scorer.multipleChoice` with the item's choices. */
  readonly scorers?: Definition<Item>["scorers"] | undefined
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

const LETTER_ALONE = "Answer each question with the letter of the right option alone."
const REASONED =
  'Reason step by step. Then end with a line of the form "The answer is (X)." with the letter of the right option.'

/** Never throws; an item whose answer is none of its options is an error with its line when the dataset is read. */
export const make = <Item>(options: MultipleChoiceOptions<Item>): Benchmark<Item> => {
  const { choices, examples, form, reasoning = false } = options
  const { instructions = reasoning ? REASONED : LETTER_ALONE } = options
  const scorers: Definition<Item>["scorers"] = options.scorers ?? [
    Scorer.multipleChoice<Item>({ name: "multipleChoice", choices })
  ]
  const shots = (item: Item) =>
    (examples?.(item) ?? []).map((example) => ({
      question: asked(options, example),
      answer: letterOf(options, example)
    }))
  return makeBenchmark<Item>({
    ...common(options),
    prompt: (item) => prompt(item, asked(options, item), instructions, { form, shots }),
    target: (item) => letterOf(options, item),
    scorers
  })
}

const asked = <Asked>(reading: Reading<Asked>, item: Asked): string =>
  [
    reading.question(item),
    ...reading.choices(item).map((choice, index) => `${LETTERS[index] ?? "?"}. ${choice}`)
  ].join("\n")

/** Throws for an answer that is no option: the benchmark's `target` then is at fault for that line. */
const letterOf = <Asked>(reading: Reading<Asked>, item: Asked): string => {
  const choices = reading.choices(item)
  const answer = reading.answer(item)
  const letters = LETTERS.slice(0, choices.length)
  const place = typeof answer === "number" ? answer : placeOf(answer.trim(), letters, choices)
  const letter = letters[place]
  if (letter === undefined || choices.length > LETTERS.length) {
    throw new RangeError(
      `the answer ${JSON.stringify(answer)} is none of ${choices.length} options`
    )
  }
  return letter
}

/** An option's own text goes before a letter: a choice may be called `A`. */
const placeOf = (answer: string, letters: string, choices: ReadonlyArray<string>): number => {
  const text = choices.findIndex((choice) => choice.trim() === answer)
  if (text !== -1) return text
  const [, letter = ""] = /^\(?([A-Za-z])[).]?$/.exec(answer) ?? []
  return letter === "" ? -1 : letters.indexOf(letter.toUpperCase())
}
