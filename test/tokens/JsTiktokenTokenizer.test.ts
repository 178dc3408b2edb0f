import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as EstimateTokenizer from "spillway/layers/tokens/EstimateTokenizer"
import * as JsTiktokenTokenizer from "spillway/layers/tokens/JsTiktokenTokenizer"
import type { JsonObject, ResolvedRequest } from "spillway/request/GenerateRequest"
import { Tokenizer } from "spillway/tokens/Tokenizer"
import { chatOf, say, tokenizerContract } from "../contracts/TokenizerContract.ts"

tokenizerContract("JsTiktokenTokenizer", JsTiktokenTokenizer.layer)
tokenizerContract("EstimateTokenizer", EstimateTokenizer.layer)

const count = (request: ResolvedRequest) => Tokenizer.use((tokenizer) => tokenizer.count(request))

/** The conversation of OpenAI's cookbook on counting tokens, whose counts the API itself confirmed there. */
const cookbook: ReadonlyArray<JsonObject> = [
  {
    role: "system",
    content:
      "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."
  },
  {
    role: "system",
    name: "example_user",
    content: "New synergies will help drive top-line growth."
  },
  {
    role: "system",
    name: "example_assistant",
    content: "Things working well together will increase revenue."
  },
  {
    role: "system",
    name: "example_user",
    content:
      "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."
  },
  {
    role: "system",
    name: "example_assistant",
    content: "Let's talk later when we're less busy about how to do better."
  },
  {
    role: "user",
    content:
      "This late pivot means we don't have time to boil the ocean for the client deliverable."
  }
]

const weather = {
  type: "function",
  function: {
    name: "get_current_weather",
    description: "Get the current weather in a given location",
    parameters: {
      type: "object",
      properties: {
        location: { type: "string", description: "The city and state, e.g. San Francisco, CA" },
        unit: {
          type: "string",
          description: "The unit of temperature to return",
          enum: ["celsius", "fahrenheit"]
        }
      },
      required: ["location"]
    }
  }
}

layer(JsTiktokenTokenizer.layer)("An exact count", (it) => {
  it.effect("is what the API reported for the cookbook's conversation", () =>
    Effect.gen(function* () {
      for (const [model, tokens] of [
        ["gpt-4o", 124],
        ["gpt-4o-mini-2024-07-18", 124],
        ["ft:gpt-4o-mini-2024-07-18:acme::a1", 124],
        ["gpt-4", 129],
        ["gpt-4-0613", 129],
        ["gpt-3.5-turbo", 129],
        // The o-series and gpt-5.x report one less.
        ["o3", 123],
        ["gpt-5.4", 123]
      ] as const) {
        assert.deepStrictEqual(
          yield* count(chatOf(model, { messages: cookbook })),
          { tokens, exact: true },
          model
        )
      }
    })
  )

  it.effect("is the cookbook's with tools, but declared as not exact", () =>
    Effect.gen(function* () {
      const messages = [
        {
          role: "system",
          content: "You are a helpful assistant that can answer to questions about the weather."
        },
        { role: "user", content: "What's the weather like in San Francisco?" }
      ]
      for (const [model, tokens] of [
        ["gpt-4o", 101],
        ["gpt-4", 105]
      ] as const) {
        assert.deepStrictEqual(yield* count(chatOf(model, { messages, tools: [weather] })), {
          tokens,
          exact: false
        })
      }
    })
  )

  it.effect("takes names of special tokens for the text that they are", () =>
    Effect.gen(function* () {
      const { tokens, exact } = yield* count(say("<|endoftext|>"))
      assert.isTrue(exact && tokens > 3 + 1 + 1 + 3)
    })
  )

  it.effect("of texts to embed is the sum of theirs", () =>
    Effect.gen(function* () {
      const embed = (input: JsonObject[string]): ResolvedRequest => ({
        endpoint: "embeddings",
        model: "text-embedding-3-small",
        maxOutputTokens: 0,
        body: { model: "text-embedding-3-small", input }
      })
      assert.deepStrictEqual(yield* count(embed("hello world")), { tokens: 2, exact: true })
      assert.deepStrictEqual(yield* count(embed(["hello world", "hello"])), {
        tokens: 3,
        exact: true
      })
      assert.deepStrictEqual(yield* count(embed([[1, 2, 3], [4]])), { tokens: 4, exact: true })
    })
  )

  it.effect("is not claimed where something else than text is read", () =>
    Effect.gen(function* () {
      const messages = [{ role: "user", content: "Hello" }]
      const schema = { type: "json_schema", json_schema: { name: "a", schema: {} } }
      assert.isFalse((yield* count(chatOf("gpt-4o", { messages, response_format: schema }))).exact)
      assert.isTrue(
        (yield* count(chatOf("gpt-4o", { messages, response_format: { type: "text" } }))).exact
      )
      assert.isFalse((yield* count(chatOf("llama-9", { messages }))).exact)
      const called = { role: "assistant", content: null, tool_calls: [] }
      assert.isFalse((yield* count(chatOf("gpt-4o", { messages: [...messages, called] }))).exact)
      assert.isFalse(
        (yield* count({ ...say("Hello"), endpoint: "responses", body: { input: "Hello" } })).exact
      )
    })
  )
})

layer(JsTiktokenTokenizer.layer)("Text that the encoding would take minutes over", (it) => {
  for (const [what, text] of [
    ["100 kB of one letter", "a".repeat(100_000)],
    ["100 kB of spaces", " ".repeat(100_000)],
    ["100 kB of emoji", "🦆".repeat(25_000)],
    ["100 kB of Chinese without a break", "智".repeat(33_000)],
    ["5 MB of prose", "All work and no play makes Jack a dull boy. ".repeat(120_000)]
  ] as const) {
    it.effect(`${what} is estimated, and says so`, () =>
      Effect.gen(function* () {
        const { tokens, exact } = yield* count(say(text))
        assert.isFalse(exact)
        assert.isAbove(tokens, 1_000)
      })
    )
  }

  it.effect("does not keep ordinary text of 50 kB from an exact count", () =>
    Effect.gen(function* () {
      const text = "All work and no play makes Jack a dull boy. ".repeat(1_200)
      assert.isTrue((yield* count(say(text))).exact)
    })
  )
})
