/**
 * GSM8K as its published scores were made: eight worked examples, and both of lm-evaluation-harness's scores. The strict
 * one wants `#### 18`, the flexible one takes the last number. Offline, with nothing to set up:
 *
 *     npm run -s spillway -- bench examples/11-gsm8k-few-shot.ts --offline
 *
 * On the real GSM8K: add `--data test.jsonl`, and take `train.jsonl` for the pool of examples.
 */
import { Schema } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"
import * as ExactAnswer from "spillway/benchmark/family/ExactAnswer"
import * as Scorer from "spillway/benchmark/Scorer"

const Problem = { question: Schema.String, answer: Schema.String }
const problems = Dataset.jsonl(new URL("data/word-problems.jsonl", import.meta.url))

export default ExactAnswer.make({
  name: "gsm8k-few-shot",
  dataset: Dataset.withExamples(problems, Dataset.slice(problems, { limit: 100 }), { count: 8 }),
  item: Schema.Struct({ ...Problem, examples: Schema.Array(Schema.Struct(Problem)) }),
  question: ({ question }) => question,
  answer: ({ answer }) => answer.slice(answer.lastIndexOf("####") + 4).trim(),
  shots: ({ examples }) => examples,
  instructions: 'Reason step by step, then end with a line of the form "#### <number>".',
  scorers: [Scorer.gsm8kStrict, Scorer.gsm8kFlexible],
  request: { model: "gpt-6-luna", maxOutputTokens: 1024 }
})
