/**
 * The bound on a request's output: every request leaves with one, or neither its worst cost nor its charge against the
 * token limit would be known. Part of the checks in `ModelResolver.ts`.
 */
import { Result } from "effect"
import type { GenerateRequest, JsonObject, JsonValue } from "../request/GenerateRequest.ts"
import { DEFAULT_OUTPUT, DEFAULT_REASONING_OUTPUT } from "./catalogData.ts"
import type { ModelInfo } from "./ModelInfo.ts"
import { effortOf, given, type Problem } from "./RequestContent.ts"

/** The field of the body that bounds the output, and the bound in it. */
interface Bound {
  readonly field: string
  readonly value: JsonValue | undefined
}

const boundOf = ({ endpoint, body }: GenerateRequest): Bound => {
  if (endpoint === "responses") return { field: "max_output_tokens", value: body.max_output_tokens }
  // `max_tokens` is deprecated and still taken; where it is given it stays the request's own.
  return given(body.max_tokens) && !given(body.max_completion_tokens)
    ? { field: "max_tokens", value: body.max_tokens }
    : { field: "max_completion_tokens", value: body.max_completion_tokens }
}

const badBound = (
  model: ModelInfo | undefined,
  { field, value }: Bound,
  body: JsonObject
): Problem | undefined => {
  if (given(body.max_tokens) && given(body.max_completion_tokens)) {
    return {
      field: "max_tokens",
      problem: "It is given beside max_completion_tokens, which replaces it.",
      fix: "Leave max_tokens out."
    }
  }
  if (!given(value)) return undefined
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
    return {
      field,
      problem: `${JSON.stringify(value)} is not a whole number of at least 1.`,
      fix: "Give the most tokens that the answer may have, reasoning included."
    }
  }
  return model !== undefined && value > model.maxOutputTokens
    ? {
        field,
        problem: `${value} is more than the ${model.maxOutputTokens} that the model can write.`,
        fix: `Lower it to at most ${model.maxOutputTokens}.`
      }
    : undefined
}

/** A model that nobody knows is taken to reason if it is told to. */
const defaultBound = (model: ModelInfo | undefined, request: GenerateRequest): number =>
  model?.defaultOutputTokens ??
  (given(effortOf(request)) ? DEFAULT_REASONING_OUTPUT : DEFAULT_OUTPUT)

/** The body with its bound, and with `store: false` where the endpoint would keep the answer otherwise. */
export const bounded = (
  model: ModelInfo | undefined,
  request: GenerateRequest
): Result.Result<{ readonly body: JsonObject; readonly maxOutputTokens: number }, Problem> => {
  const { endpoint, body } = request
  if (endpoint === "embeddings") return Result.succeed({ body, maxOutputTokens: 0 })
  const bound = boundOf(request)
  const problem = badBound(model, bound, body)
  if (problem !== undefined) return Result.fail(problem)
  const maxOutputTokens =
    typeof bound.value === "number" ? bound.value : defaultBound(model, request)
  if (endpoint === "responses" && !given(body.store)) {
    return Result.succeed({
      body: { ...body, max_output_tokens: maxOutputTokens, store: false },
      maxOutputTokens
    })
  }
  if (bound.field === "max_tokens" && model !== undefined && model.efforts.length > 0) {
    // Models that reason take the bound only by its new name; it means the same.
    const { max_tokens: _, ...rest } = body
    return Result.succeed({
      body: { ...rest, max_completion_tokens: maxOutputTokens },
      maxOutputTokens
    })
  }
  return Result.succeed({
    body: bound.value === maxOutputTokens ? body : { ...body, [bound.field]: maxOutputTokens },
    maxOutputTokens
  })
}
