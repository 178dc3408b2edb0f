/** Items that fail their schema: by line and field, passed over when asked for, counted and listed. */
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as CsvRows from "spillway/benchmark/dataset/CsvRows"
import * as JsonRows from "spillway/benchmark/dataset/JsonRows"
import * as Samples from "spillway/benchmark/Samples"
import * as Scorer from "spillway/benchmark/Scorer"
import { layer, write } from "../benchmark/files.ts"

const Item = Schema.Struct({ q: Schema.String, n: Schema.FiniteFromString })
type Item = typeof Item.Type

const of = (dataset: Dataset.Dataset, more: Partial<Benchmark.Definition<Item>> = {}) =>
  Benchmark.make({
    name: "items",
    item: Item,
    dataset,
    prompt: ({ q }) => q,
    target: ({ n }) => String(n),
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    ...more
  })

const live = <A, E>(name: string, test: () => Effect.Effect<A, E, never>) => it.live(name, test)
const provided = Effect.provide(layer)

const lines = [
  '{"q":"a","n":"1"}',
  '{"q":"b","n":"secret"}',
  '{"n":"3"}',
  "[]",
  '{"q":"e","n":"5"}'
]

describe("items that fail their schema", () => {
  live("are named by line and field in every format", () =>
    Effect.gen(function* () {
      const rows = lines.map((line) => line)
      const files: ReadonlyArray<readonly [Dataset.Dataset, number, string]> = [
        [Dataset.jsonl(yield* write("a.jsonl", rows.join("\n"))), 2, "n"],
        [Dataset.jsonl(yield* write("a.jsonl.gz", gzipSync(rows.join("\n")))), 2, "n"],
        [Dataset.csv(yield* write("a.csv", 'q,n\n"a\nb",1\nc,x\n')), 4, "n"],
        [
          Dataset.json(yield* write("a.json", `{"data":{"items":[\n${rows.join(",\n")}\n]}}`), {
            at: "data.items"
          }),
          3,
          "data.items[1].n"
        ],
        [Dataset.json(yield* write("b.json", `[${rows.slice(2).join(",")}]`)), 1, "[0].q"],
        [Dataset.array([{ q: "a", n: "1" }, { q: 1 }]), 2, "q"]
      ]
      for (const [dataset, line, field] of files) {
        const error = yield* Effect.flip(Samples.count(of(dataset)))
        assert.deepInclude(error, { line, field })
        assert.notInclude(error.message, "secret")
      }
    }).pipe(Effect.scoped, provided)
  )

  live("are passed over when asked for, counted and listed", () =>
    Effect.gen(function* () {
      const benchmark = of(Dataset.jsonl(yield* write("a.jsonl", lines.join("\n"))))
      const heard: Array<number | undefined> = []
      const found = yield* Samples.survey(benchmark, {
        skipInvalid: true,
        onSkip: ({ line }) => heard.push(line)
      })
      assert.deepInclude(found, { count: 2, skipped: 3 })
      assert.deepStrictEqual(
        found.invalid.map(({ line, field }) => [line, field]),
        [
          [2, "n"],
          [3, "q"],
          [4, undefined]
        ]
      )
      assert.deepStrictEqual(heard, [2, 3, 4])
      const samples = yield* Stream.runCollect(Samples.samples(benchmark, { skipInvalid: true }))
      // The place in the dataset stays: mending a row moves no other.
      assert.deepStrictEqual(
        samples.map(({ line, index }) => [line, index]),
        [
          [1, 0],
          [5, 4]
        ]
      )
    }).pipe(Effect.scoped, provided)
  )

  live("are counted only as far as a limit reaches, and listed up to a hundred", () =>
    Effect.gen(function* () {
      const bad = Array.from({ length: 300 }, () => ({ q: 1 }))
      const good = Array.from({ length: 5 }, (_, n) => ({ q: `${n}`, n: "1" }))
      const rows = Dataset.array([...good.slice(0, 2), ...bad, ...good.slice(2), ...bad])
      const options = { skipInvalid: true }
      assert.deepInclude(yield* Samples.survey(of(rows), { ...options, limit: 2 }), {
        count: 2,
        skipped: 0
      })
      const found = yield* Samples.survey(of(rows), { ...options, limit: 3 })
      assert.deepInclude(found, { count: 3, skipped: 300 })
      assert.lengthOf(found.invalid, 100)
    }).pipe(provided)
  )

  live("are an error after all where no item is left, or where the items are not at fault", () =>
    Effect.gen(function* () {
      const fail = (benchmark: Benchmark.Benchmark<Item>) =>
        Effect.flip(Samples.survey(benchmark, { skipInvalid: true }))
      const none = yield* fail(of(Dataset.array([{ q: 1 }, { q: 2 }])))
      assert.deepInclude(none, { line: 1, field: "q" })
      const good = [
        { q: "a", n: "1" },
        { q: "b", n: "2" }
      ]
      const twice = yield* fail(of(Dataset.array(good), { id: () => "same" }))
      assert.include(twice.message, "was given to line 1 already")
      const thrown = of(Dataset.array(good), {
        prompt: () => {
          throw new RangeError("secret")
        }
      })
      assert.include((yield* fail(thrown)).message, "The benchmark's `prompt` threw RangeError")
      const torn = Dataset.jsonl(yield* write("a.jsonl", '{"q":"a","n":"1"}\n{"q":'))
      assert.include((yield* fail(of(torn))).message, "line 2: It is not valid JSON")
    }).pipe(Effect.scoped, provided)
  )

  live("keep the file they came from where datasets are joined", () =>
    Effect.gen(function* () {
      const path = yield* write("b.jsonl", '{"q":"b","n":"x"}\n')
      const both = Dataset.concat(Dataset.array([{ q: "a", n: "1" }]), Dataset.jsonl(path))
      assert.deepInclude(yield* Effect.flip(Samples.count(of(both))), { path, line: 1, field: "n" })
    }).pipe(Effect.scoped, provided)
  )
})

it.live("a line or record without an end is refused before it fills the memory", () =>
  Effect.gen(function* () {
    const endless = Stream.concat(
      Stream.make('q\n"'),
      Stream.forever(Stream.make("a".repeat(1024 * 1024)))
    )
    const line = yield* Effect.flip(
      Stream.runDrain(JsonRows.lines("a.jsonl", Stream.drop(endless, 1)))
    )
    assert.include(line.message, "line 1: An item that begins here has more than")
    const record = yield* Effect.flip(Stream.runDrain(CsvRows.records("a.csv", endless)))
    assert.include(record.message, "CSV_MAX_RECORD_SIZE")
  })
)
