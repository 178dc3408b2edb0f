/**
 * Benchmarks whose answers a model judges: summaries, explanations, advice; whatever has no single right wording.
 *
 * ```ts
 * export default Judged.make({
 *   name: "explanations",
 *   dataset: Dataset.jsonl("questions.jsonl"),
 *   item: Schema.Struct({ question: Schema.String, key: Schema.String }),
 *   question: ({ question }) => question,
 *   reference: ({ key }) => key,
 *   criteria: "A correct answer names the cause that the reference names.",
 *   judge: { model: "gpt-6-sol", reasoningEffort: "low" },
 *   request: { model: "gpt-6-luna", maxOutputTokens: 1024 }
 * })
 * ```
 */
import * as Judge from "../../scorer/Judge.ts"
import * as JudgeRubric from "../../scorer/JudgeRubric.ts"
import { type Benchmark, type Definition, make as makeBenchmark } from "../Benchmark.ts"
import { type Common, common, prompt, type ShotOptions } from "./Family.ts"

export interface JudgedOptions<Item> extends Common<Item>, ShotOptions<Item> {
  readonly question: (item: Item) => string
  /** An answer that is right, shown to the judge. Default: none, and the criteria alone decide. */
  readonly reference?: ((item: Item) => string) | undefined
  /** What makes an answer good, written for the judge. */
  readonly criteria: string
  /** Default: `correct` (1), `partly` (0.5), `incorrect` (0). */
  readonly grades?: ReadonlyArray<JudgeRubric.Grade> | undefined
  /** Which model judges, and how. */
  readonly judge: Judge.JudgeOptions["request"]
  /** Of the criteria, from 1 (default): raise it when they, the grades or the judge change. */
  readonly version?: number | undefined
  /** Scorers beside the judge, which comes first. Default: none. */
  readonly scorers?: ReadonlyArray<Definition<Item>["scorers"][number]> | undefined
}

export const grades: ReadonlyArray<JudgeRubric.Grade> = [
  { name: "correct", value: 1, meaning: "It meets the criteria." },
  { name: "partly", value: 0.5, meaning: "It meets a part of them and has no serious error." },
  { name: "incorrect", value: 0, meaning: "It misses them, or has a serious error." }
]

/** @throws {InvalidScorer} for criteria, grades or a version that make no rubric, or a judge without a model */
export const make = <Item>(options: JudgedOptions<Item>): Benchmark<Item> => {
  const { criteria, instructions = "", judge, question, reference, version = 1 } = options
  const rubric = JudgeRubric.make({
    ...{ name: "judge", version, criteria },
    grades: options.grades ?? grades
  })
  return makeBenchmark<Item>({
    ...common(options),
    prompt: (item) => prompt(item, question(item), instructions, options),
    target: (item) => reference?.(item) ?? "",
    scorers: [
      Judge.make<Item>({
        ...{ rubric, request: judge },
        // Examples are not what the answer is about.
        question: ({ item }) => question(item),
        ...(reference === undefined ? { reference: false as const } : {})
      }),
      ...(options.scorers ?? [])
    ]
  })
}
