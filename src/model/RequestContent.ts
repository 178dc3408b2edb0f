/** What a request's body says, as the checks in `ModelResolver.ts` and `OutputBound.ts` read it. */
import type { GenerateRequest, JsonObject, JsonValue } from "../request/GenerateRequest.ts"

/** Inputs of one embeddings request, by OpenAI's API reference. */
const MOST_INPUTS = 2_048

/** Why a request is refused; `RequestRefused` adds the model. */
export interface Problem {
  readonly field: string
  readonly problem: string
  readonly fix: string
}

/** `null` is how the API spells "not given". */
export const given = (value: JsonValue | undefined): value is Exclude<JsonValue, null> =>
  value !== undefined && value !== null

/** The reasoning effort that the request asks for. */
export const effortOf = (request: GenerateRequest): JsonValue | undefined => {
  if (request.endpoint === "chat") return request.body.reasoning_effort
  const reasoning = request.body.reasoning
  return typeof reasoning === "object" && reasoning !== null && !Array.isArray(reasoning)
    ? (reasoning as JsonObject).effort
    : undefined
}

const filled = (value: JsonValue | undefined): boolean =>
  (typeof value === "string" || Array.isArray(value)) && value.length > 0

const missing = (field: string, fix: string): Problem => ({
  field,
  problem: "It is missing or empty.",
  fix
})

/** What is missing from the request, if anything. */
export const emptiness = ({ endpoint, body }: GenerateRequest): Problem | undefined => {
  switch (endpoint) {
    case "chat":
      return Array.isArray(body.messages) && body.messages.length > 0
        ? undefined
        : missing("messages", "Give at least one message.")
    case "responses": {
      // A stored prompt, an earlier answer or a conversation can be all there is to go on.
      const elsewhere = body.prompt ?? body.previous_response_id ?? body.conversation ?? undefined
      return filled(body.input) || elsewhere !== undefined
        ? undefined
        : missing("input", "Give a text or at least one message.")
    }
    case "embeddings": {
      const { input } = body
      if (!filled(input)) return missing("input", "Give at least one text.")
      if (!Array.isArray(input)) return undefined
      const empty = input.indexOf("")
      if (empty >= 0) return missing(`input[${empty}]`, "Leave empty texts out.")
      // A list of numbers is one input, given as tokens.
      return input.length > MOST_INPUTS && typeof input[0] !== "number"
        ? {
            field: "input",
            problem: `It holds ${input.length} texts; one request takes ${MOST_INPUTS}.`,
            fix: "Split it into several requests."
          }
        : undefined
    }
  }
}
