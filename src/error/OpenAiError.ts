/**
 * The one error of the OpenAI transport. What happened is in `reason`; what to do about it, in the verdict
 * that the error answers for its reason. Handle one reason with `Effect.catchReason("OpenAiError", "RateLimited", …)`.
 */
import { Schema } from "effect"
import { ResponseHead } from "../transport/ResponseHead.ts"
import { OpenAiReason } from "./OpenAiReason.ts"
import type { Verdict } from "./Verdict.ts"

export class OpenAiError extends Schema.TaggedError<OpenAiError>()("OpenAiError", {
  /** What was being done, as `chat.create`. */
  operation: Schema.String,
  reason: OpenAiReason,
  /** Status, headers and request id, where a response arrived. */
  head: Schema.optionalKey(ResponseHead),
  /** Part of the answer was already handed to `onEvent`: never sent again, whatever the reason says. */
  partial: Schema.optionalKey(Schema.Boolean)
}) {
  override get message(): string {
    const { reason, head } = this
    const id = head?.requestId === undefined ? "" : ` [request ${head.requestId}]`
    const advice = reason.verdict.advice === "" ? "" : ` ${reason.verdict.advice}`
    return `${this.operation}: ${reason._tag}: ${reason.message}${id}${advice}`
  }
  get verdict(): Verdict {
    return this.partial === true
      ? { ...this.reason.verdict, retryable: false, billed: "yes" }
      : this.reason.verdict
  }
}
