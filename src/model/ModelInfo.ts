/** One model, as the catalogue holds it; also the schema of a user's catalogue file. */
import { Schema } from "effect"
import { Endpoint } from "../request/GenerateRequest.ts"

/** USD per 1,000,000 tokens, standard tier, up to the long-context bound. */
export const Price = Schema.Struct({
  input: Schema.Finite,
  /** Input read from the prompt cache; `input` where absent. */
  cached: Schema.optionalKey(Schema.Finite),
  /** Input written to the prompt cache; `input` where absent. */
  cacheWrite: Schema.optionalKey(Schema.Finite),
  output: Schema.Finite,
  /** Date of the price list, `YYYY-MM-DD`. */
  asOf: Schema.String
})
export type Price = typeof Price.Type

export const ModelInfo = Schema.Struct({
  id: Schema.String,
  /** Models of one family share one rate limit. Default: the model's own id. */
  family: Schema.optionalKey(Schema.String),
  endpoints: Schema.Array(Endpoint),
  price: Price,
  /** Input plus output tokens. */
  contextTokens: Schema.Int,
  /** Largest output bound the model takes; 0 for embeddings. */
  maxOutputTokens: Schema.Int,
  /** Output bound that a request without one gets. */
  defaultOutputTokens: Schema.Int,
  /** `temperature`, `top_p` and `logprobs`: always, only at reasoning effort `none`, or never. */
  temperature: Schema.Literals(["always", "effort-none", "never"]),
  /** Reasoning efforts it takes; empty for a model that does not reason. */
  efforts: Schema.Array(Schema.String),
  encoding: Schema.Literals(["o200k_base", "cl100k_base"]),
  /** Above this many input tokens the whole request costs more. */
  longContext: Schema.optionalKey(
    Schema.Struct({ above: Schema.Int, inputFactor: Schema.Finite, outputFactor: Schema.Finite })
  ),
  /** Date of retirement, `YYYY-MM-DD`, where announced. */
  retires: Schema.optionalKey(Schema.String)
})
export type ModelInfo = typeof ModelInfo.Type
