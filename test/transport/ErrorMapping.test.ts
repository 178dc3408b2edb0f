import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import type { OpenAiReason } from "spillway/error/OpenAiReason"
import * as ErrorMapping from "spillway/transport/ErrorMapping"
import { MAX_MESSAGE } from "spillway/transport/Redaction"

const map = (
  status: number,
  body: unknown,
  more: { readonly headers?: Record<string, string>; readonly path?: string } = {}
): OpenAiReason =>
  ErrorMapping.fromResponse({
    status,
    headers: more.headers ?? {},
    body: typeof body === "string" ? body : JSON.stringify(body),
    path: more.path ?? "/chat/completions",
    now: 0
  })

const error = (fields: {
  readonly message?: unknown
  readonly type?: string | null
  readonly code?: string | number | null
  readonly param?: string | null
}) => ({ error: { message: "said", type: null, param: null, code: null, ...fields } })

const page =
  "<!DOCTYPE html><html><head><title>api.openai.com | 502: Bad gateway</title></head></html>"

type Row = readonly [name: string, status: number, body: unknown, tag: OpenAiReason["_tag"]]

const rows: ReadonlyArray<Row> = [
  [
    "context_length_exceeded",
    400,
    error({ code: "context_length_exceeded" }),
    "ContextLengthExceeded"
  ],
  [
    "a context error without a code",
    400,
    error({ message: "This model's maximum context length is 4097 tokens." }),
    "ContextLengthExceeded"
  ],
  ["unsupported_value", 400, error({ code: "unsupported_value" }), "UnsupportedParameter"],
  ["unsupported_parameter", 400, error({ code: "unsupported_parameter" }), "UnsupportedParameter"],
  ["invalid_prompt", 400, error({ code: "invalid_prompt" }), "PromptRejected"],
  [
    "Azure's content filter",
    400,
    {
      error: {
        code: "content_filter",
        message: "filtered",
        status: 400,
        innererror: { code: "ResponsibleAIPolicyViolation" }
      }
    },
    "PromptRejected"
  ],
  ["any other 400", 400, error({ type: "invalid_request_error" }), "InvalidRequest"],
  ["413", 413, "", "InvalidRequest"],
  [
    "422 with FastAPI's list",
    422,
    { detail: [{ loc: ["body"], msg: "field required" }] },
    "InvalidRequest"
  ],
  ["invalid_api_key", 401, error({ code: "invalid_api_key" }), "AuthenticationFailed"],
  [
    "Azure's 401",
    401,
    { error: { code: "401", message: "Access denied" } },
    "AuthenticationFailed"
  ],
  ["Azure's other 401", 401, { statusCode: 401, message: "Unauthorized." }, "AuthenticationFailed"],
  ["a region", 403, error({ code: "unsupported_country_region_territory" }), "PermissionDenied"],
  ["403 without a code", 403, error({}), "PermissionDenied"],
  ["model_not_found", 404, error({ code: "model_not_found" }), "ModelNotFound"],
  ["model_not_found under 403", 403, error({ code: "model_not_found" }), "ModelNotFound"],
  ["Azure's missing deployment", 404, error({ code: "DeploymentNotFound" }), "ModelNotFound"],
  [
    "404 when generating",
    404,
    error({ message: "This is not a chat model", param: "model" }),
    "ModelNotFound"
  ],
  [
    "404 of an earlier response",
    404,
    error({ code: "not_found", param: "previous_response_id" }),
    "NotFound"
  ],
  ["408", 408, "", "TimedOut"],
  ["409", 409, error({}), "Conflict"],
  ["429 by code", 429, error({ code: "rate_limit_exceeded", type: "tokens" }), "RateLimited"],
  ["429 by type", 429, error({ type: "requests" }), "RateLimited"],
  ["429 by status", 429, "", "RateLimited"],
  [
    "Azure's 429",
    429,
    {
      error: {
        code: "429",
        message:
          "Requests to the API have exceeded token rate limit. Please retry after 26 seconds."
      }
    },
    "RateLimited"
  ],
  [
    "a request larger than the limit",
    429,
    error({
      message:
        "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.",
      code: "rate_limit_exceeded",
      type: "tokens"
    }),
    "RequestTooLarge"
  ],
  [
    "a request larger than the limit, by its numbers",
    429,
    error({ message: "Limit 30000, Used 0, Requested 30001.", type: "tokens" }),
    "RequestTooLarge"
  ],
  ["slow_down", 429, error({ code: "slow_down" }), "SlowDown"],
  ["slow_down under 503", 503, error({ code: "slow_down" }), "SlowDown"],
  ["flex without capacity", 429, error({ message: "Resource Unavailable" }), "FlexUnavailable"],
  ["flex by code", 429, error({ code: "resource_unavailable" }), "FlexUnavailable"],
  ["quota by type", 429, error({ type: "insufficient_quota" }), "QuotaExhausted"],
  [
    "quota by words alone",
    429,
    error({ message: "You exceeded your current quota, please check your plan." }),
    "QuotaExhausted"
  ],
  [
    "a quota that refills",
    429,
    error({ message: "You exceeded your current quota. Please retry in 21.8s.", code: 429 }),
    "RateLimited"
  ],
  ...[
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached"
  ].map((code): Row => [code, 429, error({ code }), "QuotaExhausted"]),
  ["server_error", 500, error({ type: "server_error" }), "ServerError"],
  [
    "a numeric code",
    502,
    { error: { code: 502, message: "Bad gateway.", param: null, type: "cf_bad_gateway" } },
    "ServerError"
  ],
  ["an HTML page", 520, page, "ServerError"],
  ["an overloaded server", 503, error({ code: "server_is_overloaded" }), "ServerOverloaded"],
  [
    "an overloaded model in words",
    503,
    error({ message: "That model is currently overloaded with other requests." }),
    "ServerOverloaded"
  ],
  ["503 alone", 503, "upstream connect error", "ServerError"],
  ["529", 529, "", "ServerOverloaded"],
  ["a redirect", 301, "", "NotFound"],
  ["an error that is a string", 400, { error: "no such thing" }, "InvalidRequest"],
  ["a bare message", 400, { message: "no such thing" }, "InvalidRequest"],
  [
    "a body that is a list",
    400,
    [{ error: { code: 400, message: "no such thing" } }],
    "InvalidRequest"
  ],
  ["a body of the wrong shape", 400, { error: 17 }, "InvalidRequest"]
]

describe("ErrorMapping", () => {
  for (const [name, status, body, tag] of rows) {
    it(`maps ${name} to ${tag}`, () => assert.strictEqual(map(status, body)._tag, tag))
  }

  it("calls a 404 on anything but a generating endpoint NotFound", () => {
    for (const path of [
      "/files/file-1/content",
      "/batches/b",
      "/responses/resp_1",
      "/chat/completions/c/messages"
    ]) {
      assert.strictEqual(map(404, error({}), { path })._tag, "NotFound")
    }
    const azure = "/openai/deployments/x/chat/completions?api-version=2024-02-01"
    assert.strictEqual(map(404, error({}), { path: azure })._tag, "ModelNotFound")
  })

  it("reads dimension, limit, used, requested and wait of a rate limit", () => {
    const message =
      "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 60000, Used 54134, Requested 6465. Please try again in 599ms."
    const reason = map(429, error({ message, code: "rate_limit_exceeded" }))
    assert.strictEqual(reason._tag, "RateLimited")
    if (reason._tag !== "RateLimited") return
    const { dimension, limit, used, requested, retryAfter } = reason
    assert.deepStrictEqual(
      { dimension, limit, used, requested },
      { dimension: "tokens", limit: 60_000, used: 54_134, requested: 6_465 }
    )
    assert.deepStrictEqual(retryAfter, Duration.millis(599))
  })

  it("tells requests from tokens by the type of the error", () => {
    for (const dimension of ["requests", "tokens"] as const) {
      const reason = map(429, error({ type: dimension, code: "rate_limit_exceeded" }))
      assert.strictEqual(reason._tag === "RateLimited" && reason.dimension, dimension)
    }
  })

  it("takes the wait from the headers of a server error too", () => {
    const reason = map(503, "", { headers: { "retry-after": "7" } })
    assert.deepStrictEqual(reason.verdict.retryAfter, Duration.seconds(7))
  })

  it("names the title of a proxy's page, not the page", () => {
    const { message } = map(502, page)
    assert.include(message, "502: Bad gateway")
    assert.notInclude(message, "<")
  })

  it("keeps no secret and bounds the message", () => {
    const secret = "sk-proj-abc_DEF0123456789"
    const said = `Incorrect API key provided: ${secret}. Authorization: Bearer ${secret}; api-key=0123456789abcdef`
    const { message } = map(401, error({ message: said + "x".repeat(1_000_000) }))
    for (const part of ["abc_DEF", "0123456789"]) assert.notInclude(message, part)
    assert.isAtMost(message.length, MAX_MESSAGE)
  })

  it("keeps the words that a key may look like", () => {
    const said = "This is a risk-averse task-based desk-top message"
    assert.strictEqual(map(400, error({ message: said })).message, said)
  })

  it("keeps the reason of what reaches beyond the item in an error inside an answer", () => {
    const tag = (fields: object) => ErrorMapping.fromAnswer(fields)._tag
    assert.strictEqual(tag({ code: "insufficient_quota", message: "pay" }), "QuotaExhausted")
    assert.strictEqual(tag({ code: "rate_limit_exceeded", message: "wait" }), "RateLimited")
    assert.strictEqual(tag({ code: "invalid_api_key", message: "key" }), "AuthenticationFailed")
  })

  it("retries a failed answer for the server's faults, not for the request's", () => {
    const retryable = (fields: object) => ErrorMapping.fromAnswer(fields).verdict.retryable
    assert.isTrue(retryable({ code: "server_error", message: "oops" }))
    assert.isTrue(retryable({ message: "An error occurred while processing your request." }))
    assert.isFalse(retryable({ code: "invalid_prompt", message: "no" }))
    assert.isFalse(retryable({ type: "invalid_request_error", message: "no" }))
  })

  it("is not led astray by a message that lies very deep", () => {
    for (const [open, close] of [
      ['{"message":', "}"],
      ["[", "]"],
      ['{"error":', "}"]
    ] as const) {
      const depth = 2_000
      assert.isString(map(400, `${open.repeat(depth)}1${close.repeat(depth)}`).message)
    }
  })

  it("never throws, whatever the body is", () => {
    for (const body of [
      "null",
      "[]",
      "[null]",
      "{",
      "\u0000",
      '"text"',
      '{"error":[]}',
      '{"error":{"message":{}}}',
      '{"detail":{"msg":[1]}}'
    ]) {
      for (const status of [0, 100, 304, 400, 418, 429, 500, 599, 999]) {
        assert.isString(map(status, body).message)
      }
    }
  })
})
