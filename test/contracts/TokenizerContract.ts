/** What every implementation of `Tokenizer` promises. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import type { JsonObject, ResolvedRequest } from "spillway/request/GenerateRequest"
import * as TokenUsage from "spillway/request/TokenUsage"
import { Tokenizer, type TokenizerError } from "spillway/tokens/Tokenizer"

export const chatOf = (model: string, body: JsonObject): ResolvedRequest => ({
  endpoint: "chat",
  model,
  maxOutputTokens: 100,
  body: { model, ...body }
})

export const say = (text: string, model = "gpt-4o"): ResolvedRequest =>
  chatOf(model, { messages: [{ role: "user", content: text }] })

const prose = "The quick brown fox jumps over the lazy dog, twice a day. ".repeat(10)

export const tokenizerContract = (
  name: string,
  layer: Layer.Layer<Tokenizer, TokenizerError>
): void => {
  describe(`${name} keeps the Tokenizer contract`, () => {
    it.effect("estimates between nothing and its bound, and the bound covers every byte", () =>
      Effect.gen(function* () {
        const tokenizer = yield* Tokenizer
        for (const text of ["", "a", prose, "数学".repeat(50), "🦆".repeat(50), "\u0000\uD800"]) {
          const { expected, upper, raw } = tokenizer.estimate(say(text))
          assert.isTrue(expected > 0 && expected <= upper && raw === expected)
          assert.isAtLeast(upper, new TextEncoder().encode(text).length)
        }
      }).pipe(Effect.provide(layer))
    )

    it.effect("learns what a model reports, for that model only, and never beyond the bound", () =>
      Effect.gen(function* () {
        const tokenizer = yield* Tokenizer
        const { raw, upper } = tokenizer.estimate(say(prose, "m"))
        for (let n = 0; n < 300; n++) {
          tokenizer.learn("m", raw, { ...TokenUsage.none, input: raw * 2 })
        }
        const after = tokenizer.estimate(say(prose, "m"))
        assert.closeTo(after.expected / raw, 2, 0.05)
        assert.deepStrictEqual([after.raw, after.upper], [raw, upper])
        assert.strictEqual(tokenizer.estimate(say(prose, "other")).expected, raw)
        for (let n = 0; n < 300; n++) {
          tokenizer.learn("m", raw, { ...TokenUsage.none, input: raw * 1_000 })
        }
        assert.isAtMost(tokenizer.estimate(say(prose, "m")).expected, upper)
      }).pipe(Effect.provide(layer))
    )

    it.effect("is not confused by answers that report nothing", () =>
      Effect.gen(function* () {
        const tokenizer = yield* Tokenizer
        const { raw } = tokenizer.estimate(say(prose))
        for (const estimated of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, raw]) {
          tokenizer.learn("gpt-4o", estimated, TokenUsage.none)
        }
        assert.strictEqual(tokenizer.estimate(say(prose)).expected, raw)
      }).pipe(Effect.provide(layer))
    )

    it.effect("says of a picture's tokens that they are not exact", () =>
      Effect.gen(function* () {
        const tokenizer = yield* Tokenizer
        const content = [
          { type: "text", text: "What is it?" },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } }
        ]
        const request = chatOf("gpt-4o", { messages: [{ role: "user", content }] })
        const { tokens, exact } = yield* tokenizer.count(request)
        assert.isFalse(exact)
        assert.isAbove(tokens, 85)
      }).pipe(Effect.provide(layer))
    )
  })
}
