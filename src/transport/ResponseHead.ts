/** What arrived before the body: kept raw, so that nothing the provider said is lost. */
import { Schema } from "effect"

export const ResponseHead = Schema.Struct({
  status: Schema.Int,
  /** Names in lower case; several values of one name are joined by `, `. */
  headers: Schema.Record(Schema.String, Schema.String),
  /** `x-request-id`. */
  requestId: Schema.optionalKey(Schema.String)
})
export type ResponseHead = typeof ResponseHead.Type

/** The header that every answer of the simulated provider carries, so that no report can mistake it for a real one. */
export const SIMULATED_HEADER = "x-spillway-simulated"
