/** Folds the chunks of a streamed chat completion to the body that the same answer has without streaming. */
import type { BodyFold } from "./ServerSentEvents.ts"
import * as Wire from "./Wire.ts"

interface Call {
  id: string
  type: string
  name: string
  text: string
}

interface Choice {
  content: string
  refusal: string
  finish: unknown
  old: Call | undefined
  readonly logprobs: Record<string, Array<unknown>>
  readonly calls: Map<number, Call>
}

const emptyCall = (): Call => ({ id: "", type: "", name: "", text: "" })

const extendCall = (call: Call, part: Wire.Fields): void => {
  if (Wire.isFields(part.custom)) call.type = "custom"
  const inner = Wire.fields(part.custom ?? part.function)
  // Id and name come whole, once; some servers repeat them in every piece.
  if (call.id === "") call.id = Wire.string(part.id)
  if (call.name === "") call.name = Wire.string(inner.name)
  call.text += Wire.string(inner.arguments ?? inner.input)
}

/** Servers that leave the index out begin a new call with a new id. */
const indexOf = (calls: ReadonlyMap<number, Call>, part: Wire.Fields): number => {
  if (typeof part.index === "number") return part.index
  const id = Wire.string(part.id)
  const last = calls.size - 1
  return id === "" || calls.get(last)?.id === id ? Math.max(last, 0) : calls.size
}

const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : Wire.list(content)
        .map((part) => Wire.string(Wire.fields(part).text))
        .join("")

/** The text that the chunk adds to the choice. */
const extend = (choice: Choice, chunk: Wire.Fields): string => {
  const delta = Wire.fields(chunk.delta ?? chunk.message)
  const text = textOf(delta.content)
  choice.content += text
  choice.refusal += Wire.string(delta.refusal)
  for (const value of Wire.list(delta.tool_calls)) {
    const part = Wire.fields(value)
    const index = indexOf(choice.calls, part)
    const call = choice.calls.get(index) ?? emptyCall()
    choice.calls.set(index, call)
    extendCall(call, part)
  }
  if (Wire.isFields(delta.function_call)) {
    choice.old ??= emptyCall()
    extendCall(choice.old, { function: delta.function_call })
  }
  // `content` and `refusal`, a list each.
  for (const [name, tokens] of Object.entries(Wire.fields(chunk.logprobs))) {
    const kept = choice.logprobs[name]
    if (kept === undefined) choice.logprobs[name] = [...Wire.list(tokens)]
    else kept.push(...Wire.list(tokens))
  }
  choice.finish = chunk.finish_reason ?? choice.finish
  return text
}

const callBody = (call: Call): unknown =>
  call.type === "custom"
    ? { id: call.id, type: "custom", custom: { name: call.name, input: call.text } }
    : { id: call.id, type: "function", function: { name: call.name, arguments: call.text } }

const inOrder = <A>(map: ReadonlyMap<number, A>): ReadonlyArray<readonly [number, A]> =>
  [...map].toSorted(([a], [b]) => a - b)

const messageBody = (choice: Choice): unknown => ({
  role: "assistant",
  content: choice.content,
  refusal: choice.refusal === "" ? null : choice.refusal,
  ...(choice.calls.size === 0
    ? {}
    : { tool_calls: inOrder(choice.calls).map(([, call]) => callBody(call)) }),
  ...(choice.old === undefined
    ? {}
    : { function_call: { name: choice.old.name, arguments: choice.old.text } })
})

const TOP = ["id", "created", "model", "service_tier", "system_fingerprint", "usage"]

export const make = (): BodyFold => {
  const top: Record<string, unknown> = { object: "chat.completion" }
  const choices = new Map<number, Choice>()
  return {
    add: (chunk) => {
      for (const name of TOP) {
        const value = chunk[name]
        if (value !== undefined && value !== null && value !== "") top[name] = value
      }
      let delta = ""
      for (const value of Wire.list(chunk.choices)) {
        const part = Wire.fields(value)
        const index = typeof part.index === "number" ? part.index : 0
        const choice = choices.get(index) ?? {
          content: "",
          refusal: "",
          finish: null,
          old: undefined,
          logprobs: {},
          calls: new Map()
        }
        choices.set(index, choice)
        const text = extend(choice, part)
        if (index === 0) delta += text
      }
      return delta
    },
    ended: () =>
      choices.size > 0 && [...choices.values()].every(({ finish }) => typeof finish === "string"),
    body: () => ({
      ...top,
      choices: inOrder(choices).map(([index, choice]) => ({
        index,
        message: messageBody(choice),
        logprobs: Object.keys(choice.logprobs).length === 0 ? null : choice.logprobs,
        finish_reason: choice.finish
      }))
    })
  }
}
