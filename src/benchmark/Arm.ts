/**
 * An arm is one model at one temperature. All arms of a run are checked against the catalogue before anything is sent:
 * a sweep that the provider would refuse half-way costs nothing.
 */
import { Effect, Result, Schema } from "effect"
import { type Verdict, verdict } from "../error/Verdict.ts"
import { ModelCatalog } from "../model/ModelCatalog.ts"
import * as GenerateRequest from "../request/GenerateRequest.ts"
import type { Benchmark, Prompt } from "./Benchmark.ts"

export interface Arm {
  readonly model: string
  /** The provider's default where absent. */
  readonly temperature: number | undefined
  readonly reasoningEffort: string | undefined
  /** Stable, and different for each arm of a run: `gpt-6-luna`, `gpt-6-luna t=0.7`. */
  readonly label: string
}

/** What a run varies; an axis without values keeps the benchmark's own. */
export interface Axes {
  readonly models?: ReadonlyArray<string> | undefined
  readonly temperatures?: ReadonlyArray<number> | undefined
}

/** The run's arms cannot be sent as they are. */
export class ArmError extends Schema.TaggedError<ArmError>()("ArmError", {
  benchmark: Schema.String,
  problems: Schema.Array(
    Schema.Struct({
      arm: Schema.String,
      /** Field of the request, as `temperature`. */
      field: Schema.String,
      problem: Schema.String,
      fix: Schema.String
    })
  )
}) {
  override get message(): string {
    const lines = this.problems.map(
      ({ arm, field, problem, fix }) => `Arm ${arm}, ${field}: ${problem} ${fix}`
    )
    return `Benchmark ${this.benchmark} cannot be run as asked. Nothing was sent.\n${lines.join("\n")}`
  }
  get verdict(): Verdict {
    return verdict({ blast: "run", advice: this.problems.map(({ fix }) => fix).join(" ") })
  }
}

/** Every model at every temperature, each combination once, in the order given. */
export const expand = (
  request: Benchmark<never>["request"],
  axes: Axes = {}
): ReadonlyArray<Pick<Arm, "model" | "temperature">> => {
  const models = given(axes.models) ?? (request?.model === undefined ? [] : [request.model])
  const temperatures = given(axes.temperatures) ?? [request?.temperature]
  return [...new Set(models)].flatMap((model) =>
    [...new Set(temperatures)].map((temperature) => ({ model, temperature }))
  )
}

const given = <A>(values: ReadonlyArray<A> | undefined) =>
  values === undefined || values.length === 0 ? undefined : values

/**
 * The arms of a run, in their final form; every problem of every arm is reported together.
 * A model that takes a temperature only at reasoning effort `none` gets that effort where a temperature is asked for and
 * the benchmark names no effort: nothing else could be meant.
 *
 * @param priced the run has a cap, so that models without a known price are refused
 */
export const plan = Effect.fn("Arm.plan")(function* <Item>(
  benchmark: Benchmark<Item>,
  axes: Axes = {},
  priced = false
): Effect.fn.Return<ReadonlyArray<Arm>, ArmError, ModelCatalog> {
  const catalog = yield* ModelCatalog
  const refuse = (problems: ArmError["problems"]) =>
    new ArmError({ benchmark: benchmark.name, problems })
  const { request } = benchmark
  const arms = expand(request, axes).map(({ model, temperature }): Arm => {
    const implied =
      temperature !== undefined && catalog.find(model)?.temperature === "effort-none"
        ? "none"
        : undefined
    return {
      model,
      temperature,
      reasoningEffort: request?.reasoningEffort ?? implied,
      label: temperature === undefined ? model : `${model} t=${temperature}`
    }
  })
  if (arms.length === 0) {
    return yield* refuse([
      {
        arm: "(none)",
        field: "model",
        problem: "Neither the benchmark nor the call names a model.",
        fix: "Add `request: { model: … }` to the benchmark, or give --model."
      }
    ])
  }
  const checks = yield* Effect.forEach(arms, (arm) =>
    Effect.result(catalog.resolve(requestOf(benchmark, arm, PROBE), { priced }))
  )
  const problems = checks.flatMap((check, index) => {
    if (Result.isSuccess(check)) return []
    const { field, problem, fix } = check.failure
    return [{ arm: arms[index]?.label ?? "", field, problem, fix }]
  })
  return problems.length === 0 ? arms : yield* refuse(problems)
})

/** Stands for any item's prompt when an arm is checked. */
const PROBE = "?"

/** The request of one item in one arm: what the benchmark shares, then the item's own parts, then the arm. */
export const requestOf = <Item>(
  { request }: Pick<Benchmark<Item>, "request">,
  arm: Arm,
  prompt: Prompt
): GenerateRequest.GenerateRequest =>
  GenerateRequest.make({
    ...request,
    ...partsOf(prompt),
    model: arm.model,
    ...(arm.temperature === undefined ? {} : { temperature: arm.temperature }),
    ...(arm.reasoningEffort === undefined ? {} : { reasoningEffort: arm.reasoningEffort })
  })

const partsOf = (prompt: Prompt): Partial<GenerateRequest.RequestParts> => {
  if (typeof prompt === "string") return { prompt }
  return isMessages(prompt) ? { messages: prompt } : prompt
}

const isMessages = (prompt: Prompt): prompt is ReadonlyArray<GenerateRequest.Message> =>
  Array.isArray(prompt)
