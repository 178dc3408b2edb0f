/**
 * Replays recorded exchanges with the real API over a loopback server: one JSON object a line with `request` and `response`,
 * in the file that `SPILLWAY_EXCHANGES` names. What each must become is worked out here, apart from the code under test.
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import type { OpenAiError } from "spillway/error/OpenAiError"
import type { JsonObject } from "spillway/request/GenerateRequest"
import type { ModelAnswer } from "spillway/request/ModelResponse"
import * as Chat from "spillway/transport/Chat"
import * as Embeddings from "spillway/transport/Embeddings"
import { type ApiCall, OpenAiTransport } from "spillway/transport/OpenAiTransport"
import * as Responses from "spillway/transport/Responses"
import * as Loopback from "./Loopback.ts"

interface Exchange {
  readonly id: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly body: JsonObject | string | null
  }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | null
  }
}

const file = process.env.SPILLWAY_EXCHANGES
const exchanges: ReadonlyArray<Exchange> =
  file === undefined
    ? []
    : readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line))

type Kind = "chat" | "responses" | "embeddings" | "other"

const kindOf = ({ request }: Exchange): Kind => {
  const path = request.path.replace(/\?.*$/, "")
  if (request.method !== "POST") return "other"
  if (path.endsWith("/chat/completions")) return "chat"
  if (path.endsWith("/responses")) return "responses"
  return path.endsWith("/embeddings") ? "embeddings" : "other"
}

const create = { chat: Chat.create, responses: Responses.create, embeddings: Embeddings.create }

const callOf = (exchange: Exchange): ApiCall<unknown> => {
  const { method, path, body } = exchange.request
  const kind = kindOf(exchange)
  const wire = typeof body === "object" && body !== null ? body : {}
  if (kind !== "other") return { ...create[kind](wire), path }
  return {
    operation: "replay",
    method: method as ApiCall<unknown>["method"],
    path,
    ...(method === "POST" ? { body: wire } : {}),
    decode: (value) => Result.succeed(value)
  }
}

/** Headers that belong to one connection, or to a body as it was before it was recorded. */
const dropped = new Set(["content-length", "transfer-encoding", "connection", "keep-alive"])

// ———————————————————————————————————————————————————————————— what must come of it

interface Message {
  readonly content?: string | null
  readonly refusal?: string | null
  readonly tool_calls?: ReadonlyArray<{
    readonly function?: { readonly name?: string }
    readonly custom?: { readonly name?: string }
  }>
}

/** As much of the provider's bodies and events as is looked at here. */
interface Wire {
  readonly error?: { readonly code?: unknown }
  readonly choices?: ReadonlyArray<{
    readonly index?: number
    readonly delta?: Message
    readonly message?: Message
    readonly finish_reason?: string | null
  }>
  readonly type?: string
  readonly response?: Wire
  readonly status?: string
  readonly output?: ReadonlyArray<{
    readonly type: string
    readonly name?: string
    readonly content?: ReadonlyArray<{ readonly text?: string; readonly refusal?: string }>
  }>
  readonly data?: ReadonlyArray<unknown>
}

const errorTags: Readonly<Record<string, string>> = {
  context_length_exceeded: "ContextLengthExceeded",
  unsupported_value: "UnsupportedParameter",
  unsupported_parameter: "UnsupportedParameter",
  invalid_prompt: "PromptRejected",
  content_filter: "PromptRejected",
  invalid_api_key: "AuthenticationFailed",
  model_not_found: "ModelNotFound",
  insufficient_quota: "QuotaExhausted"
}

const parse = (text: string): Wire | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const expectedTags = (exchange: Exchange): ReadonlyArray<string> => {
  const { status, body } = exchange.response
  const code = errorTags[String(parse(body ?? "")?.error?.code)]
  if (code !== undefined) return [code]
  if (status === 404) return ["ModelNotFound", "NotFound"]
  if (status === 401) return ["AuthenticationFailed"]
  if (status === 403) return ["PermissionDenied"]
  if (status === 408) return ["TimedOut"]
  if (status === 409) return ["Conflict"]
  if (status === 429) return ["RateLimited", "RequestTooLarge", "SlowDown", "QuotaExhausted"]
  if (status >= 500) return ["ServerError", "ServerOverloaded"]
  return ["InvalidRequest", "ContextLengthExceeded", "UnsupportedParameter"]
}

const dataOf = (text: string): ReadonlyArray<Wire> =>
  text
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => parse(line.slice("data:".length)))
    .filter((event) => event !== undefined)

interface Facts {
  readonly text: string
  readonly tools: ReadonlyArray<string>
  readonly refusal: string
  readonly vectors: number
}

const facts = (more: Partial<Facts>): Facts => ({
  text: "",
  tools: [],
  refusal: "",
  vectors: 0,
  ...more
})

const namesOf = (message: Message | undefined): ReadonlyArray<string> =>
  (message?.tool_calls ?? []).flatMap((call) => (call.function ?? call.custom)?.name || [])

const chatBody = (body: Wire): Facts | undefined => {
  const choice = body.choices?.[0]
  if (choice === undefined) return undefined
  const { message } = choice
  return facts({
    text: message?.content ?? "",
    refusal: message?.refusal ?? "",
    tools: namesOf(message)
  })
}

const chatStream = (text: string): Facts | undefined => {
  const choices = dataOf(text)
    .flatMap((event) => event.choices ?? [])
    .filter(({ index }) => index === 0)
  const ended =
    text.includes("[DONE]") || choices.some((choice) => typeof choice.finish_reason === "string")
  if (!ended) return undefined
  return facts({
    text: choices.map(({ delta }) => delta?.content ?? "").join(""),
    refusal: choices.map(({ delta }) => delta?.refusal ?? "").join(""),
    tools: choices.flatMap(({ delta }) => namesOf(delta))
  })
}

const responseBody = (body: Wire): Facts | undefined => {
  if (body.status !== "completed" && body.status !== "incomplete") return undefined
  const output = body.output ?? []
  const parts = output
    .filter(({ type }) => type === "message")
    .flatMap(({ content }) => content ?? [])
  return facts({
    text: parts.map((part) => part.text ?? "").join(""),
    refusal: parts.map((part) => part.refusal ?? "").join(""),
    tools: output
      .filter(({ type }) => type === "function_call" || type === "custom_tool_call")
      .map(({ name }) => name ?? "")
  })
}

const expectedFacts = (exchange: Exchange): Facts | undefined => {
  const text = exchange.response.body ?? ""
  const body = parse(text)
  switch (kindOf(exchange)) {
    case "chat":
      return body === undefined ? chatStream(text) : chatBody(body)
    case "responses": {
      const last = /^response\.(completed|incomplete)$/
      const end = body ?? dataOf(text).find(({ type }) => last.test(type ?? ""))?.response
      return end === undefined ? undefined : responseBody(end)
    }
    case "embeddings":
      return body?.data === undefined ? undefined : facts({ vectors: body.data.length })
    case "other":
      return undefined
  }
}

const factsOf = (answer: ModelAnswer): Facts =>
  facts({
    text: answer.text,
    tools: answer.toolCalls.map(({ name }) => name),
    refusal: answer.refusal ?? "",
    vectors: answer.embeddings?.length ?? 0
  })

const check = (exchange: Exchange, result: Result.Result<unknown, OpenAiError>) => {
  const { status } = exchange.response
  if (status < 200 || status >= 300) {
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) {
      assert.include(expectedTags(exchange), result.failure.reason._tag)
      assert.strictEqual(result.failure.head?.status, status)
    }
  } else if (kindOf(exchange) === "other") {
    assert.isTrue(Result.isSuccess(result), String(Result.isFailure(result) && result.failure))
  } else {
    const expected = expectedFacts(exchange)
    if (expected === undefined) return assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) throw result.failure
    assert.deepStrictEqual(factsOf(result.success as ModelAnswer), expected)
  }
}

describe("recorded exchanges", () => {
  it.skipIf(file !== undefined)(
    "are replayed where SPILLWAY_EXCHANGES names a file of them",
    () => {}
  )

  for (const exchange of exchanges) {
    const { method, path } = exchange.request
    const { status, headers, body } = exchange.response
    it.live(`${exchange.id} ${method} ${path} ${status}`, () =>
      Effect.gen(function* () {
        const origin = yield* Loopback.serve((_, __, response) => {
          for (const [name, value] of Object.entries(headers)) {
            if (!dropped.has(name)) response.setHeader(name, value)
          }
          response.writeHead(status).end(body ?? "")
        })
        const context = yield* Layer.build(Loopback.transport(origin))
        const sent = OpenAiTransport.use((transport) => transport.send(callOf(exchange)))
        const result = yield* Effect.result(Effect.provide(sent, context))
        check(
          exchange,
          Result.map(result, (response) => response.body)
        )
      })
    )
  }
})
