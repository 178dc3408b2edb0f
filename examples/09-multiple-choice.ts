/**
 * A benchmark in MMLU's form: questions with four options, three worked examples of the same subject before each, and the
 * score by subject. Offline, with nothing to set up:
 *
 *     npm run -s spillway -- bench examples/09-multiple-choice.ts --offline
 *
 * On JSON Lines of `{ question, choices, answer, subject }`, as MMLU is published: `Dataset.jsonl`, and `choices` as it is.
 */
import { Schema } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"
import * as MultipleChoice from "spillway/benchmark/family/MultipleChoice"

const text = Schema.String
const Question = { subject: text, question: text, A: text, B: text, C: text, D: text, answer: text }
const file = (name: string) => Dataset.csv(new URL(`data/${name}.csv`, import.meta.url))

export default MultipleChoice.make({
  name: "school-questions",
  dataset: Dataset.withExamples(file("school-questions"), file("school-questions-dev"), {
    count: 3,
    by: "subject"
  }),
  item: Schema.Struct({ ...Question, examples: Schema.Array(Schema.Struct(Question)) }),
  question: ({ question }) => question,
  choices: ({ A, B, C, D }) => [A, B, C, D],
  answer: ({ answer }) => answer,
  examples: ({ examples }) => examples,
  tags: ({ subject }) => [subject],
  request: { model: "gpt-6-luna", maxOutputTokens: 1000 }
})
