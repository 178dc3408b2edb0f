import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { ModelAnswer } from "spillway/request/ModelResponse"
import * as Chat from "spillway/transport/Chat"
import { makeHead } from "spillway/transport/ResponseReader"
import * as Responses from "spillway/transport/Responses"
import * as ServerSentEvents from "spillway/transport/ServerSentEvents"

const head = makeHead(200, { "content-type": "text/event-stream" })

const events = (...list: ReadonlyArray<unknown>): string =>
  list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")

const chunk = (delta: object, finish: string | null = null, index = 0) => ({
  id: "c",
  model: "m",
  choices: [{ index, delta, finish_reason: finish }]
})

const fragment = (index: number, part: object) => chunk({ tool_calls: [{ index, ...part }] })

const usage = { prompt_tokens: 3, completion_tokens: 4 }
const DONE = "data: [DONE]\n\n"

const chat = `${events(
  chunk({ role: "assistant", content: "" }),
  chunk({ content: "Héllo " }),
  chunk({ content: "other" }, null, 1),
  chunk({ content: "wörld" }),
  fragment(0, { id: "call_1", type: "function", function: { name: "f", arguments: "" } }),
  fragment(1, { id: "call_2", type: "function", function: { name: "g", arguments: "[" } }),
  fragment(0, { function: { arguments: '{"a"' } }),
  fragment(0, { function: { arguments: ":1}" } }),
  fragment(1, { function: { arguments: "]" } }),
  chunk({}, "tool_calls"),
  chunk({}, "stop", 1),
  { id: "c", model: "m", choices: [], usage, service_tier: "default" }
)}${DONE}`

const message = { type: "message", content: [{ type: "output_text", text: "Hello" }] }
const completed = { id: "r", status: "completed", error: null, model: "m", output: [message] }

const responses = events(
  { type: "response.created", response: { ...completed, status: "in_progress", output: [] } },
  { type: "response.output_text.delta", delta: "Hel" },
  { type: "response.output_text.delta", delta: "lo" },
  { type: "response.output_item.done", output_index: 0, item: message },
  { type: "response.completed", response: completed }
)

const decoded = (text: string, decode: typeof Chat.decode) => {
  const body = ServerSentEvents.fold(text, head)
  if (Result.isFailure(body)) throw new Error(body.failure.message)
  const answer = decode(body.success, head)
  if (Result.isFailure(answer)) throw new Error(answer.failure.message)
  return answer.success
}

const failed = (text: string) => {
  const body = ServerSentEvents.fold(text, head)
  if (Result.isSuccess(body)) throw new Error("the stream was taken for whole")
  return body.failure
}

const expected: ModelAnswer = {
  id: "c",
  text: "Héllo wörld",
  toolCalls: [
    { id: "call_1", name: "f", arguments: '{"a":1}' },
    { id: "call_2", name: "g", arguments: "[]" }
  ],
  finishReason: "tool_calls",
  usage: { input: 3, cached: 0, cacheWrite: 0, output: 4, reasoning: 0 },
  servedModel: "m",
  serviceTier: "default"
}

describe("ServerSentEvents", () => {
  it("folds a chat to the same answer, wherever the pieces are cut", () => {
    assert.deepStrictEqual(decoded(chat, Chat.decode), expected)
    const windows = chat.replaceAll("\n", "\r\n")
    for (const text of [chat, windows]) {
      for (let size = 1; size < 60; size += 7) {
        const stream = ServerSentEvents.make(head)
        let deltas = ""
        for (let at = 0; at < text.length; at += size) {
          for (const { delta } of stream.push(text.slice(at, at + size))) deltas += delta
        }
        const body = stream.end()
        if (Result.isFailure(body)) throw new Error(body.failure.message)
        assert.deepStrictEqual(Chat.decode(body.success, head), Result.succeed(expected))
        assert.strictEqual(deltas, expected.text)
      }
    }
  })

  it("folds the events of a response to its last body", () => {
    assert.strictEqual(decoded(responses, Responses.decode).text, "Hello")
  })

  it("puts the output together where the last event leaves it out", () => {
    const text = responses.replace(
      JSON.stringify(completed),
      JSON.stringify({ ...completed, output: [] })
    )
    assert.strictEqual(decoded(text, Responses.decode).text, "Hello")
  })

  it("passes comments, pings and unknown fields by", () => {
    const noisy = `\ufeff: ping\n\nretry: 10\n\nid: 7\nevent: message\n${chat}`
    assert.deepStrictEqual(decoded(noisy, Chat.decode), expected)
  })

  it("accepts a stream without its last blank line", () => {
    assert.deepStrictEqual(decoded(chat.slice(0, -2), Chat.decode), expected)
    assert.strictEqual(decoded(responses.trimEnd(), Responses.decode).text, "Hello")
  })

  it("joins a refusal and the deprecated function call", () => {
    const text =
      events(
        chunk({ refusal: "I " }),
        chunk({ refusal: "won't." }),
        chunk({ function_call: { name: "f", arguments: "{" } }),
        chunk({ function_call: { arguments: "}" } }),
        chunk({}, "stop")
      ) + DONE
    const answer = decoded(text, Chat.decode)
    assert.strictEqual(answer.refusal, "I won't.")
    assert.deepStrictEqual(answer.toolCalls, [{ id: "", name: "f", arguments: "{}" }])
  })

  it("fails on a stream that ends anywhere before its end", () => {
    const end = chat.indexOf('"finish_reason":"tool_calls"')
    for (let at = 0; at < end; at += 13) {
      assert.strictEqual(failed(chat.slice(0, at))._tag, "MalformedResponse")
    }
    const last = responses.indexOf("response.completed")
    for (let at = 0; at < last; at += 13) {
      assert.strictEqual(failed(responses.slice(0, at))._tag, "MalformedResponse")
    }
  })

  it("takes a failed response for what it is", () => {
    const response = {
      status: "failed",
      error: { code: "server_error", message: "oops" },
      output: []
    }
    const text = events({ type: "response.failed", response })
    const body = ServerSentEvents.fold(text, head)
    assert.isTrue(Result.isSuccess(body))
    if (Result.isFailure(body)) return
    const answer = Responses.decode(body.success, head)
    assert.isTrue(Result.isFailure(answer) && answer.failure._tag === "ResponseFailed")
  })

  it("maps the errors that a stream reports, in each of their shapes", () => {
    const quota = { code: "insufficient_quota", message: "pay" }
    const shapes = [
      events({ error: quota }),
      events({ type: "error", ...quota }),
      events({ type: "error", error: quota }),
      `event: error\n${events(quota)}`
    ]
    for (const text of shapes) {
      assert.strictEqual(failed(text)._tag, "QuotaExhausted")
      assert.strictEqual(failed(events(chunk({ content: "Hi" })) + text)._tag, "QuotaExhausted")
    }
    assert.strictEqual(failed(events({ error: { message: "oops" } }))._tag, "ResponseFailed")
  })

  it("fails on an event that is not JSON", () => {
    assert.strictEqual(failed(`data: {"choices\n\n${DONE}`)._tag, "MalformedResponse")
  })

  it("keeps the events of streams of other kinds as a list", () => {
    const others = [{ object: "thread.run" }, { object: "thread.message" }]
    assert.deepStrictEqual(
      ServerSentEvents.fold(events(...others) + DONE, head),
      Result.succeed(others)
    )
  })
})
