import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { Generate } from "spillway/generate/Generate"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as Mode from "spillway/layers/presets/Mode"
import * as Offline from "spillway/layers/presets/Offline"
import * as FakeGenerate from "./FakeGenerate.ts"
import { answer } from "./responses.ts"

const benchmark = Benchmark.make({
  name: "mode",
  item: Schema.Struct({ n: Schema.Int }),
  dataset: Dataset.array([{ n: 1 }]),
  prompt: ({ n }) => `${n}`,
  target: ({ n }) => `${n}`,
  scorers: [Scorer.exactMatch],
  noAnswer: "wrong",
  request: { model: "gpt-6-luna", maxOutputTokens: 10 }
})

describe("the mode of a run", () => {
  for (const mode of Mode.modes) {
    it.effect(`is ${mode} in the report of a run that is`, () =>
      Effect.gen(function* () {
        const report = yield* BenchmarkRun.execute(benchmark).pipe(
          Effect.provide(FakeGenerate.layer(() => answer("1"), { mode }))
        )
        assert.strictEqual(report.mode, mode)
      }).pipe(
        Effect.provide([
          MemoryCheckpointStore.layer,
          BuiltInModelCatalog.layer,
          FileSystem.layerNoop({})
        ] as const)
      )
    )

    it.effect(`is ${mode} by the layer of that mode`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Generate).mode, mode)
      }).pipe(Effect.provide(Layer.provide(Offline.layer({ mode }), NodeServices.layer)))
    )
  }
})
