/** A benchmark's answer in the form of a strict JSON schema: what the simulated model says where an answer must be JSON. */
import type { Seeded } from "../random/Seeded.ts"
import type { JsonObject, JsonValue } from "../request/GenerateRequest.ts"
import { asText, isObject } from "./Prompt.ts"
import { schemaValue } from "./SchemaValue.ts"

/** Names of properties that hold the answer itself, the likeliest first. */
const answerFields = ["answer", "final_answer", "finalAnswer", "label", "choice", "result", "value"]

/**
 * An answer that is JSON with the schema's properties goes as it is. Else a value that fits the schema, with the answer
 * in the property that is named for one (else the last that can hold it); where none can, the answer is not in it.
 */
export const structuredAnswer = (schema: JsonObject, answer: string, random: Seeded): string => {
  const properties = isObject(schema.properties) ? schema.properties : {}
  if (isWhole(answer, Object.keys(properties))) return answer
  const value = schemaValue(schema, random)
  if (!isObject(value)) return JSON.stringify(value)
  const names = Object.keys(properties)
  const ordered = [...answerFields.filter((name) => names.includes(name)), ...names.reverse()]
  for (const name of ordered) {
    const fit = typed(properties[name], answer)
    if (fit !== undefined) return JSON.stringify({ ...value, [name]: fit })
  }
  return JSON.stringify(value)
}

/** An object of exactly these properties; their values are the benchmark's own matter. */
const isWhole = (answer: string, names: ReadonlyArray<string>): boolean => {
  if (!answer.trimStart().startsWith("{") || names.length === 0) return false
  try {
    const value: unknown = JSON.parse(answer)
    return isObject(value) && Object.keys(value).sort().join() === [...names].sort().join()
  } catch {
    return false
  }
}

/** The answer as the property has it; `undefined` where the two do not go together. */
const typed = (schema: JsonValue | undefined, answer: string): JsonValue | undefined => {
  if (!isObject(schema)) return undefined
  if (schema.const !== undefined) return undefined
  if (Array.isArray(schema.enum)) return schema.enum.find((one) => String(one) === answer)
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  if (types.includes("string")) return fitsText(schema, answer) ? answer : undefined
  if (types.includes("number") || types.includes("integer")) {
    const plain = answer.replaceAll(/[$,%]/g, "").trim()
    const number = plain === "" ? Number.NaN : Number(plain)
    return fitsNumber(schema, number, !types.includes("number")) ? number : undefined
  }
  if (!types.includes("boolean")) return undefined
  return answer.toLowerCase() === "true" || answer.toLowerCase() === "yes"
}

const fitsText = (schema: JsonObject, answer: string): boolean =>
  asText(schema.format) === undefined &&
  asText(schema.pattern) === undefined &&
  answer.length >= bound(schema.minLength, 0) &&
  answer.length <= bound(schema.maxLength, Number.POSITIVE_INFINITY)

const fitsNumber = (schema: JsonObject, number: number, whole: boolean): boolean =>
  Number.isFinite(number) &&
  (!whole || Number.isInteger(number)) &&
  number >= bound(schema.minimum, Number.NEGATIVE_INFINITY) &&
  number <= bound(schema.maximum, Number.POSITIVE_INFINITY) &&
  number > bound(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY) &&
  number < bound(schema.exclusiveMaximum, Number.POSITIVE_INFINITY) &&
  Number.isInteger(number / bound(schema.multipleOf, number === 0 ? 1 : number))

const bound = (value: JsonValue | undefined, otherwise: number): number =>
  typeof value === "number" ? value : otherwise
