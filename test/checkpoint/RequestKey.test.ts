import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as RequestKey from "spillway/checkpoint/RequestKey"
import type { Endpoint, JsonObject } from "spillway/request/GenerateRequest"

const of = (
  body: JsonObject,
  {
    provider = "https://api.openai.com/v1 org-1",
    endpoint = "chat" as Endpoint,
    repeat = 0
  }: { provider?: string; endpoint?: Endpoint; repeat?: number } = {}
) =>
  RequestKey.make(provider, { endpoint, body, model: "gpt-4.1-mini", maxOutputTokens: 16 }, repeat)

const body: JsonObject = {
  model: "gpt-4.1-mini",
  messages: [{ role: "user", content: "What is 2 + 2?" }],
  max_completion_tokens: 16
}

/** The canonical text, written out by hand. */
const hash = (canonical: string) => `k1:${createHash("sha256").update(canonical).digest("hex")}`
const wrapped = (canonicalBody: string, provider = "p") =>
  hash(`{"body":${canonicalBody},"endpoint":"chat","provider":"${provider}","repeat":0}`)

describe("a request's key", () => {
  it("is the SHA-256 of the canonical JSON of provider, endpoint, body and repeat", () => {
    assert.strictEqual(
      of(body),
      hash(
        '{"body":{"max_completion_tokens":16,"messages":[{"content":"What is 2 + 2?","role":"user"}],"model":"gpt-4.1-mini"},"endpoint":"chat","provider":"https://api.openai.com/v1 org-1","repeat":0}'
      )
    )
  })

  it("never changes between releases: stored answers would be paid for again", () => {
    assert.deepStrictEqual(
      GOLDEN_INPUTS.map((input) => of(input, { provider: "p" })),
      GOLDEN
    )
  })

  it("does not depend on the order of fields, at any depth", () => {
    assert.strictEqual(
      of({ b: 1, a: { d: 2, c: [3, { f: 4, e: 5 }] } }),
      of({ a: { c: [3, { e: 5, f: 4 }], d: 2 }, b: 1 })
    )
    assert.notStrictEqual(of({ a: [1, 2] }), of({ a: [2, 1] }))
  })

  it("sorts fields by UTF-16 code units, as RFC 8785 does", () => {
    assert.strictEqual(
      of({ "\ufb33": 1, "😀": 2, a: 3 }, { provider: "p" }),
      wrapped('{"a":3,"😀":2,"\ufb33":1}')
    )
  })

  it("takes -0 for 0, and writes numbers as ECMAScript does", () => {
    assert.strictEqual(of({ t: -0 }), of({ t: 0 }))
    assert.strictEqual(
      of({ n: [1e21, 1e-7, 0.1, 2 ** 53, 123456789012345680000, 5e-324] }, { provider: "p" }),
      wrapped('{"n":[1e+21,1e-7,0.1,9007199254740992,123456789012345680000,5e-324]}')
    )
  })

  it("tells composed from decomposed Unicode: they are other bytes to the model", () => {
    assert.notStrictEqual(of({ text: "\u00e9" }), of({ text: "e\u0301" }))
  })

  it("takes half of a surrogate pair for the replacement character, in values and in names", () => {
    assert.strictEqual(of({ text: "a\ud800b" }), of({ text: "a\ufffdb" }))
    assert.strictEqual(of({ "a\udc00": [1] }), of({ "a\ufffd": [1] }))
    assert.strictEqual(of({ text: "\ud83d\ude00" }, { provider: "p" }), wrapped('{"text":"😀"}'))
  })

  it("leaves out what decides how an answer is made, not what it says", () => {
    const tags: JsonObject = {
      service_tier: "flex",
      stream: true,
      stream_options: { include_usage: true },
      store: false,
      metadata: { team: "a" },
      user: "u",
      safety_identifier: "s",
      prompt_cache_key: "c",
      prompt_cache_retention: "24h",
      background: true
    }
    assert.strictEqual(of({ ...body, ...tags }), of(body))
    // Only at the top: below it, these are the user's own names.
    assert.notStrictEqual(of({ ...body, extra: { user: "u" } }), of({ ...body, extra: {} }))
  })

  it("differs by provider, endpoint, repeat, and every parameter", () => {
    const keys = [
      of(body),
      of(body, { provider: "simulated:1" }),
      of(body, { provider: "simulated:2" }),
      of(body, { endpoint: "responses" }),
      of(body, { repeat: 1 }),
      of({ ...body, temperature: 0 }),
      of({ ...body, temperature: 1 }),
      of({ ...body, seed: 1 }),
      of({ ...body, model: "gpt-4.1" })
    ]
    assert.strictEqual(new Set(keys).size, keys.length)
  })
})

const GOLDEN_INPUTS: ReadonlyArray<JsonObject> = [
  {},
  body,
  { text: 'é 😀 \u2028 \\ " \u0000 \u001f', list: [null, true, false, [], {}] },
  { text: "lone \ud800 surrogate" },
  { numbers: [0, -0, 1.5, 1e300, -1e-300, 2 ** 53] }
]
const GOLDEN: ReadonlyArray<string> = [
  "k1:47ff4b06f760f025ed97c2ebc7c7e0eb5f60662491f508a21812e4f577187564",
  "k1:444ee770cfc54b976229e55ffdbd887494ef40e42f6a33e2fe353a9139fc11f8",
  "k1:54988c5eb2c7cebe546d26a0dc601afa82c6d2e7e1386830f31adababf8321b3",
  "k1:c21886814e3f61105cedc7719f50efccf76012fc0dbb021a35559436176a26dc",
  "k1:09835204a394a6d1a0fa792930e5fe317c845a596d6d1443381d38c2f0d64ffa"
]
