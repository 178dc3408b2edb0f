/**
 * Benchmarks whose answers are right or wrong by what they say in the end: GSM8K, BIG-Bench Hard, exact question
 * answering.
 *
 * ```ts
 * export default ExactAnswer.make({
 *   name: "gsm8k",
 *   dataset: Dataset.jsonl("test.jsonl"),
 *   item: Schema.Struct({ question: Schema.String, answer: Schema.String }),
 *   question: ({ question }) => question,
 *   answer: ({ answer }) => answer,
 *   instructions: 'Reason step by step, then end with a line of the form "#### <number>".',
 *   scorers: [Scorer.gsm8kStrict, Scorer.gsm8kFlexible],
 *   request: { model: "gpt-6-luna", maxOutputTokens: 1024 }
 * })
 * ```
 */
import { type Benchmark, type Definition, make as makeBenchmark } from "../Benchmark.ts"
import * as Scorer from "../Scorer.ts"
import { type Common, common, prompt, type ShotOptions } from "./Family.ts"

export interface ExactAnswerOptions<Item> extends Common<Item>, ShotOptions<Item> {
  readonly question: (item: Item) => string
  /** The right answer, in the form that the scorers compare with. */
  readonly answer: (item: Item) => string
  /** Default: `Scorer.finalAnswer`, which takes what stands behind "the answer is". */
  readonly scorers?: Definition<Item>["scorers"] | undefined
}

/** What `finalAnswer` looks for. */
const INSTRUCTIONS =
  'Reason step by step. Then end with a line of the form "The answer is <answer>."'

/** Never throws. */
export const make = <Item>(options: ExactAnswerOptions<Item>): Benchmark<Item> => {
  const { answer, instructions = INSTRUCTIONS, question } = options
  const scorers: Definition<Item>["scorers"] = options.scorers ?? [Scorer.finalAnswer]
  return makeBenchmark<Item>({
    ...common(options),
    prompt: (item) => prompt(item, question(item), instructions, options),
    target: answer,
    scorers
  })
}
