/**
 * A benchmark in GSM8K's format, on a sample of word problems made for this project. Offline, with nothing to set up:
 *
 *     npm run -s spillway -- bench examples/03-gsm8k.ts --offline
 *
 * On the real GSM8K, or another file of the same form: add `--data test.jsonl`. At two temperatures: add
 * `--temperature 0 --temperature 1`. With a key in OPENAI_API_KEY, leave out `--offline`.
 */
import { Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"

const Problem = Schema.Struct({
  question: Schema.String,
  /** Worked in steps; the final number stands after `####`. */
  answer: Schema.String
})

export default Benchmark.make({
  name: "gsm8k",
  item: Problem,
  dataset: Dataset.jsonl(new URL("data/word-problems.jsonl", import.meta.url)),
  prompt: ({ question }) =>
    `${question}\n\nReason step by step. Then end with a line of the form "#### <number>".`,
  target: ({ answer }) => answer.slice(answer.lastIndexOf("####") + 4).trim(),
  scorers: [Scorer.lastNumber],
  noAnswer: "wrong",
  request: { model: "gpt-6-luna", maxOutputTokens: 1024 }
})
