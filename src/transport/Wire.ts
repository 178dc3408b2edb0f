/**
 * Small, tolerant readers for the provider's JSON. What is missing or unknown is passed over where an answer can do
 * without it; what an answer needs and has in another shape is a `MalformedResponse` that names the field.
 */
import { Result } from "effect"
import { MalformedResponse, type OpenAiReason } from "../error/OpenAiReason.ts"
import * as ErrorMapping from "./ErrorMapping.ts"
import { bounded } from "./Redaction.ts"
import type { ResponseHead } from "./ResponseHead.ts"

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The object, or an empty one: for parts that may be absent. */
export const fields = (value: unknown): Fields => (isFields(value) ? value : {})

export const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** The string, or an empty one. */
export const string = (value: unknown): string => (typeof value === "string" ? value : "")

/** A token count: 0 for anything but a positive number. */
export const count = (value: unknown): number =>
  typeof value === "number" && value > 0 && value <= Number.MAX_SAFE_INTEGER ? Math.trunc(value) : 0

const kindOf = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (value === null) return "null"
  if (value === "") return "an empty string"
  return Array.isArray(value) ? "an array" : `of type ${typeof value}`
}

/** The failure for a field of the wrong shape. Names and types only: never what the model wrote. */
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

/** Whether the field `error` reports one: servers that have none write null, an empty text, or leave it out. */
export const isError = (value: unknown): boolean => Boolean(value)

/** The body of a 2xx answer as an object that reports no error of its own. */
export const body = (value: unknown, head: ResponseHead): Result.Result<Fields, OpenAiReason> => {
  if (isFields(value)) {
    return isError(value.error)
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
