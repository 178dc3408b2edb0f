/**
 * A benchmark: items, the request each one makes, and what makes an answer right. A file exports one as its default,
 * for `spillway bench`; a program hands one to `BenchmarkRun.execute`.
 */
import { type Array as Arr, Effect, Schema } from "effect"
import { type Verdict, verdict } from "../error/Verdict.ts"
import type { Message, RequestParts } from "../request/GenerateRequest.ts"
import type { ModelResponse } from "../request/ModelResponse.ts"
import type { StructuredAnswer } from "../request/StructuredAnswer.ts"
import type { Axes } from "./Arm.ts"
import { problemsOf } from "./BenchmarkProblems.ts"
import type { Dataset } from "./Dataset.ts"
import type { AnyScorer } from "./Scorer.ts"

const TypeId = "~spillway/benchmark/Benchmark"

/** A user message, a conversation, or any parts of a request. */
export type Prompt = string | ReadonlyArray<Message> | Partial<RequestParts>

/** One exchange of a conversation. */
export interface Turn {
  /** The text of the answer. */
  readonly text: string
  readonly response: ModelResponse
}

/**
 * What follows an answer: a user message, or messages, put behind the conversation so far with its answers; or parts of
 * a request of its own. `undefined`: the conversation is done, and the last answer is scored.
 */
export type NextPrompt = Prompt | undefined

/** How an item counts that the model refused, cut off or left empty; a report gives the score both ways. */
export type NoAnswerPolicy = "wrong" | "exclude"

/**
 * @typeParam Item what the prompt, target and scorers get
 * @typeParam Answer what scorers get as `answer`: the text, or the value of the `answer` schema
 */
export interface Definition<Item, Answer = string> {
  /** Names the benchmark in reports, and its run where no other name is given. */
  readonly name: string
  /** What a row of the dataset is decoded with. */
  readonly item: Schema.ConstraintDecoder<Item>
  readonly dataset: Dataset
  /** What is asked, or several ways to ask it, by name: variants are an axis of a sweep. */
  readonly prompt: PromptOf<Item> | PromptVariants<Item>
  /** Of conversations: what is asked after an answer. It must be pure: it is called again at each start, in every mode. */
  readonly next?: (item: Item, turns: Arr.NonEmptyReadonlyArray<Turn>) => NextPrompt
  /** The most turns of a conversation, 1 to 100; one that goes on is scored as it is then. Default 10. */
  readonly maxTurns?: number | undefined
  /**
   * Asks once more, with this output bound in tokens, where reasoning used up all of the first one's or the answer was empty
   * for another reason; what both cost is counted. Where the second request fails, the first answer stands as what it was
   * (`truncated`, `empty`); `--retry-failed` asks it again. Default: an answer without content stays that.
   */
  readonly secondTry?: { readonly maxOutputTokens: number } | undefined
  /** The right answer, in the form that the scorers compare with. */
  readonly target: (item: Item) => string
  /** The first one is the score that reports lead with. */
  readonly scorers: readonly [
    AnyScorer<NoInfer<Item>, NoInfer<Answer>>,
    ...ReadonlyArray<AnyScorer<NoInfer<Item>, NoInfer<Answer>>>
  ]
  /** Words to split the score by, as a topic or a level. */
  readonly tags?: (item: Item) => ReadonlyArray<string>
  /** The cluster of items that hang together, as questions about one text: intervals take clusters for independent. */
  readonly group?: (item: Item) => string | undefined
  readonly noAnswer: NoAnswerPolicy
  /** Parts that all requests share: model, system message, output bound, tools, … An arm's model, temperature and effort replace these. */
  readonly request?: Omit<Partial<RequestParts>, "prompt" | "messages">
  /** What a run of this benchmark varies where the call does not say. Default: nothing. */
  readonly sweep?: Axes
  /** Unique for each item. Default: a hash of the row, so that adding, shuffling and editing rows moves no other id. */
  readonly id?: (item: Item, index: number) => string
}

export type PromptOf<in Item> = (item: Item) => Prompt
export type PromptVariants<in Item> = Readonly<Record<string, PromptOf<Item>>>

export interface Benchmark<Item, Answer = string> extends Definition<Item, Answer> {
  readonly [TypeId]: typeof TypeId
  /** Makes answers values: what does not fit is `off-schema`, which is no answer. Absent: answers are texts. */
  readonly answer?: StructuredAnswer<Answer>
}

/** The prompts by name; one that stands alone has the empty name. */
export const promptsOf = <Item, Answer>({
  prompt
}: Pick<Benchmark<Item, Answer>, "prompt">): ReadonlyArray<readonly [string, PromptOf<Item>]> =>
  typeof prompt === "function" ? [["", prompt]] : Object.entries(prompt)

/** Functions of plain JavaScript may give anything. A promise is none: prompts are made without waiting. */
export const isPrompt = (value: unknown): value is Prompt => {
  if (typeof value === "string") return true
  if (typeof value !== "object" || value === null) return false
  return Array.isArray(value)
    ? value.length > 0 && value.every((message) => typeof message?.role === "string")
    : !("then" in value) && !Effect.isEffect(value)
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

/**
 * Never throws; what types cannot see is checked when it is run. With `answer` requests ask for the schema's strict JSON,
 * and scorers get the decoded value.
 */
export function make<Item, Answer>(
  definition: Definition<Item, Answer> & { readonly answer: StructuredAnswer<Answer> }
): Benchmark<Item, Answer>
export function make<Item>(definition: Definition<Item>): Benchmark<Item>
export function make<Item, Answer>(
  definition: Definition<Item, Answer> & { readonly answer?: StructuredAnswer<Answer> }
): Benchmark<Item, Answer> {
  return { ...definition, [TypeId]: TypeId }
}

export const isBenchmark = (value: unknown): value is Benchmark<unknown, unknown> =>
  typeof value === "object" && value !== null && TypeId in value

/** The default export of an imported file, checked. */
export const fromModule = (
  file: string,
  module: { readonly default?: unknown }
): Effect.Effect<Benchmark<unknown, unknown>, BenchmarkError> => {
  const value = module.default
  if (isBenchmark(value)) return check(value, file)
  const problem =
    value === undefined ? "It has no default export." : "Its default export is not a benchmark."
  const fix = "Write `export default Benchmark.make({ … })`."
  return Effect.fail(new BenchmarkError({ source: file, problems: [`${problem} ${fix}`] }))
}

/** What a file in plain JavaScript, or a value built at run time, may get wrong; all problems at once. */
export const check = <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  source: string = benchmark.name
): Effect.Effect<Benchmark<Item, Answer>, BenchmarkError> => {
  const problems = problemsOf(benchmark)
  return problems.length === 0
    ? Effect.succeed(benchmark)
    : Effect.fail(new BenchmarkError({ source: String(source), problems }))
}
