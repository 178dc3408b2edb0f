/** The same as a benchmark file; the dataset comes by `--data`. */
import { Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { MAX_TOKENS, MODEL } from "./items.ts"

export default Benchmark.make({
  name: "sums",
  item: Schema.Struct({ question: Schema.String, answer: Schema.String }),
  dataset: Dataset.jsonl("sums.jsonl"),
  prompt: ({ question }) => question,
  target: ({ answer }) => answer,
  scorers: [Scorer.lastNumber],
  noAnswer: "wrong",
  request: { model: MODEL, maxOutputTokens: MAX_TOKENS }
})
