import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Tiktoken } from "js-tiktoken/lite"
import cl100k from "js-tiktoken/ranks/cl100k_base"
import o200k from "js-tiktoken/ranks/o200k_base"
import type { JsonObject, ResolvedRequest } from "spillway/request/GenerateRequest"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import * as RequestSize from "spillway/tokens/RequestSize"
import * as TextEstimate from "spillway/tokens/TextEstimate"
import { chatOf, say } from "../contracts/TokenizerContract.ts"

const encodings = [new Tiktoken(o200k), new Tiktoken(cl100k)]
const tokensOf = (text: string): number =>
  Math.max(...encodings.map((encoding) => encoding.encode(text, [], []).length))

const tally = (text: string) => {
  const sum = { expected: 0, bytes: 0 }
  TextEstimate.add(sum, text)
  return sum
}

/** First code point and number of them: every kind of text that a prompt can hold, and some that it should not. */
const blocks = [
  [0x00, 0x20],
  [0x20, 0x60],
  [0x61, 26],
  [0x7f, 0x180],
  [0x400, 0x100],
  [0x900, 0x80],
  [0x2000, 0x100],
  [0x3040, 0xc0],
  [0x4e00, 0x5000],
  [0xac00, 0x2ba4],
  [0xd800, 0x800],
  [0xfe00, 0x10],
  [0x1f300, 0x300],
  [0x20000, 0x1000],
  [0x10ff00, 0xff]
] as const

const Piece = Schema.Tuple([
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: blocks.length - 1 })),
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff })),
  Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 }))
])

const textOf = (pieces: ReadonlyArray<typeof Piece.Type>): string =>
  pieces
    .map(([block, offset, times]) => {
      const [first, size] = blocks[block] ?? blocks[0]
      return String.fromCodePoint(first + (offset % size)).repeat(times)
    })
    .join("")

describe("The bound on a text", () => {
  it.effect.prop(
    "is its UTF-8 bytes, and never below its tokens in either encoding",
    [Schema.Array(Piece)],
    ([pieces]) =>
      Effect.sync(() => {
        const text = textOf(pieces)
        const { bytes } = tally(text)
        assert.strictEqual(bytes, new TextEncoder().encode(text).length)
        assert.isAtLeast(bytes, tokensOf(text))
      }),
    { arbitrary: { runs: 300 } }
  )

  it.effect.prop(
    "of a request holds for its exact count, whatever its messages are",
    [Schema.Array(Schema.Array(Piece))],
    ([texts]) =>
      Effect.sync(() => {
        const messages = texts.map((pieces, n) => ({
          role: n % 2 === 0 ? "user" : "assistant",
          name: textOf(pieces.slice(0, 2)),
          content: textOf(pieces)
        }))
        const exact = messages.reduce(
          (sum, { role, name, content }) =>
            sum + 3 + tokensOf(role) + tokensOf(name) + 1 + tokensOf(content),
          3
        )
        const { upper } = RequestSize.estimate(chatOf("gpt-4o", { messages }))
        assert.isAtLeast(upper, exact)
      }),
    { arbitrary: { runs: 200 } }
  )
})

describe("The expected tokens of a text", () => {
  for (const [what, text] of [
    [
      "a word problem",
      "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did Natalia sell altogether in April and May?"
    ],
    [
      "code",
      "export const add = (a: number, b: number): number => {\n  return a + b\n}\n".repeat(3)
    ],
    [
      "JSON",
      JSON.stringify({ name: "Ada", born: 1815, tags: ["mathematics", "engine"] }).repeat(3)
    ],
    ["Chinese", "小明有三十个苹果,他给了小红十二个,又买了二十五个,请问他现在有多少个苹果?"],
    [
      "Japanese",
      "太郎さんはりんごを三十個持っています。花子さんに十二個あげました。残りはいくつですか。"
    ],
    ["Korean", "철수는 사과를 서른 개 가지고 있습니다. 영희에게 열두 개를 주면 몇 개가 남습니까?"],
    ["Russian", "У Пети было тридцать яблок, он отдал Маше двенадцать. Сколько яблок осталось?"],
    [
      "German",
      "Künstliche Intelligenz ist ein Teilgebiet der Informatik und überprüft größere Mengen."
    ],
    ["emoji", "😀😃😄 🎉🎊 🚀🚀🚀 👍🏽"]
  ] as const) {
    it(`is within a third of the truth for ${what}`, () => {
      const exact = encodings[0]?.encode(text).length ?? 0
      assert.isAtLeast(tally(text).expected, exact * 0.67)
      assert.isAtMost(tally(text).expected, exact * 1.5)
    })
  }
})

const upperOf = (request: ResolvedRequest): number => RequestSize.estimate(request).upper
const responsesOf = (body: JsonObject): ResolvedRequest => ({
  endpoint: "responses",
  model: "gpt-6-luna",
  maxOutputTokens: 100,
  body: { model: "gpt-6-luna", ...body }
})

describe("The size of a request", () => {
  it("counts tools, schemas and instructions as what the model reads", () => {
    const long = "a sentence that the model has to read, ".repeat(20)
    const bare = upperOf(say("Hello"))
    const tool = { type: "function", function: { name: "f", description: long, parameters: {} } }
    const messages = [{ role: "user", content: "Hello" }]
    assert.isAtLeast(upperOf(chatOf("gpt-4o", { messages, tools: [tool] })), bare + long.length)
    const format = { type: "json_schema", json_schema: { name: "a", description: long } }
    assert.isAtLeast(
      upperOf(chatOf("gpt-4o", { messages, response_format: format })),
      bare + long.length
    )
    assert.isAtLeast(upperOf(responsesOf({ input: "Hello", instructions: long })), long.length)
  })

  it("is the same for one text however it is wrapped", () => {
    const text = "How many apples are left?"
    const { body } = GenerateRequest.make({
      model: "gpt-6-luna",
      endpoint: "responses",
      prompt: text
    })
    assert.deepStrictEqual(
      RequestSize.estimate(responsesOf(body)),
      RequestSize.estimate(responsesOf({ input: text }))
    )
  })

  it("is bounded by the largest window where the input is not in the request", () => {
    const file = { type: "input_file", file_id: "file-1" }
    for (const body of [
      { input: "a", previous_response_id: "r" },
      { input: "a", conversation: "c" },
      { prompt: { id: "p" } },
      { input: "a", tools: [{ type: "web_search" }] },
      { input: [{ role: "user", content: [file] }] },
      { input: [{ type: "item_reference", id: "i" }] }
    ]) {
      assert.isAtLeast(upperOf(responsesOf(body)), RequestSize.UNSEEN)
    }
    assert.isBelow(upperOf(responsesOf({ input: "a", conversation: null })), 100)
  })

  it("of texts to embed is the sum of theirs, and of tokens their number", () => {
    const embed = (input: JsonObject[string]): ResolvedRequest => ({
      endpoint: "embeddings",
      model: "text-embedding-3-small",
      maxOutputTokens: 0,
      body: { input }
    })
    assert.deepStrictEqual(RequestSize.estimate(embed([[1, 2, 3], [4]])), { expected: 4, upper: 4 })
    assert.isAtLeast(upperOf(embed(["hello", "world"])), 10)
  })

  it("survives a body of any shape", () => {
    for (const body of [{}, { messages: "no" }, { messages: [null, 1, "a", { content: 5 }] }]) {
      const { expected, upper } = RequestSize.estimate(chatOf("gpt-4o", body))
      assert.isTrue(expected > 0 && upper >= expected)
    }
  })
})
