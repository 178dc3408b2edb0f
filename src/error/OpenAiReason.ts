/**
 * Why a call to OpenAI failed: one tagged class a reason, each with its `Verdict`.
 * Which status, code and body gives which reason is decided in `transport/ErrorMapping.ts`.
 */
import { Schema } from "effect"
import { type Verdict, verdict } from "./Verdict.ts"

/** What the provider said, as far as it said it. `message` is already free of secrets. */
const Facts = {
  message: Schema.String,
  status: Schema.optionalKey(Schema.Int),
  code: Schema.optionalKey(Schema.String),
  param: Schema.optionalKey(Schema.String)
}
const Hint = { retryAfter: Schema.optionalKey(Schema.Duration) }

/** 400, 413, 422 and other 4xx: the request itself is wrong. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", Facts) {
  get verdict(): Verdict {
    return verdict({ advice: "Correct the request; sending it again unchanged cannot succeed." })
  }
}

/** 400 `unsupported_value`, `unsupported_parameter`: the model does not take that setting. */
export class UnsupportedParameter extends Schema.TaggedError<UnsupportedParameter>()(
  "UnsupportedParameter",
  Facts
) {
  get verdict(): Verdict {
    return verdict({ advice: "Remove or change that parameter for this model." })
  }
}

/** 400 `context_length_exceeded`: prompt plus output bound exceed the model's context. */
export class ContextLengthExceeded extends Schema.TaggedError<ContextLengthExceeded>()(
  "ContextLengthExceeded",
  Facts
) {
  get verdict(): Verdict {
    return verdict({
      advice: "Shorten the prompt, lower the output bound, or use a model with a larger context."
    })
  }
}

/** 400 `content_filter`, `content_policy_violation`, `invalid_prompt`: the prompt was refused by policy. */
export class PromptRejected extends Schema.TaggedError<PromptRejected>()("PromptRejected", Facts) {
  get verdict(): Verdict {
    return verdict({
      advice: "The provider's policy rejects this prompt; change it or leave the item out."
    })
  }
}

/** 401: no valid key, or this address may not use it. */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>()(
  "AuthenticationFailed",
  Facts
) {
  get verdict(): Verdict {
    return verdict({
      blast: "run",
      advice:
        "Check OPENAI_API_KEY, the organization and the project, then start the run again: it resumes."
    })
  }
}

/** 403: region, or the project has no access to the model. */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()(
  "PermissionDenied",
  Facts
) {
  get verdict(): Verdict {
    return verdict({
      blast: "model",
      advice: "Ask for access to this model, or choose another one."
    })
  }
}

/** 404 on a generating endpoint: no such model for this account. */
export class ModelNotFound extends Schema.TaggedError<ModelNotFound>()("ModelNotFound", Facts) {
  get verdict(): Verdict {
    return verdict({
      blast: "model",
      advice: "Check the model's name and whether it has been retired."
    })
  }
}

/** 404 on anything else: a file, batch or stored answer that does not exist. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", Facts) {
  get verdict(): Verdict {
    return verdict({ advice: "Check the id and the base URL." })
  }
}

/** 409: a lock on the other side. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { ...Facts, ...Hint }) {
  get verdict(): Verdict {
    return verdict({ retryable: true, retryAfter: this.retryAfter })
  }
}

/** 429 `rate_limit_exceeded`: wait; the limiter learns from it. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  ...Facts,
  ...Hint,
  /** What ran out, where the provider said it. */
  dimension: Schema.Literals(["requests", "tokens", "images", "unknown"]),
  /** Per minute (or per day, see the message), as the provider stated them. */
  limit: Schema.optionalKey(Schema.Finite),
  used: Schema.optionalKey(Schema.Finite),
  requested: Schema.optionalKey(Schema.Finite)
}) {
  get verdict(): Verdict {
    return verdict({ retryable: true, retryAfter: this.retryAfter, breaker: "throttle" })
  }
}

/** 429 "Request too large": it exceeds the limit by itself, so no wait can help. */
export class RequestTooLarge extends Schema.TaggedError<RequestTooLarge>()("RequestTooLarge", {
  ...Facts,
  limit: Schema.optionalKey(Schema.Finite),
  requested: Schema.optionalKey(Schema.Finite)
}) {
  get verdict(): Verdict {
    return verdict({
      breaker: "throttle",
      advice: "Lower the output bound or shorten the prompt below the limit per minute."
    })
  }
}

/** 429 `slow_down`: traffic grew too fast although within the limits. */
export class SlowDown extends Schema.TaggedError<SlowDown>()("SlowDown", { ...Facts, ...Hint }) {
  get verdict(): Verdict {
    return verdict({ retryable: true, retryAfter: this.retryAfter, breaker: "throttle" })
  }
}

/** 429 with a billing code: no quota, credit or spend limit left. */
export class QuotaExhausted extends Schema.TaggedError<QuotaExhausted>()("QuotaExhausted", Facts) {
  get verdict(): Verdict {
    return verdict({
      blast: "run",
      breaker: "throttle",
      advice:
        "Add credit or raise the spend limit in the account's billing settings, then start the run again: it resumes."
    })
  }
}

/** 429 of the flex tier: no capacity at this moment; not charged. */
export class FlexUnavailable extends Schema.TaggedError<FlexUnavailable>()("FlexUnavailable", {
  ...Facts,
  ...Hint
}) {
  get verdict(): Verdict {
    return verdict({
      retryable: true,
      retryAfter: this.retryAfter,
      breaker: "throttle",
      advice: "Wait, or use the standard tier."
    })
  }
}

/** 5xx, and proxies' HTML pages (502, 520, 524). */
export class ServerError extends Schema.TaggedError<ServerError>()("ServerError", {
  ...Facts,
  ...Hint
}) {
  get verdict(): Verdict {
    return verdict({ retryable: true, retryAfter: this.retryAfter, breaker: "failure" })
  }
}

/** 503 `server_is_overloaded`: retry, but not soon. */
export class ServerOverloaded extends Schema.TaggedError<ServerOverloaded>()("ServerOverloaded", {
  ...Facts,
  ...Hint
}) {
  get verdict(): Verdict {
    return verdict({ retryable: true, retryAfter: this.retryAfter, breaker: "failure" })
  }
}

/** No connection, or it broke. `sent`: whether the request had left. */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>()("ConnectionFailed", {
  message: Schema.String,
  sent: Schema.Boolean
}) {
  get verdict(): Verdict {
    return verdict({ retryable: true, billed: this.sent ? "unknown" : "no", breaker: "failure" })
  }
}

/** Our own limit per attempt passed, or the provider answered 408. */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  message: Schema.String,
  after: Schema.optionalKey(Schema.Duration)
}) {
  get verdict(): Verdict {
    return verdict({ retryable: true, billed: "unknown", breaker: "failure" })
  }
}

/** A success by status whose body is HTML, truncated, empty or of another shape. */
export class MalformedResponse extends Schema.TaggedError<MalformedResponse>()(
  "MalformedResponse",
  {
    ...Facts
  }
) {
  get verdict(): Verdict {
    return verdict({ retryable: true, billed: "unknown", breaker: "failure" })
  }
}

/** The Responses API's `status: "failed"`, or an error event inside a stream. */
export class ResponseFailed extends Schema.TaggedError<ResponseFailed>()("ResponseFailed", {
  ...Facts,
  retryable: Schema.Boolean
}) {
  get verdict(): Verdict {
    return verdict({
      retryable: this.retryable,
      billed: "unknown",
      breaker: this.retryable ? "failure" : "neutral"
    })
  }
}

/** Every reason, as one schema: what a failed item stores. */
export const OpenAiReason = Schema.Union([
  InvalidRequest,
  UnsupportedParameter,
  ContextLengthExceeded,
  PromptRejected,
  AuthenticationFailed,
  PermissionDenied,
  ModelNotFound,
  NotFound,
  Conflict,
  RateLimited,
  RequestTooLarge,
  SlowDown,
  QuotaExhausted,
  FlexUnavailable,
  ServerError,
  ServerOverloaded,
  ConnectionFailed,
  TimedOut,
  MalformedResponse,
  ResponseFailed
])
export type OpenAiReason = typeof OpenAiReason.Type
