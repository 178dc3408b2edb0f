/** A benchmark over a JSONL file. */
import { Effect, Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Generation from "spillway/benchmark/Generation"
import * as Opening from "spillway/benchmark/Opening"
import * as Scorer from "spillway/benchmark/Scorer"
import * as Items from "./Items.ts"

const benchmark = (file: string) =>
  Benchmark.make({
    name: Items.NAME,
    item: Schema.Struct({ question: Schema.String, answer: Schema.String }),
    dataset: Dataset.jsonl(file),
    prompt: ({ question }) => question,
    target: ({ answer }) => answer,
    scorers: [Scorer.lastNumber],
    noAnswer: "wrong",
    request: Items.SHARED
  })

export const resume = (_items: number, dataset: string) =>
  Effect.asVoid(BenchmarkRun.execute(benchmark(dataset)))

/** What `BenchmarkRun.execute` does up to the scoring. */
export const fill = (items: number, dataset: string) =>
  Effect.scoped(
    Effect.flatMap(Opening.open(benchmark(dataset), { limit: items }), (opened) =>
      Generation.generate(opened, undefined)
    )
  )
