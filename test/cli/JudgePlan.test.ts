import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema } from "effect"
import * as JudgePlan from "../../layers/cli/JudgePlan.ts"
import * as BuiltInModelCatalog from "../../layers/model/BuiltInModelCatalog.ts"
import * as EstimateTokenizer from "../../layers/tokens/EstimateTokenizer.ts"
import * as Arm from "../../src/benchmark/Arm.ts"
import type { Benchmark } from "../../src/benchmark/Benchmark.ts"
import * as Dataset from "../../src/benchmark/Dataset.ts"
import * as Judged from "../../src/benchmark/family/Judged.ts"
import * as Samples from "../../src/benchmark/Samples.ts"
import type * as Judge from "../../src/scorer/Judge.ts"

const world = Layer.mergeAll(
  BuiltInModelCatalog.layer,
  EstimateTokenizer.layer,
  FileSystem.layerNoop({})
)

const planned = (judge: Judge.JudgeOptions["request"], batch = false, maxOutputTokens = 400) =>
  Effect.gen(function* () {
    const benchmark = Judged.make({
      ...{ name: "b", item: Schema.String, criteria: "It is right.", judge },
      dataset: Dataset.array(["one", "two", "three"]),
      question: (item) => `What is ${item}?`,
      request: { model: "gpt-6-luna", maxOutputTokens }
    }) as Benchmark<unknown, unknown>
    const arms = yield* Arm.plan(benchmark, { temperatures: [0, 1] })
    const samples = Samples.samples(benchmark)
    const [note = ""] = yield* JudgePlan.notes(benchmark, samples, { arms, batch, repeats: 5 })
    const [, expected = "", most = ""] = /\$([\d.]+), at most \$([\d.]+)/.exec(note) ?? []
    return { note, expected: Number(expected), most: Number(most) }
  }).pipe(Effect.provide(world))

it.effect("a plan says how often a judge would be asked, and what that could cost", () =>
  Effect.gen(function* () {
    const judge = { model: "gpt-6-sol", maxOutputTokens: 300 }
    const { expected, most, note } = yield* planned(judge)
    assert.include(note, "Then gpt-6-sol judges the answers (judge@1): up to 30 requests, $")
    assert.isTrue(expected > 0 && expected < most)
    // By batch at half the price; longer answers and longer verdicts cost more.
    assert.closeTo((yield* planned(judge, true)).most, most / 2, most / 100)
    assert.isAbove((yield* planned(judge, false, 4_000)).expected, expected)
    assert.isAbove((yield* planned({ ...judge, maxOutputTokens: 600 })).most, most)
  })
)

it.effect("a plan counts no answer that is longer than a judge takes", () =>
  Effect.gen(function* () {
    const judge = { model: "gpt-6-sol", maxOutputTokens: 300 }
    // The rubric takes 50,000 characters: 10,000 of the plan's words.
    const [fits, longer, longest] = yield* Effect.forEach([10_000, 20_000, 64_000], (bound) =>
      planned(judge, false, bound)
    )
    assert.isAbove(fits?.most ?? 0, 0)
    assert.strictEqual(longer?.most, fits?.most)
    assert.strictEqual(longest?.most, fits?.most)
    assert.isAbove(longest?.expected ?? 0, fits?.expected ?? 0)
  })
)

it.effect("a plan says so where a judge's price is not known", () =>
  Effect.gen(function* () {
    const { note } = yield* planned({ model: "my-own-model" })
    assert.include(note, "up to 30 requests, at a price that is not known")
  })
)
