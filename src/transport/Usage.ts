/** The tokens of an answer, in the words of either endpoint. Absent or odd numbers count as 0. */
import type { TokenUsage } from "../request/TokenUsage.ts"
import { count, fields } from "./Wire.ts"

/** `prompt_tokens`, `completion_tokens` (Chat, embeddings) or `input_tokens`, `output_tokens` (Responses). */
export const decode = (value: unknown): TokenUsage => {
  const usage = fields(value)
  const prompt = fields(usage.prompt_tokens_details ?? usage.input_tokens_details)
  const completion = fields(usage.completion_tokens_details ?? usage.output_tokens_details)
  return {
    input: count(usage.prompt_tokens ?? usage.input_tokens),
    cached: count(prompt.cached_tokens),
    cacheWrite: count(prompt.cache_write_tokens),
    output: count(usage.completion_tokens ?? usage.output_tokens),
    reasoning: count(completion.reasoning_tokens)
  }
}
