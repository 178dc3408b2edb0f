import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import * as Arm from "spillway/benchmark/Arm"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Samples from "spillway/benchmark/Samples"
import * as Scorer from "spillway/benchmark/Scorer"
import * as SimulatedTargets from "spillway/benchmark/SimulatedTargets"
import * as Offline from "spillway/layers/presets/Offline"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import { fromTargets } from "spillway/simulator/BenchmarkResponder"
import gsm8k from "../../examples/03-gsm8k.ts"

describe("the targets for a simulated provider", () => {
  it.live("are found by the prompt, whatever the model, temperature or endpoint", () =>
    Effect.gen(function* () {
      const { lookup, targets } = yield* SimulatedTargets.load(gsm8k, { limit: 20 })
      const samples = yield* Stream.runCollect(Samples.samples(gsm8k, { limit: 21 }))
      for (const endpoint of ["chat", "responses"] as const) {
        const found = samples.map(({ prompts }) => {
          const arm = { model: "x", temperature: 1, reasoningEffort: undefined }
          return lookup(Arm.requestOf({ request: { endpoint } }, arm, prompts.get("") ?? ""))
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

  it.effect("are found by what a conversation began with, in every variant of the prompt", () =>
    Effect.gen(function* () {
      const plain = (n: number) => `${n}+${n}?`
      // An example before the question is no turn of the conversation.
      const shown = (n: number): ReadonlyArray<GenerateRequest.Message> => [
        { role: "user", content: "1+1?" },
        { role: "assistant", content: "2" },
        { role: "user", content: `${n}+${n}?` }
      ]
      const benchmark = Benchmark.make({
        name: "sums",
        item: Schema.Int,
        dataset: Dataset.array([1, 2, 3]),
        prompt: { plain, shown },
        target: (n) => `is ${n * 2}`,
        scorers: [Scorer.exactMatch],
        noAnswer: "wrong"
      })
      const { lookup } = yield* SimulatedTargets.load(benchmark)
      const later = [
        { role: "assistant", content: "Hm." },
        { role: "user", content: "Are you sure?" }
      ] as const
      const call = { id: "c", name: "add", arguments: "{}" }
      const tools = [
        { role: "assistant", content: "", toolCalls: [call] },
        { role: "tool", toolCallId: "c", content: "6" }
      ] as const
      for (const endpoint of ["chat", "responses"] as const) {
        for (const first of [[{ role: "user" as const, content: plain(3) }], shown(3)]) {
          for (const turns of [[], later, tools, [...later, ...tools]]) {
            const messages = [...first, ...turns]
            const { body } = GenerateRequest.make({ model: "x", endpoint, messages })
            assert.strictEqual(lookup({ body }), "is 6")
          }
        }
        const other = GenerateRequest.make({ model: "x", endpoint, messages: later })
        assert.isUndefined(lookup(other))
      }
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
