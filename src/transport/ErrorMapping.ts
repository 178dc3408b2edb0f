/**
 * The one mapping from what the provider answered to a reason: by code, else by type, else by status. Messages decide
 * only what those leave open, and give the numbers of a rate limit. The codes are those of
 * https://platform.openai.com/docs/guides/error-codes, Azure's and of compatible servers.
 */
import { Duration } from "effect"
import * as Reason from "../error/OpenAiReason.ts"
import { type ErrorFacts, ofError, parseBody } from "./ErrorBody.ts"
import { dimensionOf, type Numbers, numbersOf } from "./RateLimitMessage.ts"
import { redact } from "./Redaction.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as RetryHint from "./RetryHint.ts"

export interface ErrorResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The raw text, or the value parsed from it. */
  readonly body: unknown
  /** Of the call, as `/chat/completions`: a 404 means another thing there than on a file. */
  readonly path?: string
  /** Unix milliseconds, for a `retry-after` that is a date. */
  readonly now: number
}

/** Reasons that are no more than what the provider said. */
const plain = {
  InvalidRequest: Reason.InvalidRequest,
  UnsupportedParameter: Reason.UnsupportedParameter,
  ContextLengthExceeded: Reason.ContextLengthExceeded,
  PromptRejected: Reason.PromptRejected,
  AuthenticationFailed: Reason.AuthenticationFailed,
  PermissionDenied: Reason.PermissionDenied,
  ModelNotFound: Reason.ModelNotFound,
  NotFound: Reason.NotFound,
  QuotaExhausted: Reason.QuotaExhausted,
  MalformedResponse: Reason.MalformedResponse
}

/** Reasons that can say when to come back. */
const hinted = {
  Conflict: Reason.Conflict,
  SlowDown: Reason.SlowDown,
  FlexUnavailable: Reason.FlexUnavailable,
  ServerError: Reason.ServerError,
  ServerOverloaded: Reason.ServerOverloaded
}

/** Every reason that an answer with a status can have. */
type Tag = keyof typeof plain | keyof typeof hinted | "RateLimited" | "RequestTooLarge" | "TimedOut"

const table = (rows: Partial<Record<Tag, string>>): ReadonlyMap<string, Tag> =>
  new Map(
    Object.entries(rows).flatMap(([tag, words]) =>
      words.split(" ").map((word) => [word, tag as Tag] as const)
    )
  )

const byCode = table({
  ContextLengthExceeded: "context_length_exceeded",
  UnsupportedParameter: "unsupported_value unsupported_parameter",
  PromptRejected:
    "content_filter content_policy_violation invalid_prompt moderation_blocked responsibleaipolicyviolation cyber_policy_violation",
  AuthenticationFailed:
    "invalid_api_key invalid_authentication invalid_organization no_such_organization mismatched_organization mismatched_project ip_not_authorized account_deactivated access_terminated token_expired",
  PermissionDenied: "unsupported_country_region_territory",
  ModelNotFound: "model_not_found deploymentnotfound",
  RateLimited: "rate_limit_exceeded ratelimitreached",
  SlowDown: "slow_down",
  QuotaExhausted:
    "insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded project_spend_limit_exceeded organization_usage_limit_exceeded billing_hard_limit_reached billing_not_active",
  FlexUnavailable: "resource_unavailable flex_unavailable",
  ServerOverloaded: "server_is_overloaded engine_overloaded",
  ServerError: "server_error internal_error internal_server_error"
})

const byType = table({
  QuotaExhausted: "insufficient_quota billing_error billing_limit_user_error",
  RateLimited: "requests tokens images input-images rate_limit_exceeded rate_limit_error",
  SlowDown: "slow_down",
  FlexUnavailable: "resource_unavailable",
  AuthenticationFailed: "authentication_error access_terminated",
  ServerOverloaded: "server_is_overloaded overloaded_error",
  ServerError: "server_error internal_error internal_server_error"
})

const statuses: ReadonlyMap<number, Tag> = new Map([
  [401, "AuthenticationFailed"],
  [402, "QuotaExhausted"],
  [403, "PermissionDenied"],
  [408, "TimedOut"],
  [409, "Conflict"],
  [429, "RateLimited"],
  [529, "ServerOverloaded"]
])

/** Creating an answer: without a query, and below any base or deployment. */
const generating = /\/(?:chat\/completions|responses|embeddings)\/?(?:\?.*)?$/

const byStatus = (status: number, path: string | undefined): Tag => {
  if (status === 404)
    return path !== undefined && generating.test(path) ? "ModelNotFound" : "NotFound"
  const known = statuses.get(status)
  if (known !== undefined) return known
  if (status >= 500) return "ServerError"
  if (status >= 400) return "InvalidRequest"
  // A redirect is not followed: it would carry the key elsewhere. The base URL is wrong.
  return status >= 300 ? "NotFound" : "MalformedResponse"
}

const overloaded = /\boverloaded\b/i
const tooLarge = /\brequest too large\b/i
const noQuota = /exceeded your current quota|credit balance|billing hard limit/i
const flex = /\bresource[ _]unavailable\b/i
const tooLong = /maximum context length|context length exceeded|context window/i
const unsupported = /^unsupported (?:value|parameter)\b/i

const isNumber = (code: string): boolean => /^\d+$/.test(code)

/** What the message adds where code, type and status leave the reason open. */
const refine = (tag: Tag, facts: ErrorFacts, numbers: Numbers): Tag => {
  const { message } = facts
  switch (tag) {
    case "RateLimited": {
      const { limit, requested } = numbers
      if (tooLarge.test(message)) return "RequestTooLarge"
      if (limit !== undefined && requested !== undefined && requested > limit)
        return "RequestTooLarge"
      if (flex.test(message)) return "FlexUnavailable"
      const silent = facts.code === "" || isNumber(facts.code)
      const billing =
        silent && noQuota.test(message) && RetryHint.fromMessage(message) === undefined
      return billing ? "QuotaExhausted" : tag
    }
    case "ModelNotFound": {
      // A stored answer or file that the request names, not the model.
      const code = facts.code.toLowerCase()
      const other = facts.param !== "" && facts.param !== "model"
      return !byCode.has(code) && (other || code.endsWith("not_found")) ? "NotFound" : tag
    }
    case "ServerError":
      return overloaded.test(message) ? "ServerOverloaded" : tag
    case "InvalidRequest":
      if (tooLong.test(message)) return "ContextLengthExceeded"
      return unsupported.test(message) ? "UnsupportedParameter" : tag
    default:
      return tag
  }
}

const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined || value === "" ? {} : { [key]: value }) as { [P in K]?: V }

const build = (
  tag: Tag,
  facts: ErrorFacts,
  numbers: Numbers,
  message: string,
  status: number | undefined,
  waitMillis: number | undefined
): Reason.OpenAiReason => {
  const base = {
    message,
    ...optional("status", status),
    ...optional("code", facts.code),
    ...optional("param", facts.param)
  }
  const hint = optional(
    "retryAfter",
    waitMillis === undefined ? undefined : Duration.millis(waitMillis)
  )
  const limit = optional("limit", numbers.limit)
  const requested = optional("requested", numbers.requested)
  switch (tag) {
    case "RateLimited": {
      const used = optional("used", numbers.used)
      const dimension = dimensionOf(facts)
      return new Reason.RateLimited({
        ...base,
        ...hint,
        ...limit,
        ...used,
        ...requested,
        dimension
      })
    }
    case "RequestTooLarge":
      return new Reason.RequestTooLarge({ ...base, ...limit, ...requested })
    case "TimedOut":
      return new Reason.TimedOut({ message })
    case "Conflict":
    case "SlowDown":
    case "FlexUnavailable":
    case "ServerError":
    case "ServerOverloaded":
      return new hinted[tag]({ ...base, ...hint })
    default:
      return new plain[tag](base)
  }
}

const decide = (facts: ErrorFacts, fallback: Tag, numbers: Numbers): Tag =>
  refine(
    byCode.get(facts.code.toLowerCase()) ?? byType.get(facts.type.toLowerCase()) ?? fallback,
    facts,
    numbers
  )

/** The reason for an answer whose status is not 2xx. */
export const fromResponse = (response: ErrorResponse): Reason.OpenAiReason => {
  const { status, headers, path, now } = response
  const facts = parseBody(response.body)
  const numbers = numbersOf(facts.message)
  const tag = decide(facts, byStatus(status, path), numbers)
  const to =
    status >= 300 && status < 400
      ? ` It redirects to ${redact(headers.location ?? "nowhere")}.`
      : ""
  const message =
    facts.message === "" ? `The provider answered ${status} without a message.${to}` : facts.message
  return build(tag, facts, numbers, message, status, RetryHint.parse(headers, facts.message, now))
}

/**
 * The reason for an error inside a 2xx answer: the `error` of a body or of a failed response, an event of a stream. What
 * reaches further than this item (billing, key, model, rate) keeps its own reason; the rest is `ResponseFailed`.
 */
export const fromAnswer = (error: unknown, head?: ResponseHead): Reason.OpenAiReason => {
  const facts = ofError(error)
  const numbers = numbersOf(facts.message)
  const status = isNumber(facts.code) ? Number(facts.code) : 0
  const client = facts.type === "invalid_request_error" || (status >= 400 && status < 500)
  const tag = decide(
    facts,
    status >= 400 ? byStatus(status, undefined) : client ? "InvalidRequest" : "ServerError",
    numbers
  )
  const message =
    facts.message === "" ? "The provider reported a failure without a message." : facts.message
  const wait = RetryHint.fromMessage(facts.message)
  const reason = build(tag, facts, numbers, message, head?.status, wait)
  const { blast, breaker, retryable } = reason.verdict
  if (blast !== "item" || breaker === "throttle") return reason
  return new Reason.ResponseFailed({
    message,
    ...optional("status", head?.status),
    ...optional("code", facts.code),
    ...optional("param", facts.param),
    retryable
  })
}
