/**
 * An arm is one model at one temperature, with one reasoning effort and one prompt. All arms of a run are checked against
 * the catalogue before anything is sent: a sweep that the provider would refuse half-way costs nothing.
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
  /** Name of the prompt variant; `undefined` where the benchmark has one prompt. */
  readonly prompt: string | undefined
  /** Stable, and different for each arm of a run: `gpt-6-luna`, `gpt-6-luna t=0.7`, `gpt-6-luna effort=low prompt=steps`. */
  readonly label: string
}

/** What a run varies; an axis without values keeps the benchmark's own. */
export interface Axes {
  readonly models?: ReadonlyArray<string> | undefined
  readonly temperatures?: ReadonlyArray<number> | undefined
  /** As the models have them: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`. */
  readonly reasoningEfforts?: ReadonlyArray<string> | undefined
  /** Names of prompt variants. Default: all that the benchmark has. */
  readonly prompts?: ReadonlyArray<string> | undefined
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

type Definition = Pick<
  Benchmark<never, unknown>,
  "name" | "request" | "sweep" | "answer" | "secondTry"
> & {
  readonly prompt: unknown
}

/** The call's values, else those of the benchmark's sweep, axis by axis; each once, in the order given. */
const axesOf = (sweep: Axes = {}, call: Axes = {}) => ({
  models: given(call.models) ?? given(sweep.models),
  temperatures: given(call.temperatures) ?? given(sweep.temperatures),
  reasoningEfforts: given(call.reasoningEfforts) ?? given(sweep.reasoningEfforts),
  prompts: given(call.prompts) ?? given(sweep.prompts)
})

const given = <A>(values: ReadonlyArray<A> | undefined) =>
  values === undefined || values.length === 0 ? undefined : [...new Set(values)]

/** Names of the prompt variants; none where the benchmark has one prompt. */
const variantsOf = ({ prompt }: Definition): ReadonlyArray<string> =>
  typeof prompt === "object" && prompt !== null ? Object.keys(prompt) : []

/**
 * What a run asks for, before the catalogue has seen it: every model at every temperature, with every effort and every
 * prompt. A label names the axes that make a difference: the temperature wherever there is one, an effort only where it
 * is an axis, a prompt where the benchmark has several.
 */
const expand = (benchmark: Definition, call: Axes = {}): ReadonlyArray<Arm> => {
  const { request, sweep } = benchmark
  const axes = axesOf(sweep, call)
  const models = axes.models ?? (request?.model === undefined ? [] : [request.model])
  const variants = variantsOf(benchmark)
  const prompts = axes.prompts ?? (variants.length === 0 ? [undefined] : variants)
  return models.flatMap((model) =>
    (axes.temperatures ?? [request?.temperature]).flatMap((temperature) =>
      (axes.reasoningEfforts ?? [undefined]).flatMap((effort) =>
        prompts.map((prompt) => ({
          model,
          temperature,
          reasoningEffort: effort ?? request?.reasoningEffort,
          prompt,
          label: [
            model,
            ...(temperature === undefined ? [] : [`t=${temperature}`]),
            ...(effort === undefined ? [] : [`effort=${effort}`]),
            ...(prompt === undefined ? [] : [`prompt=${prompt}`])
          ].join(" ")
        }))
      )
    )
  )
}

/**
 * The arms of a run, in their final form; every problem of every arm is reported together.
 * A model that takes a temperature only at reasoning effort `none` gets that effort where a temperature is asked for and
 * neither the call nor the benchmark names an effort: nothing else could be meant.
 *
 * @param call an axis without values is that of the benchmark's `sweep`, and without one there what its `request` says
 * @param priced the run has a cap, so that models without a known price are refused
 */
export const plan = Effect.fn("Arm.plan")(function* (
  benchmark: Definition,
  call: Axes = {},
  priced = false
): Effect.fn.Return<ReadonlyArray<Arm>, ArmError, ModelCatalog> {
  const catalog = yield* ModelCatalog
  const refuse = (problems: ArmError["problems"]) =>
    new ArmError({ benchmark: benchmark.name, problems })
  const arms = expand(benchmark, call).map((arm): Arm => {
    const onlyNone =
      arm.temperature !== undefined && catalog.find(arm.model)?.temperature === "effort-none"
    return onlyNone && arm.reasoningEffort === undefined ? { ...arm, reasoningEffort: "none" } : arm
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
  // What the catalogue thinks of an arm does not depend on its prompt.
  const [first] = arms
  const distinct = arms.filter(({ prompt }) => prompt === first?.prompt)
  const probe = { prompt: PROBE, ...benchmark.secondTry }
  const checks = yield* Effect.forEach(distinct, (arm) =>
    Effect.result(
      Effect.andThen(
        catalog.resolve(requestOf(benchmark, arm, PROBE), { priced }),
        catalog.resolve(requestOf(benchmark, arm, probe), { priced })
      )
    )
  )
  const problems = checks.flatMap((check, index) => {
    if (Result.isSuccess(check)) return []
    const { field, problem, fix } = check.failure
    return [{ arm: withoutPrompt(distinct[index]), field, problem, fix }]
  })
  const all = [...unknownPrompts(benchmark, arms), ...problems]
  return all.length === 0 ? arms : yield* refuse(all)
})

const withoutPrompt = ({ label, prompt }: Pick<Arm, "label" | "prompt"> = PROBE_ARM): string =>
  prompt === undefined ? label : label.slice(0, -` prompt=${prompt}`.length)

/** Each name once, whatever models it is for. */
const unknownPrompts = (benchmark: Definition, arms: ReadonlyArray<Arm>): ArmError["problems"] => {
  const variants = variantsOf(benchmark)
  const unknown = new Set(arms.map(({ prompt }) => prompt))
  for (const known of [undefined, ...variants]) unknown.delete(known)
  return [...unknown].map((name) => ({
    arm: `prompt=${name}`,
    field: "prompt",
    problem:
      variants.length === 0
        ? "The benchmark has one prompt, without a name."
        : "The benchmark has no prompt of this name.",
    fix: variants.length === 0 ? "Leave it out." : `Use one of: ${variants.join(", ")}.`
  }))
}

/** Stands for any item's prompt when an arm is checked. */
const PROBE = "?"
const PROBE_ARM = { label: "", prompt: undefined }

/** The request of one item in one arm: what the benchmark shares, then the item's own parts, then the arm. */
export const requestOf = (
  { answer, request }: Pick<Benchmark<never, unknown>, "request" | "answer">,
  arm: Pick<Arm, "model" | "temperature" | "reasoningEffort">,
  prompt: Prompt
): GenerateRequest.GenerateRequest =>
  GenerateRequest.make({
    ...request,
    ...(answer === undefined
      ? {}
      : { jsonSchema: { name: answer.name, schema: answer.jsonSchema } }),
    ...partsOf(prompt),
    model: arm.model,
    ...(arm.temperature === undefined ? {} : { temperature: arm.temperature }),
    ...(arm.reasoningEffort === undefined ? {} : { reasoningEffort: arm.reasoningEffort })
  })

export const partsOf = (prompt: Prompt): Partial<GenerateRequest.RequestParts> => {
  if (typeof prompt === "string") return { prompt }
  return isMessages(prompt) ? { messages: prompt } : prompt
}

const isMessages = (prompt: Prompt): prompt is ReadonlyArray<GenerateRequest.Message> =>
  Array.isArray(prompt)
