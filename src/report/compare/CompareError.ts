/** Runs that cannot be compared as asked: the problem, and what to do. */
import { Schema } from "effect"

export class CompareError extends Schema.TaggedError<CompareError>()("CompareError", {
  reason: Schema.Literals([
    /** Fewer than two sides. */
    "one-side",
    /** No run has an arm of that label, or one of the runs has none of those asked for. */
    "unknown-arm",
    /** The runs were not scored by the same scorer and version. */
    "scorers-differ",
    "no-common-items"
  ]),
  problem: Schema.String,
  fix: Schema.String
}) {
  override get message(): string {
    return `${this.problem} ${this.fix}`
  }
}
