/** The call that a checked request becomes, by its endpoint. */
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

export const generate = (request: ResolvedRequest): ApiCall<ModelAnswer> =>
  create[request.endpoint](request.body)
