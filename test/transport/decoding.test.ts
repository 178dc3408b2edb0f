import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { OpenAiError } from "spillway/error/OpenAiError"
import type { JsonObject } from "spillway/request/GenerateRequest"
import { ModelAnswer } from "spillway/request/ModelResponse"
import * as GenerateCall from "spillway/transport/GenerateCall"
import * as Models from "spillway/transport/Models"
import type { ApiCall } from "spillway/transport/OpenAiTransport"
import * as ResponseReader from "spillway/transport/ResponseReader"
import { fixtures } from "./fixtures.ts"

const head = ResponseReader.makeHead(200, { "content-type": "application/json" })

const callOf = (endpoint: "chat" | "responses" | "embeddings", body: JsonObject = {}) =>
  GenerateCall.generate({ endpoint, body: { model: "m", ...body }, model: "m", maxOutputTokens: 1 })

const failure = (call: ApiCall<unknown>, text: string, type = "application/json"): OpenAiError => {
  const at = ResponseReader.makeHead(200, { "content-type": type })
  const result = ResponseReader.read(call, text, at, 0)
  if (Result.isFailure(result)) return result.failure
  throw new Error("it was read as an answer")
}

describe("answers", () => {
  for (const { name, endpoint, body, answer } of fixtures) {
    it(`reads ${name}`, () => {
      const result = ResponseReader.read(callOf(endpoint), JSON.stringify(body), head, 0)
      if (Result.isFailure(result)) throw result.failure
      assert.deepStrictEqual(result.success.body, answer)
      assert.isTrue(Schema.is(ModelAnswer)(result.success.body))
    })
  }

  it("keeps the wire body of a request that asks for it", () => {
    const body = { choices: [{ message: { content: "hi" }, logprobs: { content: [] } }] }
    const request = {
      endpoint: "chat",
      body: { model: "m" },
      model: "m",
      maxOutputTokens: 1
    } as const
    const kept = GenerateCall.generate({ ...request, keepBody: true }).decode(body, head)
    assert.deepStrictEqual(Result.isSuccess(kept) && kept.success.body, body)
    const plain = GenerateCall.generate(request).decode(body, head)
    assert.isFalse(Result.isSuccess(plain) && "body" in plain.success)
  })

  it("lists models with the date of their end", () => {
    const body = {
      data: [{ id: "a", shutdown_date: null }, { id: "b", shutdown_date: "2026-12-11" }, {}]
    }
    assert.deepStrictEqual(
      Models.list.decode(body, head),
      Result.succeed([{ id: "a" }, { id: "b", shutdownDate: "2026-12-11" }])
    )
  })
})

describe("bodies that are no answer", () => {
  const chat = callOf("chat")
  const responses = callOf("responses")
  const embeddings = callOf("embeddings", { input: ["a", "b"] })

  const malformed: ReadonlyArray<readonly [string, ApiCall<unknown>, unknown, string]> = [
    ["no choices", chat, {}, "choices"],
    ["an empty list of choices", chat, { choices: [] }, "choices"],
    ["a choice without a message", chat, { choices: [{}] }, "choices[0].message"],
    [
      "content that is a number",
      chat,
      { choices: [{ message: { content: 7 } }] },
      "choices[0].message.content"
    ],
    ["no output", responses, { status: "completed" }, "output"],
    ["fewer vectors than inputs", embeddings, { data: [{ embedding: [1] }] }, "data"],
    [
      "a vector that is not of numbers",
      embeddings,
      { data: [{ embedding: [1] }, { embedding: ["x"] }] },
      "data[1].embedding"
    ],
    [
      "base64 that ends inside a float",
      embeddings,
      { data: [{ embedding: "AACAPwA=" }, { embedding: [1] }] },
      "data[0].embedding"
    ]
  ]
  for (const [name, call, body, param] of malformed) {
    it(`names the field for ${name}`, () => {
      const { reason } = failure(call, JSON.stringify(body))
      assert.strictEqual(reason._tag, "MalformedResponse")
      assert.strictEqual(reason._tag === "MalformedResponse" && reason.param, param)
      assert.include(reason.message, param)
    })
  }

  const broken: ReadonlyArray<readonly [string, string, string]> = [
    ["JSON that is cut off", '{"choices":[{"mess', "application/json"],
    ["an empty body", "", "application/json"],
    ["an empty body without a type", "", ""],
    ["an HTML page", "<html><title>Sign in</title></html>", "text/html"],
    ["plain text", "OK", "text/plain"],
    ["a JSON string", '"OK"', "application/json"],
    ["JSON null", "null", "application/json"]
  ]
  for (const [name, text, type] of broken) {
    it(`calls ${name} malformed, and never quotes it`, () => {
      const error = failure(chat, text, type)
      assert.strictEqual(error.reason._tag, "MalformedResponse")
      assert.isTrue(error.verdict.retryable)
      assert.strictEqual(error.verdict.billed, "unknown")
      assert.notInclude(error.message, "mess")
    })
  }

  it("takes JSON under a wrong content type", () => {
    const text = JSON.stringify({ choices: [{ message: { content: "hi" } }] })
    const plain = ResponseReader.makeHead(200, { "content-type": "text/plain" })
    assert.isTrue(Result.isSuccess(ResponseReader.read(chat, text, plain, 0)))
  })

  it("maps a failed response by its code", () => {
    const failed = {
      status: "failed",
      error: { code: "server_error", message: "oops" },
      output: []
    }
    const { reason } = failure(responses, JSON.stringify(failed))
    assert.strictEqual(reason._tag, "ResponseFailed")
    assert.isTrue(reason.verdict.retryable)
    assert.strictEqual(reason.message, "oops")
  })

  it("does not take a failed response without an error for an answer", () => {
    const { reason } = failure(responses, '{"status":"failed","error":null,"output":[]}')
    assert.strictEqual(reason._tag, "ResponseFailed")
  })

  for (const status of ["queued", "in_progress", "cancelled"]) {
    it(`does not retry a response that is ${status}`, () => {
      const { reason } = failure(responses, JSON.stringify({ status, output: [], error: null }))
      assert.strictEqual(reason._tag, "ResponseFailed")
      assert.isFalse(reason.verdict.retryable)
    })
  }

  it("maps an error object under status 200", () => {
    const { reason } = failure(chat, '{"error":{"code":"insufficient_quota","message":"pay"}}')
    assert.strictEqual(reason._tag, "QuotaExhausted")
  })
})
