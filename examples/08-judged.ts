/**
 * A benchmark whose answers another model judges, against a reference and by criteria. Offline, with nothing to set up:
 *
 *     npm run -s spillway -- bench examples/08-judged.ts --offline
 *
 * The judge is asked once all answers are there, within the same limits and the same cap (`--max-cost`).
 */
import { Schema } from "effect"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Judged from "spillway/benchmark/family/Judged"

export default Judged.make({
  name: "explanations",
  dataset: Dataset.jsonl(new URL("data/explanations.jsonl", import.meta.url)),
  item: Schema.Struct({ question: Schema.String, key: Schema.String }),
  question: ({ question }) => question,
  reference: ({ key }) => key,
  instructions: "Explain it to a child of ten, in one or two sentences.",
  criteria:
    "A correct answer names the cause that the reference names. Its wording does not matter.",
  judge: { model: "gpt-6-sol", reasoningEffort: "none", maxOutputTokens: 1000 },
  request: { model: "gpt-6-luna", maxOutputTokens: 500 }
})
