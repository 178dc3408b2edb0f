/**
 * Checks a request against its model and completes it: what the provider would refuse is refused here, before anything
 * is paid, and every request leaves with a bound on its output. Pure; called once an item, so nothing is copied deeply.
 * Finding the model is `ModelIndex.ts`; the rules are those of OpenAI's API reference and reasoning guide.
 */
import { Duration, Result } from "effect"
import type { GenerateRequest, JsonObject } from "../request/GenerateRequest.ts"
import { modelOf } from "../request/GenerateRequest.ts"
import { RequestRefused } from "../request/RequestRefused.ts"
import type { Resolved } from "./ModelCatalog.ts"
import type { ModelIndex } from "./ModelIndex.ts"
import type { ModelInfo } from "./ModelInfo.ts"
import { bounded } from "./OutputBound.ts"
import { effortOf, emptiness, given, type Problem } from "./RequestContent.ts"

/** How long before its retirement a model is warned about. */
const NOTICE = Duration.toMillis("60 days")

export interface ResolveOptions {
  /** Unix milliseconds; decides what is retired. */
  readonly now: number
  /** The run has a budget: a model without a price is refused. */
  readonly priced: boolean
}

const none: ReadonlyArray<string> = []

const list = (words: ReadonlyArray<string>): string => words.join(", ")

const effortField = (request: GenerateRequest): string =>
  request.endpoint === "chat" ? "reasoning_effort" : "reasoning.effort"

const range = (
  body: JsonObject,
  field: string,
  minimum: number,
  maximum: number
): Problem | undefined => {
  const value = body[field]
  if (!given(value)) return undefined
  return typeof value === "number" && value >= minimum && value <= maximum
    ? undefined
    : {
        field,
        problem: `${JSON.stringify(value)} is not a number from ${minimum} to ${maximum}.`,
        fix: `Give a number from ${minimum} to ${maximum}, or leave it out.`
      }
}

/** The first sampling field that the body uses; `logprobs: false` uses none. */
const samplingField = (body: JsonObject): string | undefined => {
  if (given(body.temperature)) return "temperature"
  if (given(body.top_p)) return "top_p"
  if (body.logprobs === true) return "logprobs"
  if (given(body.top_logprobs) && body.top_logprobs !== 0) return "top_logprobs"
  return undefined
}

const sampling = (model: ModelInfo, request: GenerateRequest): Problem | undefined => {
  if (request.endpoint === "embeddings" || model.temperature === "always") return undefined
  const field = samplingField(request.body)
  if (field === undefined) return undefined
  if (model.temperature === "never") {
    return {
      field,
      problem: `This model always reasons (efforts ${list(model.efforts)}) and does not take it.`,
      fix: `Leave ${field} out, or use a model that has the effort none.`
    }
  }
  const effort = effortOf(request)
  if (effort === "none") return undefined
  const now = given(effort) ? `${effort}` : "the model's default"
  return {
    field,
    problem: `This model takes it only with reasoning effort none, of ${list(model.efforts)}; here it is ${now}.`,
    fix: `Set ${effortField(request)} to none, or leave ${field} out.`
  }
}

const effort = (model: ModelInfo, request: GenerateRequest): Problem | undefined => {
  const value = effortOf(request)
  if (!given(value) || (typeof value === "string" && model.efforts.includes(value))) {
    return undefined
  }
  const field = effortField(request)
  return model.efforts.length === 0
    ? { field, problem: "This model does not reason.", fix: `Leave ${field} out.` }
    : {
        field,
        problem: `This model has no effort ${JSON.stringify(value)}.`,
        fix: `Use one of: ${list(model.efforts)}.`
      }
}

const samples = (body: JsonObject): Problem | undefined =>
  given(body.n) && body.n !== 1
    ? {
        field: "n",
        problem: "One request is one sample, so that each is stored, priced and retried by itself.",
        fix: "Leave n out and ask for repeats (--repeats)."
      }
    : undefined

/** What any provider refuses, whether its model is known or not. */
const unsound = (request: GenerateRequest): Problem | undefined =>
  emptiness(request) ??
  (request.endpoint === "embeddings"
    ? undefined
    : (range(request.body, "temperature", 0, 2) ??
      range(request.body, "top_p", 0, 1) ??
      samples(request.body)))

const unsupported = (model: ModelInfo, request: GenerateRequest): Problem | undefined => {
  if (!model.endpoints.includes(request.endpoint)) {
    return {
      field: "model",
      problem: `It has no ${request.endpoint} endpoint.`,
      fix: `Send it to: ${list(model.endpoints)}.`
    }
  }
  return effort(model, request) ?? sampling(model, request)
}

const unknownWarning = (name: string): ReadonlyArray<string> => [
  `The catalogue does not know ${name}: its cost is reported as unpriced and its settings are not checked. A catalogue file can add it.`
]

const unpriced = (known: boolean): Problem => ({
  field: "model",
  problem: known
    ? "Its price is not known, so no budget can be kept."
    : "The catalogue does not know it, so its price is unknown and no budget can be kept.",
  fix: "Add it to a catalogue file with its price, or start the run without a cap."
})

/** The request as it will be sent, its model, and what the person should know. */
export const resolve = (
  index: ModelIndex,
  request: GenerateRequest,
  options: ResolveOptions
): Result.Result<Resolved, RequestRefused> => {
  const name = modelOf(request)
  const refuse = (problem: Problem) => Result.fail(new RequestRefused({ model: name, ...problem }))

  if (name === "") {
    return refuse({
      field: "model",
      problem: "The request names no model.",
      fix: "Set model, as gpt-6-luna."
    })
  }
  const entry = index.entry(name)
  const model = entry?.model
  if (entry !== undefined && options.now >= entry.retiresAt) {
    return refuse({
      field: "model",
      problem: `It was retired on ${entry.model.retires}.`,
      fix: "Choose a model that is still served."
    })
  }
  if (options.priced && model?.price === undefined) return refuse(unpriced(model !== undefined))
  const problem =
    unsound(request) ?? (model === undefined ? undefined : unsupported(model, request))
  if (problem !== undefined) return refuse(problem)
  const complete = bounded(model, request)
  if (Result.isFailure(complete)) return refuse(complete.failure)

  return Result.succeed({
    request: { ...request, model: name, ...complete.success },
    model,
    warnings: entry === undefined ? unknownWarning(name) : warningsOf(entry, options.now)
  })
}

const warningsOf = (
  entry: NonNullable<ReturnType<ModelIndex["entry"]>>,
  now: number
): ReadonlyArray<string> => {
  const retiring = now >= entry.retiresAt - NOTICE
  if (entry.model.price !== undefined) return retiring ? entry.retiring : none
  return retiring ? [...entry.unpriced, ...entry.retiring] : entry.unpriced
}
