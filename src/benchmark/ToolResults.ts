/** Tools of a benchmark as pure functions: what `next` gives a model that has called some. */
import type { JsonValue, Message } from "../request/GenerateRequest.ts"
import type { ToolCall } from "../request/ModelResponse.ts"
import type { Turn } from "./Benchmark.ts"

/**
 * A tool by its name: from the arguments, as the model wrote them and so unchecked, to the text that it gets. Pure, as it
 * is called again at each start.
 */
export type Tools = Readonly<Record<string, (args: JsonValue) => string>>

/**
 * A message for each call of the last answer; `undefined` where it called nothing, and the conversation may end. As
 * `next: (_, turns) => ToolResults.of(turns, { add: … })`. What a tool throws, a name that is none, and arguments that are
 * no JSON are told to the model as `Error: …`: dealing with them is a part of what is measured.
 */
export const of = (
  turns: ReadonlyArray<Turn>,
  tools: Tools
): ReadonlyArray<Message> | undefined => {
  const calls = turns.at(-1)?.response.toolCalls ?? []
  if (calls.length === 0) return undefined
  return calls.map((call) => ({
    role: "tool",
    toolCallId: call.id,
    content: resultOf(call, tools)
  }))
}

const resultOf = ({ name, arguments: written }: ToolCall, tools: Tools): string => {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
  if (tool === undefined) return "Error: there is no such tool."
  let args: JsonValue
  try {
    args = JSON.parse(written)
  } catch {
    return "Error: the arguments are not JSON."
  }
  try {
    return String(tool(args))
  } catch (problem) {
    return `Error: ${problem instanceof Error ? problem.message : "the tool failed."}`
  }
}
