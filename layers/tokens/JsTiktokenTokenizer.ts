/**
 * Exact counts by js-tiktoken, loaded on first use and one encoding at a time: over a second, about 200 MB. Estimates do
 * not touch it. Text that it would take too long over is estimated instead, and the count says so.
 */
import { Effect, Layer } from "effect"
import { type EncodingName, encodingOf } from "../../src/tokens/Encoding.ts"
import { work } from "../../src/tokens/EncodingWork.ts"
import { countTokens } from "../../src/tokens/ExactTokens.ts"
import { add } from "../../src/tokens/TextEstimate.ts"
import { Tokenizer, TokenizerError } from "../../src/tokens/Tokenizer.ts"
import * as EstimateTokenizer from "./EstimateTokenizer.ts"

/** Microseconds that one count may hold up everything else. */
const MOST_WORK = 100_000

/** Tokens of a text. */
type Encoder = (text: string) => number

const ranks = {
  o200k_base: () => import("js-tiktoken/ranks/o200k_base"),
  cl100k_base: () => import("js-tiktoken/ranks/cl100k_base")
}

const load = (name: EncodingName): Effect.Effect<Encoder, unknown> =>
  Effect.map(
    Effect.all([
      Effect.tryPromise(() => import("js-tiktoken/lite")),
      Effect.tryPromise(() => ranks[name]())
    ]),
    ([{ Tiktoken }, table]) => {
      const encoding = new Tiktoken(table.default)
      // Names of special tokens inside a prompt are plain text to the API, too.
      return (text) => encoding.encode(text, [], []).length
    }
  )

const estimated = (text: string): number => {
  const tally = { expected: 0, bytes: 0 }
  add(tally, text)
  return Math.ceil(tally.expected)
}

/** Encodes as long as there is time, and says afterwards whether it did all of it. */
const withinTime = (encoder: Encoder) => {
  let left = MOST_WORK
  let complete = true
  const count = (text: string): number => {
    // What is too long by its length alone is not even looked at.
    const cost = text.length > left ? Number.POSITIVE_INFINITY : work(text)
    if (cost > left) {
      complete = false
      return estimated(text)
    }
    left -= cost
    return encoder(text)
  }
  return { count, complete: () => complete }
}

export const make = Effect.gen(function* () {
  const { estimate, learn } = EstimateTokenizer.make()
  const encoders = {
    o200k_base: yield* Effect.cached(load("o200k_base")),
    cl100k_base: yield* Effect.cached(load("cl100k_base"))
  }
  return Tokenizer.of({
    estimate,
    learn,
    count: Effect.fn("Tokenizer.count")(function* (request) {
      const name = encodingOf(request.model)
      const encoder = yield* Effect.mapError(
        encoders[name],
        () =>
          new TokenizerError({
            model: request.model,
            problem: `The encoding ${name} cannot be loaded. Check that js-tiktoken is installed.`
          })
      )
      const timed = withinTime(encoder)
      const { tokens, exact } = countTokens(request, timed.count)
      return { tokens, exact: exact && timed.complete() }
    })
  })
})

export const layer = Layer.effect(Tokenizer, make)
