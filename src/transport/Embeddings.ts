/** Embeddings: `POST /embeddings`, as numbers or as base64 of little-endian 32-bit floats. */
import { Result } from "effect"
import { Base64 } from "effect/encoding"
import type { OpenAiReason } from "../error/OpenAiReason.ts"
import { type JsonObject, paths } from "../request/GenerateRequest.ts"
import type { ModelAnswer } from "../request/ModelResponse.ts"
import * as AnswerBody from "./AnswerBody.ts"
import type { ApiCall } from "./OpenAiTransport.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as Usage from "./Usage.ts"
import * as Wire from "./Wire.ts"

type Vector = ReadonlyArray<number>

const FLOAT_BYTES = 4

const isVector = (values: ReadonlyArray<unknown>): values is Vector =>
  values.every((value) => typeof value === "number" && Number.isFinite(value))

const fromBase64 = (text: string): Vector | undefined => {
  const decoded = Base64.decode(text)
  if (Result.isFailure(decoded)) return undefined
  const bytes = decoded.success
  if (bytes.byteLength % FLOAT_BYTES !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = bytes.byteLength / FLOAT_BYTES
  return Array.from({ length }, (_, index) => view.getFloat32(index * FLOAT_BYTES, true))
}

const vector = (value: unknown): Vector | undefined => {
  const values = typeof value === "string" ? fromBase64(value) : value
  return Array.isArray(values) && values.length > 0 && isVector(values) ? values : undefined
}

/** By `index` where every entry has one, else as they came. */
const inOrder = (data: ReadonlyArray<unknown>): ReadonlyArray<Wire.Fields> => {
  const entries = data.map(Wire.fields)
  return entries.every(({ index }) => Number.isInteger(index))
    ? entries.toSorted((a, b) => Number(a.index) - Number(b.index))
    : entries
}

/** How many vectors a body asks for; `undefined` where its input is one text, one token list, or unknown. */
const expected = (body: JsonObject): number | undefined =>
  Array.isArray(body.input) && typeof body.input[0] !== "number" ? body.input.length : undefined

const decode =
  (asked: number | undefined) =>
  (value: unknown, head: ResponseHead): Result.Result<ModelAnswer, OpenAiReason> => {
    const read = AnswerBody.read(value, head)
    if (Result.isFailure(read)) return Result.fail(read.failure)
    const body = read.success
    const data = Wire.list(body.data)
    if (data.length === 0 || data.length !== (asked ?? data.length)) {
      return AnswerBody.malformed(
        head,
        "data",
        body.data,
        `${asked ?? "at least one"} vectors and got ${data.length}`
      )
    }
    const embeddings: Array<Vector> = []
    for (const [index, entry] of inOrder(data).entries()) {
      const found = vector(entry.embedding)
      if (found === undefined) {
        const field = `data[${index}].embedding`
        return AnswerBody.malformed(
          head,
          field,
          entry.embedding,
          "finite numbers, or base64 of floats"
        )
      }
      embeddings.push(found)
    }
    return Result.succeed({
      id: Wire.string(body.id),
      text: "",
      toolCalls: [],
      finishReason: "stop",
      embeddings,
      usage: Usage.decode(body.usage),
      servedModel: Wire.string(body.model)
    })
  }

export const create = (body: JsonObject): ApiCall<ModelAnswer> => ({
  operation: "embeddings.create",
  method: "POST",
  path: paths.embeddings,
  body,
  model: Wire.string(body.model),
  decode: decode(expected(body))
})
