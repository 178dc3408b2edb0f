import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arm from "spillway/benchmark/Arm"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as StructuredAnswer from "spillway/request/StructuredAnswer"

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

const sweep = (axes: Arm.Axes, own: Arm.Axes = {}) =>
  Arm.plan(
    {
      ...benchmark(),
      prompt: { plain: (item: string) => item, steps: (item: string) => `${item}\n` },
      sweep: own
    },
    axes
  ).pipe(Effect.provide(BuiltInModelCatalog.layer))

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

  it.effect("are every combination of models, temperatures, efforts and prompts", () =>
    Effect.gen(function* () {
      const arms = yield* sweep({
        models: ["gpt-6-luna", "gpt-5.4-mini"],
        reasoningEfforts: ["low", "high"]
      })
      assert.deepStrictEqual(
        arms.map(({ label }) => label),
        [
          "gpt-6-luna effort=low prompt=plain",
          "gpt-6-luna effort=low prompt=steps",
          "gpt-6-luna effort=high prompt=plain",
          "gpt-6-luna effort=high prompt=steps",
          "gpt-5.4-mini effort=low prompt=plain",
          "gpt-5.4-mini effort=low prompt=steps",
          "gpt-5.4-mini effort=high prompt=plain",
          "gpt-5.4-mini effort=high prompt=steps"
        ]
      )
      assert.deepStrictEqual(arms[1], {
        model: "gpt-6-luna",
        temperature: undefined,
        reasoningEffort: "low",
        prompt: "steps",
        label: "gpt-6-luna effort=low prompt=steps"
      })
      const [one] = yield* sweep({
        temperatures: [0.7],
        reasoningEfforts: ["none"],
        prompts: ["steps"]
      })
      assert.strictEqual(one?.label, "gpt-6-luna t=0.7 effort=none prompt=steps")
    })
  )

  it.effect("are the benchmark's own sweep, axis by axis, where the call says nothing", () =>
    Effect.gen(function* () {
      const own = {
        models: ["gpt-4.1-mini", "gpt-4o-mini"],
        temperatures: [0, 1],
        prompts: ["plain"]
      }
      const labels = (axes: Arm.Axes) =>
        Effect.map(sweep(axes, own), (arms) => arms.map(({ label }) => label))
      assert.deepStrictEqual(yield* labels({}), [
        "gpt-4.1-mini t=0 prompt=plain",
        "gpt-4.1-mini t=1 prompt=plain",
        "gpt-4o-mini t=0 prompt=plain",
        "gpt-4o-mini t=1 prompt=plain"
      ])
      assert.deepStrictEqual(
        yield* labels({ models: ["gpt-4.1"], temperatures: [], prompts: ["steps"] }),
        ["gpt-4.1 t=0 prompt=steps", "gpt-4.1 t=1 prompt=steps"]
      )
    })
  )

  it.effect(
    "of efforts that a model has not, and of unknown prompts, are all refused at once",
    () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          sweep({
            models: ["gpt-6-luna", "gpt-4.1-mini"],
            reasoningEfforts: ["low", "extreme"],
            prompts: ["steps", "shouted", "whispered"]
          })
        )
        assert.strictEqual(error._tag, "ArmError")
        assert.deepStrictEqual(
          error.problems.map(({ arm, field }) => [arm, field]),
          [
            ["prompt=shouted", "prompt"],
            ["prompt=whispered", "prompt"],
            ["gpt-6-luna effort=extreme", "reasoning_effort"],
            ["gpt-4.1-mini effort=low", "reasoning_effort"],
            ["gpt-4.1-mini effort=extreme", "reasoning_effort"]
          ]
        )
        assert.include(error.message, "Use one of: plain, steps.")
        const single = yield* Effect.flip(plan({ prompts: ["steps"] }))
        assert.include(
          single.message,
          "The benchmark has one prompt, without a name. Leave it out."
        )
      })
  )

  it.effect("keep their labels where nothing but the benchmark's own effort is said", () =>
    Effect.gen(function* () {
      const [arm] = yield* plan({}, { model: "gpt-6-luna", reasoningEffort: "low" })
      assert.deepInclude(arm, { label: "gpt-6-luna", reasoningEffort: "low" })
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
  const arm = { model: "m", temperature: 0.5, reasoningEffort: undefined }

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

  it("asks for the form of a typed answer", () => {
    const answer = StructuredAnswer.make("sum", Schema.Struct({ sum: Schema.Int }))
    const { body } = Arm.requestOf({ request: { model: "x" }, answer }, arm, "1+1?")
    assert.deepInclude(body, {
      response_format: {
        type: "json_schema",
        json_schema: { name: "sum", schema: answer.jsonSchema, strict: true }
      }
    })
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
