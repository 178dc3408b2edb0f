/**
 * Answers that are values of a `Schema`: the strict JSON schema that goes into the request, and the decoding of what came
 * back. It stands beside `Generate`, so that an answer from the store decodes as one from the network does.
 */
import { Result, Schema } from "effect"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import { bounded } from "../transport/Redaction.ts"
import {
  type GenerateRequest,
  type JsonObject,
  make as makeRequest,
  type RequestParts
} from "./GenerateRequest.ts"
import type { ModelAnswer } from "./ModelResponse.ts"

/** The answer has text, and it is not of the schema. */
export interface OffSchema {
  readonly reason: "off-schema"
  /** Where and what, without the text itself. */
  readonly problem: string
}

export interface StructuredAnswer<out A> {
  readonly name: string
  /** The strict JSON schema as it is sent. */
  readonly jsonSchema: JsonObject
  /** A request for such an answer, on either endpoint for text. */
  readonly request: (parts: Omit<RequestParts, "jsonSchema">) => GenerateRequest
  /** Never throws: an answer that the schema's own code throws on is off-schema, too. */
  readonly decode: (answer: Pick<ModelAnswer, "text">) => Result.Result<A, OffSchema>
}

/** Characters. */
const MAX_PROBLEM = 500

interface Form<A> {
  readonly jsonSchema: JsonObject
  readonly decode: (value: unknown) => Result.Result<A, Schema.SchemaError>
}

const form = <A, E>(schema: Schema.Codec<A, E>): Form<A> => {
  const { codec, jsonSchema } = toCodecOpenAI(schema)
  return { jsonSchema: jsonSchema as JsonObject, decode: Schema.decodeUnknownResult(codec) }
}

/** OpenAI takes plain objects only at the root: anything else, unions included, travels as `{ value: … }`. */
const wrapped = <A, E>(schema: Schema.Codec<A, E>): Form<A> => {
  const { decode, jsonSchema } = form(Schema.Struct({ value: schema }))
  return { jsonSchema, decode: (value) => Result.map(decode(value), (object) => object.value) }
}

const formOf = <A, E>(schema: Schema.Codec<A, E>): Form<A> => {
  try {
    return form(schema)
  } catch {
    return wrapped(schema)
  }
}

const parse = (text: string): Result.Result<unknown, OffSchema> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    const problem =
      text === "" ? "The answer is empty." : `The answer (${text.length} characters) is not JSON.`
    return Result.fail({ reason: "off-schema", problem })
  }
}

/**
 * @param name how the schema is called towards the provider: letters, digits, `_` and `-`, up to 64
 * @param schema any schema; throws at once where the provider's strict form cannot say it
 */
export const make = <A, E>(name: string, schema: Schema.Codec<A, E>): StructuredAnswer<A> => {
  const { decode, jsonSchema } = formOf(schema)
  return {
    name,
    jsonSchema,
    request: (parts) => makeRequest({ ...parts, jsonSchema: { name, schema: jsonSchema } }),
    decode: ({ text }) =>
      Result.flatMap(parse(text), (value) => {
        try {
          return Result.mapError(decode(value), (error) => offSchema(error.message))
        } catch (cause) {
          const name = cause instanceof Error ? cause.name : "a value"
          return Result.fail(offSchema(`The schema's own code threw ${name}.`))
        }
      })
  }
}

const offSchema = (problem: string): OffSchema => ({
  reason: "off-schema",
  problem: bounded(problem, MAX_PROBLEM)
})
