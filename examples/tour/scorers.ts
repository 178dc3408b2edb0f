/**
 * Scorers for answers that are there already, one of them a model:
 *
 *     npm run -s spillway -- bench examples/03-gsm8k.ts --offline --limit 40
 *     npm run -s spillway -- score gsm8k --scorer examples/tour/scorers.ts --scorer gsm8kStrict
 */
import * as Scorer from "spillway/benchmark/Scorer"
import * as Judge from "spillway/scorer/Judge"
import * as JudgeRubric from "spillway/scorer/JudgeRubric"

const short = Scorer.custom("short", 1, ({ text }) => {
  const words = text.split(/\s+/).length
  return { value: words <= 60, extracted: `${words} words` }
})

const clear = Judge.make({
  rubric: JudgeRubric.make({
    name: "clear",
    version: 1,
    criteria: "Each step of a clear answer says what is reckoned, and follows from the one before.",
    grades: [
      { name: "clear", value: 1, meaning: "A child of ten can follow every step." },
      { name: "gaps", value: 0.5, meaning: "A step is missing or does not follow." },
      { name: "unclear", value: 0, meaning: "There are no steps, or they make no sense." }
    ]
  }),
  request: { model: "gpt-6-sol", reasoningEffort: "none", maxOutputTokens: 500 }
})

export default [short, clear]
