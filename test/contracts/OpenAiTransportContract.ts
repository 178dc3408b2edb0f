/** What every transport owes its callers. The implementation under test is given a script of what the provider does. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, type Scope } from "effect"
import type { OpenAiError } from "spillway/error/OpenAiError"
import {
  answer,
  disconnect,
  hang,
  raw,
  refuse,
  type Step,
  status,
  truncate,
  vectors
} from "spillway/layers/transport/ScriptedOpenAiTransport"
import type { ModelAnswer } from "spillway/request/ModelResponse"
import * as Chat from "spillway/transport/Chat"
import * as Embeddings from "spillway/transport/Embeddings"
import type { ApiCall, OpenAiTransport, SendHooks } from "spillway/transport/OpenAiTransport"
import * as Responses from "spillway/transport/Responses"

type Transport = OpenAiTransport["Service"]

/** A transport whose provider plays these steps, one a call. */
export type Play = (steps: ReadonlyArray<Step>) => Effect.Effect<Transport, never, Scope.Scope>

const chat = Chat.create({ model: "m", messages: [{ role: "user", content: "hi" }] })
const responses = Responses.create({ model: "m", input: "hi" })
const embeddings = Embeddings.create({ model: "m", input: ["a", "b"] })

const error = (code: string, type: string | null = null) => ({
  error: { message: `it says ${code}`, type, param: null, code }
})

export const openAiTransportContract = (name: string, play: Play): void => {
  const send = (step: Step, call: ApiCall<ModelAnswer>, hooks?: SendHooks) =>
    Effect.flatMap(play([step]), (transport) => transport.send(call, hooks))

  const failure = (step: Step, call = chat): Effect.Effect<OpenAiError, unknown, Scope.Scope> =>
    Effect.flip(send(step, call))

  describe(`OpenAiTransport: ${name}`, () => {
    const said = answer("Hello there, wörld", {
      usage: { input: 7, cached: 3, output: 4, reasoning: 2 },
      model: "m-2026",
      serviceTier: "flex",
      toolCalls: [{ id: "call_1", name: "f", arguments: '{"a":1}' }]
    })

    for (const call of [chat, responses]) {
      it.live(`${call.operation}: gives the answer`, () =>
        Effect.gen(function* () {
          const { body, head } = yield* send(said, call)
          assert.strictEqual(head.status, 200)
          assert.strictEqual(head.requestId, "req_scripted_0")
          assert.deepStrictEqual(body, {
            id: "scripted-0",
            text: "Hello there, wörld",
            toolCalls: [{ id: "call_1", name: "f", arguments: '{"a":1}' }],
            finishReason: "tool_calls",
            usage: { input: 7, cached: 3, cacheWrite: 0, output: 4, reasoning: 2 },
            servedModel: "m-2026",
            serviceTier: "flex"
          })
        })
      )

      it.live(`${call.operation}: gives the same answer when it is streamed, and its pieces`, () =>
        Effect.gen(function* () {
          const whole = yield* send(said, call)
          const deltas: Array<string> = []
          const streamed = yield* send(said, call, {
            onEvent: ({ delta }) => Effect.sync(() => deltas.push(delta))
          })
          assert.deepStrictEqual(streamed.body, whole.body)
          assert.strictEqual(deltas.join(""), whole.body.text)
          assert.isAbove(deltas.filter((delta) => delta !== "").length, 1)
        })
      )

      it.live(`${call.operation}: keeps a refusal and a cut-off answer as answers`, () =>
        Effect.gen(function* () {
          const refused = yield* send(refuse("I won't."), call)
          assert.strictEqual(refused.body.refusal, "I won't.")
          const cut = yield* send(truncate("and then"), call)
          assert.deepInclude(cut.body, { text: "and then", finishReason: "length" })
        })
      )
    }

    it.live("embeddings.create: gives the vectors", () =>
      Effect.gen(function* () {
        const step = vectors([
          [0.5, 0.25],
          [1, -1]
        ])
        const { body } = yield* send(step, embeddings)
        assert.deepStrictEqual(body.embeddings, [
          [0.5, 0.25],
          [1, -1]
        ])
      })
    )

    const refusals: ReadonlyArray<readonly [number, string, string]> = [
      [400, "context_length_exceeded", "ContextLengthExceeded"],
      [401, "invalid_api_key", "AuthenticationFailed"],
      [404, "model_not_found", "ModelNotFound"],
      [429, "rate_limit_exceeded", "RateLimited"],
      [429, "insufficient_quota", "QuotaExhausted"],
      [500, "server_error", "ServerError"],
      [503, "server_is_overloaded", "ServerOverloaded"]
    ]
    for (const [code, word, tag] of refusals) {
      it.live(`maps ${code} ${word} to ${tag}, with its head`, () =>
        Effect.gen(function* () {
          const { head, reason } = yield* failure(status(code, error(word), { "retry-after": "7" }))
          assert.strictEqual(reason._tag, tag)
          assert.strictEqual(head?.status, code)
          assert.strictEqual(head?.headers["retry-after"], "7")
        })
      )
    }

    const json = { "content-type": "application/json" }
    const bodies: ReadonlyArray<readonly [string, Step]> = [
      ["JSON that is cut off", raw(200, json, '{"choices":[{"message"')],
      ["an empty body", raw(200, json, "")],
      ["an HTML page", raw(200, { "content-type": "text/html" }, "<html><title>Hi</title></html>")],
      ["the wrong shape", raw(200, json, '{"choices":{}}')],
      [
        "a stream that ends early",
        raw(
          200,
          { "content-type": "text/event-stream" },
          'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
        )
      ]
    ]
    for (const [what, step] of bodies) {
      it.live(`calls ${what} under status 200 malformed`, () =>
        Effect.map(failure(step), ({ head, reason }) => {
          assert.strictEqual(reason._tag, "MalformedResponse")
          assert.strictEqual(head?.status, 200)
        })
      )
    }

    it.live("says of a broken connection that the request was sent", () =>
      Effect.map(failure(disconnect()), ({ reason }) => {
        assert.strictEqual(reason._tag, "ConnectionFailed")
        assert.strictEqual(reason.verdict.billed, "unknown")
      })
    )

    it.live("never calls an answer that broke off after a piece of it retryable", () =>
      Effect.gen(function* () {
        const step = raw(
          200,
          { "content-type": "text/event-stream" },
          'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\ndata: {"error":{"code":"server_error","message":"oops"}}\n\n'
        )
        const deltas: Array<string> = []
        const broken = yield* Effect.flip(
          send(step, chat, { onEvent: ({ delta }) => Effect.sync(() => deltas.push(delta)) })
        )
        assert.strictEqual(deltas.join(""), "Hi")
        assert.strictEqual(broken.reason._tag, "ResponseFailed")
        assert.isTrue(broken.partial)
        assert.isFalse(broken.verdict.retryable)
      })
    )

    it.live("tells of the sending, then of the head, once each", () =>
      Effect.gen(function* () {
        const told: Array<string> = []
        const hooks: SendHooks = {
          onSent: () => told.push("sent"),
          onHead: (head, refusal) => told.push(`${head.status} ${refusal?.message ?? ""}`)
        }
        yield* send(answer("hi"), chat, hooks)
        yield* Effect.flip(send(status(429, error("rate_limit_exceeded")), chat, hooks))
        yield* send(answer("hi"), chat, { ...hooks, onEvent: () => Effect.void })
        assert.deepStrictEqual(told, [
          "sent",
          "200 ",
          "sent",
          "429 it says rate_limit_exceeded",
          "sent",
          "200 "
        ])
      })
    )

    for (const streams of [false, true]) {
      it.live(`can be interrupted while it waits for ${streams ? "a stream" : "an answer"}`, () =>
        Effect.gen(function* () {
          const transport = yield* play([hang])
          const sent = yield* Deferred.make<void>()
          const fiber = yield* Effect.forkChild(
            transport.send(chat, {
              onSent: () => Deferred.doneUnsafe(sent, Effect.void),
              ...(streams ? { onEvent: () => Effect.void } : {})
            })
          )
          yield* Deferred.await(sent)
          yield* Fiber.interrupt(fiber)
          assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
        })
      )
    }
  })
}
