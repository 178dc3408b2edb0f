/** Lines of OpenAI's batch format, read and written. */
import { assert, it } from "@effect/vitest"
import { Result } from "effect"
import * as BatchLine from "spillway/batch-jobs/BatchLine"
import type { ModelResponse } from "spillway/request/ModelResponse"

const row = (value: unknown) => ({ line: 7, value })
const good = {
  custom_id: "a",
  method: "POST",
  url: "/v1/chat/completions",
  body: { model: "gpt-6-luna", messages: [], logprobs: true }
}

it("reads a request as it stands, and asks to keep the whole answer", () => {
  const line = Result.getOrThrow(BatchLine.parse("in.jsonl", row(good)))
  assert.deepStrictEqual(line, {
    line: 7,
    customId: "a",
    request: { endpoint: "chat", body: good.body, keepBody: true }
  })
  const { method: _, ...without } = good
  assert.isTrue(Result.isSuccess(BatchLine.parse("in.jsonl", row(without))))
})

const defects: ReadonlyArray<readonly [string, unknown, string | undefined]> = [
  ["a line that is no object", [good], undefined],
  ["a missing id", { ...good, custom_id: undefined }, "custom_id"],
  ["an empty id", { ...good, custom_id: "" }, "custom_id"],
  ["another method", { ...good, method: "GET" }, "method"],
  ["a missing address", { ...good, url: 1 }, "url"],
  ["an endpoint that does not generate", { ...good, url: "/v1/images/generations" }, "url"],
  ["a body that is no object", { ...good, body: "text" }, "body"],
  ["a request to stream", { ...good, body: { ...good.body, stream: true } }, "body.stream"],
  ["a missing model", { ...good, body: { messages: [] } }, "body.model"]
]

for (const [defect, value, field] of defects) {
  it(`names line and field of ${defect}`, () => {
    const error = Result.getOrThrow(Result.flip(BatchLine.parse("in.jsonl", row(value))))
    assert.strictEqual(error.line, 7)
    assert.strictEqual(error.field, field)
    assert.notInclude(error.message, "undefined")
  })
}

const response: ModelResponse = {
  id: "resp_1",
  servedModel: "gpt-6-luna-2026",
  text: "four",
  toolCalls: [],
  finishReason: "stop",
  usage: { input: 5, cached: 2, cacheWrite: 0, output: 3, reasoning: 1 },
  cost: 0,
  latencyMs: 1,
  attempts: 1,
  requestIds: ["req_1", "req_2"],
  simulated: false
}

it("writes the body that was kept, with the id of the request that answered", () => {
  const body = { id: "resp_1", anything: [1, 2] }
  const line = BatchLine.render("a", "chat", { _tag: "Answered", response: { ...response, body } })
  assert.deepStrictEqual(line, {
    id: "spillway-a",
    custom_id: "a",
    response: { status_code: 200, request_id: "req_2", body },
    error: null
  })
})

it("puts a body together for an answer that was stored without one", () => {
  const bodyOf = (endpoint: "chat" | "responses" | "embeddings", given: ModelResponse) =>
    (
      BatchLine.render("a", endpoint, { _tag: "Answered", response: given }).response as {
        body: unknown
      }
    ).body
  assert.deepInclude(bodyOf("chat", response), {
    object: "chat.completion",
    model: "gpt-6-luna-2026",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "four", refusal: null },
        finish_reason: "stop"
      }
    ]
  })
  const call = { id: "call_1", name: "look", arguments: '{"at":1}' }
  assert.deepInclude(bodyOf("responses", { ...response, text: "", toolCalls: [call] }), {
    status: "completed",
    output: [
      {
        type: "function_call",
        call_id: "call_1",
        name: "look",
        arguments: '{"at":1}',
        status: "completed"
      }
    ]
  })
  assert.deepInclude(bodyOf("embeddings", { ...response, text: "", embeddings: [[0.5, 1]] }), {
    data: [{ object: "embedding", index: 0, embedding: [0.5, 1] }],
    usage: { prompt_tokens: 5, total_tokens: 5 }
  })
})

it("writes a failure with its reason", () => {
  const failure = {
    reason: "InvalidRequest",
    message: "No such parameter.",
    advice: "",
    retryable: false,
    billed: "no",
    attempts: 1
  } as const
  assert.deepStrictEqual(BatchLine.render("a", "chat", { _tag: "Failed", failure }), {
    id: "spillway-a",
    custom_id: "a",
    response: null,
    error: { code: "InvalidRequest", message: "No such parameter." }
  })
})
