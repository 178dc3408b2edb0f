import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Samples from "spillway/benchmark/Samples"
import * as Scorer from "spillway/benchmark/Scorer"
import { layer, write } from "./files.ts"

const Item = Schema.Struct({
  q: Schema.String,
  options: Schema.optionalKey(Schema.Array(Schema.Struct({ n: Schema.Int }))),
  name: Schema.optionalKey(Schema.String)
})
type Item = typeof Item.Type

const of = (rows: ReadonlyArray<unknown>, more: Partial<Benchmark.Definition<Item>> = {}) =>
  Benchmark.make({
    name: "test",
    item: Item,
    dataset: Dataset.array(rows),
    prompt: ({ q }) => q,
    target: ({ q }) => `${q}!`,
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    ...more
  })

const collect = (benchmark: Benchmark.Benchmark<Item>, options?: Samples.Options) =>
  Stream.runCollect(Samples.samples(benchmark, options)).pipe(Effect.provide(layer))

const ids = (benchmark: Benchmark.Benchmark<Item>) =>
  Effect.map(collect(benchmark), (all) => all.map(({ id }) => id))

describe("samples", () => {
  it.effect("carry item, prompt, target and place", () =>
    Effect.gen(function* () {
      const [first] = yield* collect(of([{ q: "why" }]))
      assert.deepInclude(first, {
        item: { q: "why" },
        prompts: new Map([["", "why"]]),
        target: "why!",
        index: 0,
        line: 1
      })
    })
  )

  it.effect("keep their ids when rows are shuffled, added or given in another key order", () =>
    Effect.gen(function* () {
      const [a, b] = yield* ids(of([{ q: "a", name: "x" }, { q: "b" }]))
      assert.notStrictEqual(a, b)
      assert.deepStrictEqual(yield* ids(of([{ q: "b" }, { q: "c" }, { name: "x", q: "a" }])), [
        b,
        (yield* ids(of([{ q: "c" }])))[0],
        a
      ])
    })
  )

  it.effect("of equal content are told apart by number", () =>
    Effect.gen(function* () {
      const [first, second, third] = yield* ids(of([{ q: "a" }, { q: "a" }, { q: "a" }]))
      assert.strictEqual(second, `${first}#2`)
      assert.strictEqual(third, `${first}#3`)
    })
  )

  it.effect("take the benchmark's own ids, which must differ: both lines are named", () =>
    Effect.gen(function* () {
      const own = { id: ({ name = "" }: Item) => name }
      const rows = [
        { q: "a", name: "one" },
        { q: "b", name: "two" },
        { q: "c", name: "one" }
      ]
      assert.deepStrictEqual(yield* ids(of(rows.slice(0, 2), own)), ["one", "two"])
      const error = yield* Effect.flip(collect(of(rows, own)))
      assert.strictEqual(error.line, 3)
      assert.include(error.message, 'Its id "one" was given to line 1 already')
      const empty = yield* Effect.flip(collect(of([{ q: "a" }], own)))
      assert.include(empty.message, "Its id is empty")
    })
  )

  it.effect("are cut off at the limit, before the rest is looked at", () =>
    Effect.gen(function* () {
      const benchmark = of([{ q: "a" }, { q: "b" }, { broken: true }])
      assert.strictEqual((yield* collect(benchmark, { limit: 2 })).length, 2)
    })
  )

  it.live("that do not fit the schema are named by line and field, without their content", () =>
    Effect.gen(function* () {
      const lines = ['{"q":"a"}', '{"q":"b","options":[{"n":1},{"n":"secret"}]}']
      const path = yield* write("bad.jsonl", lines.join("\n"))
      const error = yield* Effect.flip(collect(of([]), { dataset: Dataset.jsonl(path) }))
      assert.deepInclude(error, { path, line: 2, field: "options[1].n" })
      assert.include(error.message, "does not fit its schema")
      assert.notInclude(error.message, "secret")
      const missing = yield* Effect.flip(collect(of([{ q: "a" }, {}])))
      assert.deepInclude(missing, { line: 2, field: "q" })
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("say which of the benchmark's functions failed on which line", () =>
    Effect.gen(function* () {
      const thrown = of([{ q: "a" }, { q: "b" }], {
        target: ({ q }) => {
          if (q === "b") throw new RangeError("b")
          return q
        }
      })
      const error = yield* Effect.flip(collect(thrown))
      assert.include(error.message, "line 2: The benchmark's `target` threw RangeError")
    })
  )

  it.effect("have the prompts of the variants asked for, tags and a group", () =>
    Effect.gen(function* () {
      const made: Array<string> = []
      const variant = (name: string) => (item: Item) => {
        made.push(name)
        return `${name} ${item.q}`
      }
      const benchmark = of([{ q: "a", name: "x" }], {
        prompt: { plain: variant("plain"), steps: variant("steps"), odd: variant("odd") },
        tags: ({ q }) => [q, "letter"],
        group: ({ name }) => name
      })
      const [all] = yield* collect(benchmark)
      assert.deepStrictEqual(
        [...(all?.prompts ?? [])],
        [
          ["plain", "plain a"],
          ["steps", "steps a"],
          ["odd", "odd a"]
        ]
      )
      made.length = 0
      const [some] = yield* collect(benchmark, { variants: ["steps"] })
      assert.deepStrictEqual([...(some?.prompts ?? [])], [["steps", "steps a"]])
      assert.deepStrictEqual(made, ["steps"])
      assert.deepInclude(some, { tags: ["a", "letter"], group: "x" })
      const [bare] = yield* collect(of([{ q: "a" }]))
      assert.deepInclude(bare, { tags: [], group: undefined })
    })
  )

  /** What plain JavaScript may give. */
  const odd = (value: unknown) => value as never
  const nonsense: ReadonlyArray<readonly [Partial<Benchmark.Definition<Item>>, string]> = [
    [{ prompt: { steps: () => odd(undefined) } }, "`prompt.steps` did not return"],
    // Were it left alone, the rejection would end the process.
    [{ prompt: () => odd(Promise.reject(new Error("x"))) }, "`prompt` returned a promise"],
    [{ prompt: () => odd(["x"]) }, "`prompt` did not return"],
    [{ tags: () => odd("one") }, "`tags` did not return"],
    [{ group: () => odd(7) }, "`group` did not return"],
    [{ target: () => odd(7) }, "`target` did not return"],
    [
      {
        group: () => {
          throw new SyntaxError("x")
        }
      },
      "`group` threw SyntaxError"
    ]
  ]
  for (const [more, problem] of nonsense) {
    it.effect(`are refused by line where ${problem}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(collect(of([{ q: "a" }], more)))
        assert.strictEqual(error._tag, "DatasetError")
        assert.include(error.message, `line 1: The benchmark's ${problem}`)
      })
    )
  }

  it.effect("have ids even where text is not well-formed", () =>
    Effect.gen(function* () {
      assert.lengthOf(yield* ids(of([{ q: "\ud800" }])), 1)
    })
  )
})
