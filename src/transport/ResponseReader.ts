/**
 * What arrived, to an answer or an error: the same for every transport, whether it has a network behind it or not.
 * Streams go through `ServerSentEvents.ts`, refusals through `ErrorMapping.ts`, bodies through the call's own decoder.
 */
import { Result } from "effect"
import { OpenAiError } from "../error/OpenAiError.ts"
import { MalformedResponse, type OpenAiReason } from "../error/OpenAiReason.ts"
import { parseBody } from "./ErrorBody.ts"
import * as ErrorMapping from "./ErrorMapping.ts"
import type { ApiCall, ApiResponse } from "./OpenAiTransport.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as ServerSentEvents from "./ServerSentEvents.ts"

/** @param headers names in lower case */
export const makeHead = (
  status: number,
  headers: Readonly<Record<string, string>>
): ResponseHead => {
  // Azure's name for it.
  const requestId = headers["x-request-id"] ?? headers["apim-request-id"]
  return requestId === undefined ? { status, headers } : { status, headers, requestId }
}

export const isSuccess = (head: ResponseHead): boolean => head.status >= 200 && head.status < 300

const contentType = (head: ResponseHead): string => head.headers["content-type"] ?? ""

/** By content type. */
export const isEventStream = (head: ResponseHead): boolean =>
  contentType(head).includes("event-stream")

/** What its first characters say counts more: JSON under a stream's type, a stream under another's. */
const looksLikeStream = (text: string, head: ResponseHead): boolean => {
  const start = text.slice(0, 100).trimStart()
  return isEventStream(head) ? !start.startsWith("{") : /^\ufeff?(?:event|data): ?\S/.test(start)
}

const parse = (text: string, head: ResponseHead): Result.Result<unknown, OpenAiReason> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    const html = contentType(head).includes("html") || /^\s*<(?:!doctype|html)/i.test(text)
    if (!html && !contentType(head).includes("json")) return Result.succeed(text)
    const message = html
      ? parseBody(text).message
      : text === ""
        ? `The provider answered ${head.status} with an empty body.`
        : `The provider's JSON of ${text.length} characters is cut off or broken.`
    return Result.fail(new MalformedResponse({ message, status: head.status }))
  }
}

/** The body of a 2xx answer; text that nobody calls JSON is left to the decoder as it is. */
export const readBody = (text: string, head: ResponseHead): Result.Result<unknown, OpenAiReason> =>
  looksLikeStream(text, head) ? ServerSentEvents.fold(text, head) : parse(text, head)

/** The error of a call that got as far as a response. */
export const fail = (
  call: ApiCall<unknown>,
  reason: OpenAiReason,
  head: ResponseHead,
  partial = false
): OpenAiError =>
  new OpenAiError({ operation: call.operation, reason, head, ...(partial ? { partial } : {}) })

/** From the body to the value that the call is for. */
export const decode = <A>(
  call: ApiCall<A>,
  body: Result.Result<unknown, OpenAiReason>,
  head: ResponseHead,
  partial = false
): Result.Result<ApiResponse<A>, OpenAiError> => {
  if (Result.isFailure(body)) return Result.fail(fail(call, body.failure, head, partial))
  const value = call.decode(body.success, head)
  return Result.isFailure(value)
    ? Result.fail(fail(call, value.failure, head, partial))
    : Result.succeed({ body: value.success, head })
}

/** The reason for an answer that is not 2xx. */
export const refusal = (
  call: ApiCall<unknown>,
  text: string,
  head: ResponseHead,
  now: number
): OpenAiReason =>
  ErrorMapping.fromResponse({
    status: head.status,
    headers: head.headers,
    body: text,
    path: call.path,
    now
  })

/**
 * A whole response at once.
 *
 * @param now Unix milliseconds
 */
export const read = <A>(
  call: ApiCall<A>,
  text: string,
  head: ResponseHead,
  now: number
): Result.Result<ApiResponse<A>, OpenAiError> =>
  isSuccess(head)
    ? decode(call, readBody(text, head), head)
    : Result.fail(fail(call, refusal(call, text, head, now), head))
