/**
 * Conversations with tools, as they go over the wire on both endpoints. Where SPILLWAY_OPENAPI names OpenAI's own API
 * description (`openapi.yaml`, no part of this project), the bodies are held against it too.
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js"
import formats from "ajv-formats"
import { Effect, Layer } from "effect"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as EstimateTokenizer from "spillway/layers/tokens/EstimateTokenizer"
import { ModelCatalog } from "spillway/model/ModelCatalog"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import * as Simulator from "spillway/simulator/Simulator"
import { Tokenizer } from "spillway/tokens/Tokenizer"
import { parse as parseYaml } from "yaml"
import { jsonOf, post } from "../simulator/requests.ts"

const place = '{"place":"Lima"}'

const conversation: ReadonlyArray<GenerateRequest.Message> = [
  { role: "user", content: "Is it warm in Lima and in Oslo?" },
  {
    role: "assistant",
    content: "I look it up.",
    toolCalls: [
      { id: "call_1", name: "weather", arguments: place },
      { id: "call_2", name: "weather", arguments: '{"place":"Oslo"}' }
    ]
  },
  { role: "tool", toolCallId: "call_1", content: "24 degrees" },
  { role: "tool", toolCallId: "call_2", content: "4 degrees" },
  { role: "assistant", content: "", toolCalls: [{ id: "call_3", name: "now", arguments: "{}" }] },
  { role: "tool", toolCallId: "call_3", content: "noon" },
  { role: "assistant", content: "Lima is." },
  { role: "user", content: ["And here?", { image: "https://example.test/here.png" }] }
]

const parts = {
  model: "gpt-5.4-mini",
  system: "Be brief.",
  messages: conversation,
  maxOutputTokens: 50,
  tools: [
    {
      name: "weather",
      description: "The weather of a place",
      parameters: {
        type: "object",
        properties: { place: { type: "string" } },
        required: ["place"],
        additionalProperties: false
      }
    }
  ]
}

const make = (endpoint: "chat" | "responses", more: Partial<GenerateRequest.RequestParts> = {}) =>
  GenerateRequest.make({ ...parts, endpoint, ...more })

describe("a conversation with tools", () => {
  it("holds calls and what they gave back as chat messages", () => {
    const call = (id: string, name: string, text: string) => ({
      id,
      type: "function",
      function: { name, arguments: text }
    })
    assert.deepStrictEqual(make("chat").body.messages, [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Is it warm in Lima and in Oslo?" },
      {
        role: "assistant",
        content: "I look it up.",
        tool_calls: [
          call("call_1", "weather", place),
          call("call_2", "weather", '{"place":"Oslo"}')
        ]
      },
      { role: "tool", tool_call_id: "call_1", content: "24 degrees" },
      { role: "tool", tool_call_id: "call_2", content: "4 degrees" },
      // Without a text there is no content, not an empty one.
      { role: "assistant", tool_calls: [call("call_3", "now", "{}")] },
      { role: "tool", tool_call_id: "call_3", content: "noon" },
      { role: "assistant", content: "Lima is." },
      {
        role: "user",
        content: [
          { type: "text", text: "And here?" },
          { type: "image_url", image_url: { url: "https://example.test/here.png" } }
        ]
      }
    ])
  })

  it("holds them as items of their own where responses are asked for", () => {
    const call = (id: string, name: string, text: string) => ({
      type: "function_call",
      call_id: id,
      name,
      arguments: text
    })
    assert.deepStrictEqual(make("responses").body.input, [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Is it warm in Lima and in Oslo?" },
      { role: "assistant", content: "I look it up." },
      call("call_1", "weather", place),
      call("call_2", "weather", '{"place":"Oslo"}'),
      { type: "function_call_output", call_id: "call_1", output: "24 degrees" },
      { type: "function_call_output", call_id: "call_2", output: "4 degrees" },
      call("call_3", "now", "{}"),
      { type: "function_call_output", call_id: "call_3", output: "noon" },
      { role: "assistant", content: "Lima is." },
      {
        role: "user",
        content: [
          { type: "input_text", text: "And here?" },
          { type: "input_image", image_url: "https://example.test/here.png", detail: "auto" }
        ]
      }
    ])
  })

  it.effect("is checked and sized with all its text", () =>
    Effect.gen(function* () {
      const catalog = yield* ModelCatalog
      const tokenizer = yield* Tokenizer
      const long = "twelve degrees and rain ".repeat(100)
      const withText = (content: string, text: string): ReadonlyArray<GenerateRequest.Message> => [
        { role: "user", content: "Why?" },
        { role: "assistant", content: "", toolCalls: [{ id: "c", name: "f", arguments: text }] },
        { role: "tool", toolCallId: "c", content }
      ]
      for (const endpoint of ["chat", "responses"] as const) {
        const size = (content: string, text: string) =>
          Effect.map(
            catalog.resolve(make(endpoint, { messages: withText(content, text) })),
            ({ request }) => tokenizer.estimate(request)
          )
        const none = yield* size("", "")
        for (const one of [yield* size(long, ""), yield* size("", long)]) {
          assert.isAbove(one.expected - none.expected, 300)
          assert.isAtLeast(one.upper - none.upper, long.length)
        }
      }
    }).pipe(Effect.provide(Layer.mergeAll(EstimateTokenizer.layer, BuiltInModelCatalog.layer)))
  )

  it("is taken by the simulated provider on both endpoints", () => {
    const simulator = Simulator.make({})
    for (const endpoint of ["chat", "responses"] as const) {
      const answer = simulator.handle(
        post(GenerateRequest.paths[endpoint], make(endpoint).body),
        1_790_000_000_000
      )
      const body = jsonOf(answer)
      assert.isDefined(body.choices ?? body.output)
    }
  })
})

const path = process.env.SPILLWAY_OPENAPI

/** The description is of version 3.1 and still says `nullable`, which that version does not have. */
const withNull = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withNull)
  if (typeof value !== "object" || value === null) return value
  const { nullable, ...schema } = Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withNull(each)])
  )
  if (nullable === true) return { anyOf: [schema, { type: "null" }] }
  return nullable === undefined ? schema : { ...schema, nullable }
}

describe.skipIf(path === undefined)(
  "requests, by OpenAI's API description (SPILLWAY_OPENAPI)",
  () => {
    it("have bodies that it allows", () => {
      const ajv = new Ajv2020({ strict: false, allErrors: false })
      formats.default(ajv)
      ajv.addFormat("unixtime", true)
      const description = withNull(parseYaml(readFileSync(path ?? "", "utf8")))
      ajv.addSchema(description as AnySchemaObject, "openai")
      for (const [endpoint, name] of [
        ["chat", "CreateChatCompletionRequest"],
        ["responses", "CreateResponse"]
      ] as const) {
        const valid = ajv.compile({ $ref: `openai#/components/schemas/${name}` })
        const wrong = {
          ...make(endpoint).body,
          messages: [{ role: "tool" }],
          input: [{ type: "x" }]
        }
        assert.isFalse(valid(wrong), "it knows a wrong body when it sees one")
        const jsonSchema = { name: "c", schema: { type: "object" } }
        // The description takes a list of parts without a `type` for either of two forms, and so for none.
        const messages = conversation.filter(({ content }) => typeof content === "string")
        for (const more of [{}, { jsonSchema }, { temperature: 0.5, reasoningEffort: "none" }]) {
          const { body } = make(endpoint, { messages, ...more })
          assert.isTrue(valid(body), `${endpoint}: ${ajv.errorsText(valid.errors)}`)
        }
      }
    }, 60_000)
  }
)
