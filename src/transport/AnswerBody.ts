/**
 * The body of a 2xx answer: an object that reports no error, whose fields an answer needs are there. All else is a failure
 * that names the field and its type, and never quotes what the model wrote.
 */
import { Result } from "effect"
import { MalformedResponse, type OpenAiReason } from "../error/OpenAiReason.ts"
import * as ErrorMapping from "./ErrorMapping.ts"
import { bounded } from "./Redaction.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as Wire from "./Wire.ts"

const kindOf = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (value === null) return "null"
  if (value === "") return "an empty string"
  return Array.isArray(value) ? "an array" : `of type ${typeof value}`
}

/** The failure for a field of the wrong shape. */
export const malformed = (
  head: ResponseHead,
  field: string,
  value: unknown,
  expected: string
): Result.Result<never, OpenAiReason> =>
  Result.fail(
    new MalformedResponse({
      message: `The field ${field} of the answer is ${kindOf(value)}; expected ${expected}.`,
      status: head.status,
      param: field
    })
  )

/** The body as an object; an error that it reports is mapped. */
export const read = (
  value: unknown,
  head: ResponseHead
): Result.Result<Wire.Fields, OpenAiReason> => {
  if (Wire.isFields(value)) {
    return Wire.isError(value.error)
      ? Result.fail(ErrorMapping.fromAnswer(value.error, head))
      : Result.succeed(value)
  }
  const type = head.headers["content-type"] ?? "no content type"
  const message =
    value === "" || value === undefined
      ? `The provider answered ${head.status} with an empty body.`
      : typeof value === "string"
        ? `The provider answered ${head.status} with a body that is not JSON (${bounded(type, 100)}).`
        : `The body of the answer is ${kindOf(value)}; expected an object.`
  return Result.fail(new MalformedResponse({ message, status: head.status }))
}
