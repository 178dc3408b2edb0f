import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arm from "spillway/benchmark/Arm"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"

const benchmark = (request: Benchmark.Benchmark<string>["request"] = { model: "gpt-6-luna" }) =>
  Benchmark.make({
    name: "arms",
    item: Schema.String,
    dataset: Dataset.array([]),
    prompt: (item) => item,
    target: (item) => item,
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    request
  })

const plan = (axes: Arm.Axes, request?: Benchmark.Benchmark<string>["request"], priced = false) =>
  Arm.plan(benchmark(request), axes, priced).pipe(Effect.provide(BuiltInModelCatalog.layer))

describe("arms", () => {
  it.effect("are every model at every temperature, each once", () =>
    Effect.gen(function* () {
      const arms = yield* plan({
        models: ["gpt-6-luna", "gpt-4.1-mini", "gpt-6-luna"],
        temperatures: [0, 0.7, 0]
      })
      assert.deepStrictEqual(
        arms.map(({ label }) => label),
        ["gpt-6-luna t=0", "gpt-6-luna t=0.7", "gpt-4.1-mini t=0", "gpt-4.1-mini t=0.7"]
      )
    })
  )

  it.effect("without axes are the benchmark's own model and temperature", () =>
    Effect.gen(function* () {
      const [own] = yield* plan({ models: [] }, { model: "gpt-4.1-mini", temperature: 0.2 })
      assert.deepInclude(own, { model: "gpt-4.1-mini", temperature: 0.2 })
      const [plain] = yield* plan({})
      assert.deepInclude(plain, { temperature: undefined, reasoningEffort: undefined })
    })
  )

  it.effect("with a temperature get effort none where the model takes it only then", () =>
    Effect.gen(function* () {
      const [luna, mini] = yield* plan({
        models: ["gpt-6-luna", "gpt-4.1-mini"],
        temperatures: [1]
      })
      assert.strictEqual(luna?.reasoningEffort, "none")
      assert.strictEqual(mini?.reasoningEffort, undefined)
    })
  )

  it.effect("that a model cannot take are all refused before anything is sent", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        plan({ models: ["gpt-6-astra", "gpt-6-luna"], temperatures: [0, 3] })
      )
      assert.strictEqual(error._tag, "ArmError")
      assert.deepStrictEqual(
        error.problems.map(({ arm, field }) => [arm, field]),
        [
          ["gpt-6-astra t=0", "temperature"],
          ["gpt-6-astra t=3", "temperature"],
          ["gpt-6-luna t=3", "temperature"]
        ]
      )
      assert.include(error.message, "Nothing was sent")
      assert.include(error.message, "Leave temperature out")
    })
  )

  it.effect("respect an effort that the benchmark names, and refuse what contradicts it", () =>
    Effect.gen(function* () {
      const request = { model: "gpt-6-luna", reasoningEffort: "high" }
      const error = yield* Effect.flip(plan({ temperatures: [0.5] }, request))
      assert.strictEqual(error.problems[0]?.field, "temperature")
    })
  )

  it.effect("of an unknown model are refused under a budget only", () =>
    Effect.gen(function* () {
      assert.lengthOf(yield* plan({ models: ["my-model"] }), 1)
      const error = yield* Effect.flip(plan({ models: ["my-model"] }, undefined, true))
      assert.deepInclude(error.problems[0], { arm: "my-model", field: "model" })
    })
  )

  it.effect("need a model from somewhere", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(plan({}, { maxOutputTokens: 10 }))
      assert.include(error.message, "names a model")
    })
  )
})

describe("a request", () => {
  const arm = { model: "m", temperature: 0.5, reasoningEffort: undefined, label: "m t=0.5" }

  it("joins what all share, the item's own parts, and the arm", () => {
    const shared = {
      request: { model: "x", system: "Be brief.", maxOutputTokens: 9, temperature: 1 }
    }
    assert.deepStrictEqual(Arm.requestOf(shared, arm, "Why?").body, {
      model: "m",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Why?" }
      ],
      temperature: 0.5,
      max_completion_tokens: 9
    })
    const parts = { prompt: "Why?", maxOutputTokens: 3 }
    assert.strictEqual(Arm.requestOf(shared, arm, parts).body.max_completion_tokens, 3)
  })

  it("takes a conversation as it is", () => {
    const messages = [
      { role: "user", content: "2+2?" },
      { role: "assistant", content: "4" },
      { role: "user", content: "3+3?" }
    ] as const
    assert.deepStrictEqual(Arm.requestOf({}, arm, messages).body.messages, messages)
  })
})
