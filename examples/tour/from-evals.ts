/**
 * An evaluation that lived in OpenAI's hosted Evals: its file as it is, each grader as a scorer. Offline, with nothing to
 * set up:
 *
 *     npm run -s spillway -- bench examples/tour/from-evals.ts --offline
 */
import { Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import * as Judge from "spillway/scorer/Judge"
import * as JudgeRubric from "spillway/scorer/JudgeRubric"
import * as TokenF1 from "spillway/scorer/TokenF1"

const labels = ["Hardware", "Access", "Software"]

export default Benchmark.make({
  name: "it-tickets",
  // Lines of `{ "item": { "ticket_text": …, "correct_label": … } }`.
  dataset: Dataset.jsonl(new URL("../data/evals-tickets.jsonl", import.meta.url)),
  item: Schema.Struct({
    item: Schema.Struct({ ticket_text: Schema.String, correct_label: Schema.String })
  }),
  // `input_messages`: a template's `{{ item.ticket_text }}` is a field of the item.
  prompt: ({ item }) => [
    { role: "developer", content: `Answer with one word of these: ${labels.join(", ")}.` },
    { role: "user", content: item.ticket_text }
  ],
  target: ({ item }) => item.correct_label,
  scorers: [
    // string_check, operation eq
    Scorer.exactMatch,
    // string_check, operation ilike
    Scorer.includes({ words: false, punctuation: false, articles: false, name: "ilike" }),
    // text_similarity: the nearest is the F1 of shared words; the threshold is said here
    {
      name: "similar",
      version: 1,
      score: ({ target, text }) => TokenF1.f1(TokenF1.words(text), TokenF1.words(target)) >= 0.8
    },
    // label_model: the labels are the grades, the passing ones have a 1
    Judge.make({
      rubric: JudgeRubric.make({
        name: "helpful",
        version: 1,
        criteria: "The label sends the ticket to people who can help.",
        grades: [
          { name: "good", value: 1, meaning: "They can help." },
          { name: "detour", value: 0, meaning: "They have to send it on." }
        ]
      }),
      request: { model: "gpt-6-sol", reasoningEffort: "none", maxOutputTokens: 500 }
    })
  ],
  noAnswer: "wrong",
  request: { model: "gpt-6-luna", maxOutputTokens: 20 }
})
