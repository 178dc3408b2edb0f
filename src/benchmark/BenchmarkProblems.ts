/** What is wrong with a benchmark that types cannot see: a file in plain JavaScript, or a value built at run time. */
import { Schema } from "effect"
import type { Axes } from "./Arm.ts"
import type { Benchmark } from "./Benchmark.ts"
import { type AnyScorer, idOf } from "./Scorer.ts"

/** Without spaces, so that an arm's label says one thing only. */
const VARIANT = /^[^\s\p{Cc}]{1,60}$/u

const isVariants = (prompt: unknown): boolean =>
  typeof prompt === "object" &&
  prompt !== null &&
  Object.keys(prompt).length > 0 &&
  Object.entries(prompt).every(([name, of]) => VARIANT.test(name) && typeof of === "function")

const axes: Readonly<Record<keyof Axes, "string" | "number">> = {
  models: "string",
  temperatures: "number",
  reasoningEfforts: "string",
  prompts: "string"
}

const isAxes = (sweep: unknown): boolean =>
  typeof sweep === "object" &&
  sweep !== null &&
  Object.entries(sweep).every(([axis, values]) => {
    const type = Object.hasOwn(axes, axis) ? axes[axis as keyof Axes] : undefined
    return (
      type !== undefined &&
      (values === undefined ||
        (Array.isArray(values) && values.every((value) => typeof value === type)))
    )
  })

const isScorer = (scorer: unknown): boolean =>
  typeof scorer === "object" &&
  scorer !== null &&
  (("score" in scorer && typeof scorer.score === "function") ||
    ("_tag" in scorer && scorer._tag === "Judge"))

/** Each with what to do; none of a benchmark that can be run. */
export const problemsOf = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>
): ReadonlyArray<string> => {
  const { name, item, dataset, prompt, next, maxTurns, target, tags, group, id } = benchmark
  const { noAnswer, answer, secondTry, sweep } = benchmark
  const scorers: ReadonlyArray<Partial<AnyScorer<Item, Answer>>> = Array.isArray(benchmark.scorers)
    ? benchmark.scorers
    : []
  const rules: ReadonlyArray<readonly [boolean, string]> = [
    [typeof name === "string" && name.trim() !== "", "`name` must be a text that is not empty."],
    [Schema.isSchema(item), "`item` must be a Schema."],
    [
      dataset?._tag === "File" || dataset?._tag === "Values",
      "`dataset` must be made by `Dataset.jsonl`, `csv`, `json` or `array`."
    ],
    [
      typeof prompt === "function" || isVariants(prompt),
      "`prompt` must be a function from an item to a prompt, or an object of such functions by name (a name has 1 to 60 characters, without spaces)."
    ],
    [
      next === undefined || typeof next === "function",
      "`next` must be a function from an item and its turns to a prompt, or undefined."
    ],
    [
      maxTurns === undefined || (Number.isInteger(maxTurns) && maxTurns >= 1 && maxTurns <= 100),
      "`maxTurns` must be a whole number from 1 to 100."
    ],
    [typeof target === "function", "`target` must be a function from an item to a text."],
    [
      secondTry === undefined ||
        (Number.isInteger(secondTry?.maxOutputTokens) && secondTry.maxOutputTokens >= 1),
      "`secondTry` must be `{ maxOutputTokens: … }`, a whole number from 1."
    ],
    [
      tags === undefined || typeof tags === "function",
      "`tags` must be a function from an item to a list of texts."
    ],
    [
      group === undefined || typeof group === "function",
      "`group` must be a function from an item to a text, or undefined."
    ],
    [
      answer === undefined || typeof answer?.decode === "function",
      "`answer` must be made by `StructuredAnswer.make`."
    ],
    [
      sweep === undefined || isAxes(sweep),
      "`sweep` must be lists by `models`, `temperatures` (numbers), `reasoningEfforts` and `prompts`."
    ],
    [
      id === undefined || typeof id === "function",
      "`id` must be a function from an item to a text."
    ],
    [
      noAnswer === "wrong" || noAnswer === "exclude",
      '`noAnswer` must be "wrong" or "exclude": how an item counts that the model did not answer.'
    ],
    [
      scorers.length > 0 && scorers.every(isScorer),
      "`scorers` must be a list with at least one scorer, as `[Scorer.exactMatch]`."
    ],
    [
      new Set(scorers.map(({ name = "", version = 0 }) => idOf({ name, version }))).size ===
        scorers.length,
      "`scorers` must differ in name or version."
    ]
  ]
  return rules.filter(([holds]) => !holds).map(([, problem]) => problem)
}
