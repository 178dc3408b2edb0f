/**
 * Without anything better to say: a call of a tool that must be called, a judge's verdict, a value that fits the schema,
 * or seeded text.
 */
import type { JsonObject } from "../request/GenerateRequest.ts"
import { verdictFor } from "./JudgeAnswer.ts"
import { type Responder, type SimulatedRequest, text } from "./Responder.ts"
import { schemaValue } from "./SchemaValue.ts"
import { paragraph } from "./SeededText.ts"

/** `json_object` asks for any object. */
const wantsObject = (body: JsonObject): boolean => {
  const format = JSON.stringify(body.response_format ?? body.text ?? "")
  return format.includes('"json_object"')
}

const callOf = (request: SimulatedRequest) => {
  const random = request.random("tool")
  const tool = request.tools[random.below(request.tools.length)]
  return tool === undefined
    ? []
    : [{ name: tool.name, arguments: JSON.stringify(schemaValue(tool.parameters, random)) }]
}

export const respond: Responder = (request) => {
  if (request.mustCall && request.tools.length > 0) {
    return { _tag: "ToolCalls", calls: callOf(request) }
  }
  const random = request.random("answer")
  if (request.schema !== undefined) {
    return text(verdictFor(request) ?? JSON.stringify(schemaValue(request.schema, random)))
  }
  if (wantsObject(request.body)) return text(JSON.stringify({ answer: paragraph(random) }))
  return text(paragraph(random))
}
