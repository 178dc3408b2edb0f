/** Refused before anything was sent: the catalogue knows that the model cannot take this request. Nothing was paid. */
import { Schema } from "effect"
import { type Verdict, verdict } from "../error/Verdict.ts"

export class RequestRefused extends Schema.TaggedError<RequestRefused>()("RequestRefused", {
  model: Schema.String,
  /** The offending field of the body, as `temperature`. */
  field: Schema.String,
  problem: Schema.String,
  /** What to do. */
  fix: Schema.String
}) {
  override get message(): string {
    return `${this.field} (model ${this.model || "not given"}): ${this.problem} ${this.fix}`
  }
  get verdict(): Verdict {
    return verdict({ advice: this.fix })
  }
}
