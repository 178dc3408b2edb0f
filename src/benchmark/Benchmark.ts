/**
 * A benchmark: items, the request each one makes, and what makes an answer right. A file exports one as its default,
 * for `spillway bench`; a program hands one to `BenchmarkRun.execute`.
 */
import { Effect, Schema } from "effect"
import { type Verdict, verdict } from "../error/Verdict.ts"
import type { Message, RequestParts } from "../request/GenerateRequest.ts"
import type { Dataset } from "./Dataset.ts"
import { idOf, type Scorer } from "./Scorer.ts"

const TypeId = "~spillway/benchmark/Benchmark"

/** A user message, a conversation, or any parts of a request. */
export type Prompt = string | ReadonlyArray<Message> | Partial<RequestParts>

/** How an item counts that the model refused, cut off or left empty; a report gives the score both ways. */
export type NoAnswerPolicy = "wrong" | "exclude"

export interface Definition<Item> {
  /** Names the benchmark in reports, and its run where no other name is given. */
  readonly name: string
  /** What a row of the dataset is decoded with. */
  readonly item: Schema.ConstraintDecoder<Item>
  readonly dataset: Dataset
  readonly prompt: (item: Item) => Prompt
  /** The right answer, in the form that the scorers compare with. */
  readonly target: (item: Item) => string
  /** The first one is the score that reports lead with. */
  readonly scorers: readonly [Scorer<NoInfer<Item>>, ...ReadonlyArray<Scorer<NoInfer<Item>>>]
  readonly noAnswer: NoAnswerPolicy
  /** Parts that all requests share: model, system message, output bound, … An arm's model and temperature replace these. */
  readonly request?: Omit<Partial<RequestParts>, "prompt" | "messages">
  /** Unique for each item. Default: a hash of the row, so that adding, shuffling and editing rows moves no other id. */
  readonly id?: (item: Item, index: number) => string
}

export interface Benchmark<Item> extends Definition<Item> {
  readonly [TypeId]: typeof TypeId
}

/** The value is not a benchmark that can be run. */
export class BenchmarkError extends Schema.TaggedError<BenchmarkError>()("BenchmarkError", {
  /** The file, or the benchmark's name. */
  source: Schema.String,
  /** Every problem found, each with what to do. */
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Benchmark ${this.source}: ${this.problems.join(" ")}`
  }
  get verdict(): Verdict {
    return verdict({ blast: "run", advice: this.problems.join(" ") })
  }
}

/** Never throws; what types cannot see is checked when it is run. */
export const make = <Item>(definition: Definition<Item>): Benchmark<Item> => ({
  ...definition,
  [TypeId]: TypeId
})

export const isBenchmark = (value: unknown): value is Benchmark<unknown> =>
  typeof value === "object" && value !== null && TypeId in value

/** The default export of an imported file, checked. */
export const fromModule = (
  file: string,
  module: { readonly default?: unknown }
): Effect.Effect<Benchmark<unknown>, BenchmarkError> => {
  const value = module.default
  if (isBenchmark(value)) return check(value, file)
  const problem =
    value === undefined ? "It has no default export." : "Its default export is not a benchmark."
  const fix = "Write `export default Benchmark.make({ … })`."
  return Effect.fail(new BenchmarkError({ source: file, problems: [`${problem} ${fix}`] }))
}

/** What a file in plain JavaScript, or a value built at run time, may get wrong; all problems at once. */
export const check = <Item>(
  benchmark: Benchmark<Item>,
  source: string = benchmark.name
): Effect.Effect<Benchmark<Item>, BenchmarkError> => {
  const problems = problemsOf(benchmark)
  return problems.length === 0
    ? Effect.succeed(benchmark)
    : Effect.fail(new BenchmarkError({ source: String(source), problems }))
}

const problemsOf = <Item>(benchmark: Benchmark<Item>): ReadonlyArray<string> => {
  const { name, item, dataset, prompt, target, id, noAnswer } = benchmark
  const scorers: ReadonlyArray<Partial<Scorer<Item>>> = Array.isArray(benchmark.scorers)
    ? benchmark.scorers
    : []
  const rules: ReadonlyArray<readonly [boolean, string]> = [
    [typeof name === "string" && name.trim() !== "", "`name` must be a text that is not empty."],
    [Schema.isSchema(item), "`item` must be a Schema."],
    [
      dataset?._tag === "File" || dataset?._tag === "Values",
      "`dataset` must be made by `Dataset.jsonl`, `csv`, `json` or `array`."
    ],
    [typeof prompt === "function", "`prompt` must be a function from an item to a prompt."],
    [typeof target === "function", "`target` must be a function from an item to a text."],
    [
      id === undefined || typeof id === "function",
      "`id` must be a function from an item to a text."
    ],
    [
      noAnswer === "wrong" || noAnswer === "exclude",
      '`noAnswer` must be "wrong" or "exclude": how an item counts that the model did not answer.'
    ],
    [
      scorers.length > 0 && scorers.every((scorer) => typeof scorer?.score === "function"),
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
