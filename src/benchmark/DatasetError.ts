/** A dataset that cannot be used as it is: the place, the problem, and what to do. Nothing was sent, nothing was paid. */
import { Schema } from "effect"
import { type Verdict, verdict } from "../error/Verdict.ts"

export class DatasetError extends Schema.TaggedError<DatasetError>()("DatasetError", {
  /** The file as it was named; `array` for a dataset given as values. */
  path: Schema.String,
  /** 1-based line of the file, or number of the item in an array; absent where the whole file is meant. */
  line: Schema.optionalKey(Schema.Int),
  /** The offending field, as `answers[0].text`. */
  field: Schema.optionalKey(Schema.String),
  /** Never quotes the item: datasets may be confidential. */
  problem: Schema.String,
  fix: Schema.String
}) {
  /** The place and the problem, for items that are passed over. */
  get finding(): string {
    const line = this.line === undefined ? "" : `, line ${this.line}`
    const field = this.field === undefined ? "" : `, field ${this.field}`
    return `Dataset ${this.path}${line}${field}: ${this.problem}`
  }
  override get message(): string {
    return `${this.finding} ${this.fix}`
  }
  get verdict(): Verdict {
    return verdict({ blast: "run", advice: this.fix })
  }
}
