/** The call that a checked request becomes, by its endpoint. */
import { Result, type Schema } from "effect"
import type { Endpoint, JsonObject, ResolvedRequest } from "../request/GenerateRequest.ts"
import type { ModelAnswer } from "../request/ModelResponse.ts"
import * as Chat from "./Chat.ts"
import * as Embeddings from "./Embeddings.ts"
import type { ApiCall } from "./OpenAiTransport.ts"
import * as Responses from "./Responses.ts"

const create: Readonly<Record<Endpoint, (body: JsonObject) => ApiCall<ModelAnswer>>> = {
  chat: Chat.create,
  responses: Responses.create,
  embeddings: Embeddings.create
}

/** The body was parsed from JSON. */
const keepBody = (call: ApiCall<ModelAnswer>): ApiCall<ModelAnswer> => ({
  ...call,
  decode: (body, head) =>
    Result.map(call.decode(body, head), (answer) => ({ ...answer, body: body as Schema.Json }))
})

/** @param attemptId as in `ApiCall` */
export const generate = (request: ResolvedRequest, attemptId?: string): ApiCall<ModelAnswer> => {
  const call = { ...create[request.endpoint](request.body), attemptId }
  return request.keepBody === true ? keepBody(call) : call
}
