/** Whether a request holds anything to answer. Part of the checks in `ModelResolver.ts`. */
import type { GenerateRequest, JsonValue } from "../request/GenerateRequest.ts"

/** Inputs of one embeddings request, by OpenAI's API reference. */
const MOST_INPUTS = 2_048

interface Emptiness {
  readonly field: string
  readonly problem: string
  readonly fix: string
}

const filled = (value: JsonValue | undefined): boolean =>
  (typeof value === "string" || Array.isArray(value)) && value.length > 0

const missing = (field: string, fix: string): Emptiness => ({
  field,
  problem: "It is missing or empty.",
  fix
})

/** What is missing from the request, if anything. */
export const emptiness = ({ endpoint, body }: GenerateRequest): Emptiness | undefined => {
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
