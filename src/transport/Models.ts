/** The models that an account may use: `GET /models`. */
import { Result } from "effect"
import type { OpenAiReason } from "../error/OpenAiReason.ts"
import * as AnswerBody from "./AnswerBody.ts"
import type { ApiCall } from "./OpenAiTransport.ts"
import type { ResponseHead } from "./ResponseHead.ts"
import * as Wire from "./Wire.ts"

export interface ListedModel {
  readonly id: string
  /** When the provider will switch it off, as the provider writes it; absent where nothing is announced. */
  readonly shutdownDate?: string
}

const model = (value: unknown): ListedModel => {
  const entry = Wire.fields(value)
  const date = entry.shutdown_date
  const shutdownDate = typeof date === "number" ? String(date) : Wire.string(date)
  return { id: Wire.string(entry.id), ...(shutdownDate === "" ? {} : { shutdownDate }) }
}

const decode = (
  value: unknown,
  head: ResponseHead
): Result.Result<ReadonlyArray<ListedModel>, OpenAiReason> => {
  const read = AnswerBody.read(value, head)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const { data } = read.success
  return Array.isArray(data)
    ? Result.succeed(data.map(model).filter(({ id }) => id !== ""))
    : AnswerBody.malformed(head, "data", data, "an array")
}

export const list: ApiCall<ReadonlyArray<ListedModel>> = {
  operation: "models.list",
  method: "GET",
  path: "/models",
  decode
}
