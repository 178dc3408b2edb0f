/**
 * A benchmark in BIG-Bench Hard's form: worked examples, then a question, and an answer that ends with "the answer is".
 * The second score is the one that lm-evaluation-harness computes. Offline, with nothing to set up:
 *
 *     npm run -s spillway -- bench examples/10-big-bench-hard.ts --offline
 *
 * On a task of the real one: add `--data date_understanding.json`, and take its three examples for those below.
 */
import { Schema } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"
import * as ExactAnswer from "spillway/benchmark/family/ExactAnswer"
import * as Scorer from "spillway/benchmark/Scorer"

const lead = "Let's think step by step."
const shots = [
  {
    question:
      "Ines is taller than Jon. Kim is taller than Ines. Who is the shortest?\nOptions:\n(A) Jon\n(B) Kim\n(C) Ines",
    answer: `${lead}\nKim is taller than Ines, and Ines is taller than Jon. So the answer is (A).`
  },
  {
    question:
      "Take the list 4 7 1. Now reverse it, then remove its first number. What is the list now?",
    answer: `${lead}\nReversed it is 1 7 4. Without the first number it is 7 4. So the answer is 7 4.`
  },
  {
    question:
      "A lamp is off. Its switch is pressed 3 times. Is it on at the end? Answer yes or no.",
    answer: `${lead}\nIt goes on, off, on. So the answer is yes.`
  }
]

export default ExactAnswer.make({
  name: "puzzles",
  dataset: Dataset.json(new URL("data/puzzles.json", import.meta.url), { at: "examples" }),
  item: Schema.Struct({ input: Schema.String, target: Schema.String }),
  question: ({ input }) => input,
  answer: ({ target }) => target,
  shots: () => shots,
  form: "text",
  lead,
  instructions: "Each question is followed by its answer.",
  scorers: [Scorer.finalAnswer, Scorer.bbhExact],
  request: { model: "gpt-6-luna", maxOutputTokens: 1024 }
})
