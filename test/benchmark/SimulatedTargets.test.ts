import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as Arm from "spillway/benchmark/Arm"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Samples from "spillway/benchmark/Samples"
import * as SimulatedTargets from "spillway/benchmark/SimulatedTargets"
import * as Offline from "spillway/layers/presets/Offline"
import { fromTargets } from "spillway/simulator/BenchmarkResponder"
import gsm8k from "../../examples/03-gsm8k.ts"

describe("the targets for a simulated provider", () => {
  it.live("are found by the prompt, whatever the model, temperature or endpoint", () =>
    Effect.gen(function* () {
      const { lookup, targets } = yield* SimulatedTargets.load(gsm8k, { limit: 20 })
      const samples = yield* Stream.runCollect(Samples.samples(gsm8k, { limit: 21 }))
      for (const endpoint of ["chat", "responses"] as const) {
        const found = samples.map(({ prompt }) => {
          const arm = { model: "x", temperature: 1, reasoningEffort: undefined, label: "x" }
          return lookup(Arm.requestOf({ request: { endpoint } }, arm, prompt))
        })
        assert.deepStrictEqual(
          found.slice(0, 20),
          samples.slice(0, 20).map(({ target }) => target)
        )
        assert.isUndefined(found[20])
      }
      assert.isAbove(targets.length, 5)
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )

  it.live("make a plausible score: neither all right nor all wrong", () =>
    Effect.gen(function* () {
      const { lookup, targets } = yield* SimulatedTargets.load(gsm8k)
      const report = yield* BenchmarkRun.execute(gsm8k, { limit: 40, temperatures: [0] }).pipe(
        Effect.provide(Offline.layer({ responder: fromTargets(lookup, { targets }) }))
      )
      assert.isTrue(report.simulated)
      assert.deepInclude(report.requests, { items: 40, failed: 0, missing: 0 })
      const { mean = null } = report.arms[0]?.score ?? {}
      assert.isTrue(mean !== null && mean > 0.5 && mean < 1)
    }).pipe(Effect.provide(Layer.mergeAll(NodeFileSystem.layer)))
  )
})
