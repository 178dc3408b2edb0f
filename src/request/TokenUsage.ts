/** Tokens as the provider billed them. `input` includes `cached` and `cacheWrite`; `output` includes `reasoning`. */
import { Schema } from "effect"

const Count = Schema.Int

export const TokenUsage = Schema.Struct({
  input: Count,
  /** Part of the input that was read from the prompt cache. */
  cached: Count,
  /** Part of the input that was written to the prompt cache, at a surcharge on newer models. */
  cacheWrite: Count,
  output: Count,
  /** Part of the output that was spent on reasoning. */
  reasoning: Count
})
export type TokenUsage = typeof TokenUsage.Type

export const none: TokenUsage = { input: 0, cached: 0, cacheWrite: 0, output: 0, reasoning: 0 }

export const add = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  input: a.input + b.input,
  cached: a.cached + b.cached,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  output: a.output + b.output,
  reasoning: a.reasoning + b.reasoning
})
