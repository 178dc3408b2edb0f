/**
 * How many tokens a request holds: a quick estimate for admission, a true bound for money, and an exact count on demand.
 * Implementations: `layers/tokens/`. The formulas: `RequestSize.ts`.
 */
import { Context, type Effect, Schema } from "effect"
import type { ResolvedRequest } from "../request/GenerateRequest.ts"
import type { TokenUsage } from "../request/TokenUsage.ts"

export class TokenizerError extends Schema.TaggedError<TokenizerError>()("TokenizerError", {
  model: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `Tokenizer, model ${this.model}: ${this.problem}`
  }
}

export interface Estimate {
  /** Input tokens to expect; feeds admission, corrected by what responses report. */
  readonly expected: number
  /** Input tokens that cannot be exceeded; feeds budgets. */
  readonly upper: number
  /** `expected` before that correction: what `learn` is told, so that answers in flight do not correct twice. */
  readonly raw: number
}

export class Tokenizer extends Context.Service<
  Tokenizer,
  {
    /** Synchronous, loads nothing, at most about 10 µs for a short request. */
    readonly estimate: (request: ResolvedRequest) => Estimate
    /** Loads the encoding on first use (over a second, about 200 MB). `exact: false` says that it had to estimate. */
    readonly count: (
      request: ResolvedRequest
    ) => Effect.Effect<{ readonly tokens: number; readonly exact: boolean }, TokenizerError>
    /** Teaches `expected` the ratio of reported input tokens to an estimate's `raw` for a model. Never throws. */
    readonly learn: (model: string, raw: number, reported: TokenUsage) => void
  }
>()("spillway/tokens/Tokenizer") {}
