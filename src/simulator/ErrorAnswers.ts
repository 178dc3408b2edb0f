/** The provider's refusals in its own words: status, body and the hints that go with them. */
import type { Admission, Dimension } from "./Quota.ts"
import { goDuration, retryHeaders } from "./RateHeaders.ts"

export interface ErrorAnswer {
  readonly status: number
  readonly body: {
    readonly error: {
      readonly message: string
      readonly type: string
      readonly param: string | null
      readonly code: string | null
    }
  }
  readonly headers: Readonly<Record<string, string>>
}

const error = (
  status: number,
  type: string,
  code: string | null,
  message: string,
  options: { readonly param?: string; readonly headers?: Readonly<Record<string, string>> } = {}
): ErrorAnswer => ({
  status,
  body: { error: { message, type, param: options.param ?? null, code } },
  headers: options.headers ?? {}
})

/** 400: the request itself is wrong. */
export const invalid = (message: string, param?: string, code: string | null = null): ErrorAnswer =>
  error(400, "invalid_request_error", code, message, param === undefined ? {} : { param })

export const invalidJson = invalid(
  "We could not parse the JSON body of your request. The request body must be a JSON object."
)
export const missingModel = invalid("you must provide a model parameter")

export const modelNotFound = (model: string): ErrorAnswer =>
  error(
    404,
    "invalid_request_error",
    "model_not_found",
    `The model \`${model}\` does not exist or you do not have access to it.`
  )

export const unknownUrl = (method: string, path: string): ErrorAnswer =>
  error(404, "invalid_request_error", "unknown_url", `Unknown request URL: ${method} ${path}.`)

export const bodyTooLarge = (limit: number): ErrorAnswer =>
  error(
    413,
    "invalid_request_error",
    null,
    `The request body exceeds the maximum of ${limit} bytes.`
  )

/** Without a key, or with one that is unknown. The key itself is never repeated. */
export const badKey = (given: boolean): ErrorAnswer =>
  error(
    401,
    "invalid_request_error",
    given ? "invalid_api_key" : null,
    given
      ? "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."
      : "You didn't provide an API key. Provide it in an Authorization header using Bearer auth."
  )

export const noQuota = error(
  429,
  "insufficient_quota",
  "insufficient_quota",
  "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)

export const serverError = (requestId: string): ErrorAnswer =>
  error(
    500,
    "server_error",
    null,
    `The server had an error while processing your request. Sorry about that! (request ID ${requestId})`
  )

export const overloaded = error(
  503,
  "server_error",
  "server_is_overloaded",
  "Our servers are currently overloaded. Please try again later."
)

export const requestTimeout = error(408, "invalid_request_error", null, "Request timed out.")

export const conflict = error(
  409,
  "invalid_request_error",
  null,
  "Another request is holding a lock on this resource. Please try again."
)

const slowDown = (retryAfterMs: number): ErrorAnswer =>
  error(
    429,
    "slow_down",
    "slow_down",
    "Slow down: your request rate grows too fast. Reduce it, hold it steady for 15 minutes, then raise it gradually.",
    { headers: retryHeaders(retryAfterMs) }
  )

const dimensions: Readonly<Record<Dimension, readonly [string, string]>> = {
  requests: ["requests", "requests per min (RPM)"],
  tokens: ["tokens", "tokens per min (TPM)"],
  "requests-per-day": ["requests", "requests per day (RPD)"]
}

const LIMITS_PAGE = "Visit https://platform.openai.com/account/rate-limits to learn more."

/** 429 for an admission that was refused. */
export const rateLimited = (
  model: string,
  organization: string,
  admission: Exclude<Admission, { readonly _tag: "Admitted" }>
): ErrorAnswer => {
  switch (admission._tag) {
    case "SlowDown":
      return slowDown(admission.retryAfterMs)
    case "TooLarge":
      return error(
        429,
        "tokens",
        "rate_limit_exceeded",
        `Request too large for ${model} in organization ${organization} on tokens per min (TPM): Limit ${admission.limit}, Requested ${admission.requested}. The input or output tokens must be reduced in order to run successfully. ${LIMITS_PAGE}`
      )
    case "Limited": {
      const [type, name] = dimensions[admission.dimension]
      return error(
        429,
        type,
        "rate_limit_exceeded",
        `Rate limit reached for ${model} in organization ${organization} on ${name}: Limit ${admission.limit}, Used ${admission.used}, Requested ${admission.requested}. Please try again in ${goDuration(admission.retryAfterMs)}. ${LIMITS_PAGE}`,
        { headers: retryHeaders(admission.retryAfterMs) }
      )
    }
  }
}

/** A page of the proxy in front of the provider. */
export const gatewayPage = (status: 502 | 520): string =>
  `<!DOCTYPE html>\n<html lang="en-US">\n<head><title>${status}: ${status === 502 ? "Bad gateway" : "Web server is returning an unknown error"}</title></head>\n<body><h1>Error ${status}</h1></body>\n</html>\n`
