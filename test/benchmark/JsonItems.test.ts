import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as fc from "fast-check"
import * as Dataset from "spillway/benchmark/Dataset"
import * as JsonItems from "spillway/benchmark/dataset/JsonItems"
import { layer, write } from "./files.ts"

/** The items of a text that arrives in pieces of so many characters. */
const items = (text: string, keys: ReadonlyArray<string> = [], size = text.length) =>
  Stream.runCollect(
    JsonItems.items(
      "a.json",
      keys,
      Stream.fromIterable(text.match(new RegExp(`[^]{1,${Math.max(1, size)}}`, "g")) ?? [])
    )
  )

const valuesOf = (rows: ReadonlyArray<Dataset.Row>) => rows.map(({ value }) => value)

describe("the items of a JSON array", () => {
  it.effect("have their line and their place", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* items('[\n{"n":1},\n\n{"n":\n2},3]'), [
        { line: 2, at: "[0]", value: { n: 1 } },
        { line: 4, at: "[1]", value: { n: 2 } },
        { line: 5, at: "[2]", value: 3 }
      ])
      assert.deepStrictEqual(yield* items(" [ ] "), [])
    })
  )

  it.effect("are found by the keys that lead to them, and by no others", () =>
    Effect.gen(function* () {
      const text =
        '{"examples":{"items":[0]},"items":[0],"data":{"x":[{"items":[0]}],"t":"\\"items\\":[0]","items":[1,[2]],"y":[0]},"z":1}'
      const found = yield* items(text, ["data", "items"])
      assert.deepStrictEqual(valuesOf(found), [1, [2]])
      assert.strictEqual(found[1]?.at, "data.items[1]")
      assert.deepStrictEqual(valuesOf(yield* items('{"a\\u0062":[7]}', ["ab"])), [7])
    })
  )

  it("are the same in whatever pieces the text arrives", () => {
    void fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 1, 2),
        (values, size, indent) => {
          const whole: unknown = JSON.parse(JSON.stringify(values))
          const text = JSON.stringify(
            { before: values, data: { items: values }, after: "]" },
            null,
            indent
          )
          const found = Effect.runSync(items(text, ["data", "items"], size))
          assert.deepStrictEqual(valuesOf(found), whole)
        }
      ),
      { numRuns: 200, seed: 6 }
    )
  })

  it("are refused in every text that JSON.parse refuses", () => {
    const character = fc.constantFrom(...'[]{},:"\\a1 \n'.split(""))
    void fc.assert(
      fc.property(
        fc.string({ unit: character, maxLength: 14 }),
        fc.integer({ min: 1, max: 9 }),
        (inner, size) => {
          const text = `[${inner}]`
          let expected: unknown
          try {
            expected = JSON.parse(text)
          } catch {
            expected = undefined
          }
          const exit = Effect.runSync(Effect.result(items(text, [], size)))
          if (exit._tag === "Success") assert.deepStrictEqual(valuesOf(exit.success), expected)
          else assert.isUndefined(expected, text)
        }
      ),
      { numRuns: 3_000, seed: 12 }
    )
  })

  const broken: ReadonlyArray<readonly [text: string, message: string]> = [
    ["[1,\n2,\n3", "line 3: It ends in the middle of the array"],
    ['[1,\n{"secret":}\n]', "line 2, field [1]: It is not valid JSON"],
    ["[1,\n2,]", "line 2, field [2]: It is not valid JSON"],
    ["[1,,2]", "line 1, field [1]: It is not valid JSON"],
    ["[1,\n2]\nx", "line 3: It is not valid JSON"],
    ["\n\n{x", "line 3: It is not valid JSON"],
    ["", "line 1: It is not valid JSON"],
    ['{"n":1}', "Its JSON is not an array"],
    ["7", "Its JSON is not an array"]
  ]
  for (const [text, message] of broken) {
    it.effect(`in ${JSON.stringify(text)}: ${message}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(items(text))
        assert.include(error.message, message)
        assert.notInclude(error.message, "secret")
      })
    )
  }

  it.effect(
    "that are not where they were said to be are missed with a word on how to name them",
    () =>
      Effect.gen(function* () {
        for (const text of ['{"data":{"items":{}}}', '{"data":[]}', "{}", "[1]"]) {
          const error = yield* Effect.flip(items(text, ["data", "items"]))
          assert.include(error.message, "field data.items: There is no array")
          assert.include(error.message, 'at: "data.items"')
        }
      })
  )

  it.effect("have a greatest size, and so has what stands around them", () =>
    Effect.gen(function* () {
      const filler = "a".repeat(1024 * 1024)
      const endless = (before: string) =>
        Stream.concat(Stream.make(before), Stream.forever(Stream.make(filler)))
      const fail = (before: string) =>
        Effect.flip(Stream.runDrain(JsonItems.items("a.json", [], endless(before))))
      assert.include((yield* fail('[1,\n"')).message, "line 2: An item that begins here has more")
      assert.include((yield* fail('{"x":"')).message, "around the array")
    })
  )

  it.live("come from gzip files as well", () =>
    Effect.gen(function* () {
      const path = yield* write("a.json.gz", gzipSync('{"examples":[{"n":1}]}'))
      const rows = yield* Stream.runCollect(Dataset.rows(Dataset.json(path, { at: "examples" })))
      assert.deepStrictEqual(rows, [{ line: 1, at: "examples[0]", value: { n: 1 } }])
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
