import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"

const Item = Schema.Struct({ question: Schema.String, year: Schema.FiniteFromString })

const good = Benchmark.make({
  name: "good",
  item: Item,
  dataset: Dataset.array([]),
  // The item is typed by its schema: `year` is a number here, although a row has a text.
  prompt: ({ question, year }) => `${question} (${year.toFixed(0)})`,
  target: ({ year }) => String(year + 1),
  scorers: [
    Scorer.exactMatch,
    { name: "close", version: 1, score: ({ item }) => item.year / 3000 }
  ],
  noAnswer: "exclude"
})

describe("a benchmark", () => {
  it("takes a text, messages or parts for a prompt, and no empty list", () => {
    const prompts = ["hi", [{ role: "user", content: "hi" }], { prompt: "hi" }]
    assert.deepStrictEqual(prompts.map(Benchmark.isPrompt), [true, true, true])
    const others = [[], [{}], null, 1, Promise.resolve("hi")]
    assert.deepStrictEqual(others.map(Benchmark.isPrompt), [false, false, false, false, false])
  })

  it.effect("is found as the default export of a module", () =>
    Effect.gen(function* () {
      assert.isTrue(Benchmark.isBenchmark(good))
      assert.strictEqual((yield* Benchmark.fromModule("a.ts", { default: good })).name, "good")
    })
  )

  it.effect("is missed with a word on what to write", () =>
    Effect.gen(function* () {
      const none = yield* Effect.flip(Benchmark.fromModule("a.ts", {}))
      assert.include(none.message, "a.ts: It has no default export. Write `export default")
      const other = yield* Effect.flip(Benchmark.fromModule("a.ts", { default: { name: "x" } }))
      assert.include(other.message, "is not a benchmark")
    })
  )

  it.effect("built wrongly at run time has all its problems reported together", () =>
    Effect.gen(function* () {
      const parts: object = { name: " ", scorers: [], noAnswer: "sometimes", target: undefined }
      const error = yield* Effect.flip(Benchmark.check({ ...good, ...parts }))
      assert.strictEqual(error._tag, "BenchmarkError")
      assert.lengthOf(error.problems, 4)
      assert.match(error.message, /name.*target.*noAnswer.*scorers/s)
    })
  )

  it.effect("is told what its sweep, variants, turns, tags and answer must be", () =>
    Effect.gen(function* () {
      const broken: ReadonlyArray<readonly [object, string]> = [
        [{ prompt: {} }, "`prompt` must be"],
        [{ prompt: { "two words": () => "" } }, "without spaces"],
        [{ prompt: { plain: "text" } }, "`prompt` must be"],
        [{ next: "more" }, "`next` must be"],
        [{ maxTurns: 0 }, "`maxTurns` must be"],
        [{ maxTurns: 1.5 }, "`maxTurns` must be"],
        [{ tags: ["x"] }, "`tags` must be"],
        [{ group: "x" }, "`group` must be"],
        [{ answer: Schema.String }, "`answer` must be"],
        [{ sweep: { temperatures: ["0"] } }, "`sweep` must be"],
        [{ sweep: { temperature: [0] } }, "`sweep` must be"],
        [{ sweep: { models: "gpt-6-luna" } }, "`sweep` must be"]
      ]
      for (const [parts, problem] of broken) {
        const error = yield* Effect.flip(Benchmark.check({ ...good, ...parts }))
        assert.lengthOf(error.problems, 1)
        assert.include(error.message, problem)
      }
      const fine = { ...good, sweep: { models: ["gpt-6-luna"], prompts: undefined }, maxTurns: 100 }
      assert.strictEqual((yield* Benchmark.check(fine)).maxTurns, 100)
    })
  )

  it.effect("refuses two scorers of one name and version", () =>
    Effect.gen(function* () {
      const scorers = [Scorer.exactMatch, Scorer.exactMatch] as const
      const error = yield* Effect.flip(Benchmark.check({ ...good, scorers }))
      assert.include(error.message, "differ in name or version")
    })
  )
})
