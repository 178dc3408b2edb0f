/** What an evaluation will cost is known before it (promptfoo#1864), and no more is spent than allowed (inspect_ai#1135). */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Schema } from "effect"
import * as Arm from "spillway/benchmark/Arm"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Samples from "spillway/benchmark/Samples"
import * as Scorer from "spillway/benchmark/Scorer"
import * as Trial from "spillway/benchmark/Trial"
import { Generate } from "spillway/generate/Generate"
import * as EstimateTokenizer from "spillway/layers/tokens/EstimateTokenizer"
import * as ItemPreparation from "spillway/run/ItemPreparation"
import * as Run from "spillway/run/Run"
import * as RunEstimate from "spillway/run/RunEstimate"
import { SimulatedOpenAiTransport } from "spillway/testing"
import * as Stack from "./Stack.ts"

const ITEMS = 40
const essays = Benchmark.make({
  name: "essays",
  item: Schema.String,
  dataset: Dataset.array(Stack.questions(ITEMS)),
  prompt: (question) => `Write about ${question}. ${"It matters to many. ".repeat(20)}`,
  target: (question) => question,
  scorers: [Scorer.includes()],
  noAnswer: "wrong",
  request: { maxOutputTokens: 400 },
  sweep: { models: ["gpt-4o-mini", "gpt-4.1-mini"] }
})

/** As `spillway bench --plan` has it, without its words. */
const estimate = Effect.gen(function* () {
  const arms = yield* Arm.plan(essays)
  const run = Trial.run(essays, { name: "estimate" })
  const { provider } = yield* Generate
  const active = yield* Run.open(run)
  const prepared = ItemPreparation.prepare(
    run,
    Trial.trials(Samples.samples(essays), arms, 2),
    ItemPreparation.rulesOf(active, provider)
  )
  const made = yield* RunEstimate.make(active.journal, prepared)
  return { ...made, ...made.estimate() }
}).pipe(Effect.scoped, Effect.provide(EstimateTokenizer.layer))

const execute = (options: BenchmarkRun.Options = {}) =>
  BenchmarkRun.execute(essays, { repeats: 2, ...options })

const simulated = Stack.over(SimulatedOpenAiTransport.layer({ tier: "unlimited" }), {
  limits: { ...Stack.plenty, maxInFlight: 32 }
})

describe("pain 43: no estimate before the run, and no cap on it", () => {
  it.effect("pain 43: the estimate sends nothing and holds what the run then costs", () =>
    Stack.virtually(
      simulated,
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const before = yield* estimate
        assert.lengthOf(exchanges, 0)
        assert.strictEqual(before.requests, ITEMS * 2 * 2)
        const { low, expected, high } = before.costUsd
        assert.isTrue(0 < low && low <= expected && expected <= high)
        const { spentUsd } = yield* execute()
        assert.isTrue(low <= spentUsd && spentUsd <= high, `${low} <= ${spentUsd} <= ${high}`)
        const after = yield* estimate
        assert.deepInclude(after, { requests: 0, fromStore: ITEMS * 2 * 2 })
      }).pipe(Effect.provide(FileSystem.layerNoop({})))
    )
  )

  it.effect("pain 43: a cap holds over all arms and starts, and a higher one goes on", () =>
    Stack.virtually(
      simulated,
      Effect.gen(function* () {
        const { exchanges } = yield* Stack.Door
        const whole = (yield* estimate).costUsd.high
        // About a third of what the simulated answers cost.
        const maxCostUsd = 0.004
        for (let start = 0; start < 2; start++) {
          const stopped = yield* Effect.flip(execute({ maxCostUsd }))
          if (stopped._tag !== "BenchmarkStopped") return assert.fail(stopped._tag)
          assert.strictEqual(stopped.stopped.why, "budget")
          assert.isTrue(
            stopped.report.spentUsd > 0 && stopped.report.spentUsd <= maxCostUsd,
            `${stopped.report.spentUsd} of ${maxCostUsd}`
          )
          assert.isAbove(stopped.report.requests.missing, 0)
          assert.isFalse(stopped.report.complete)
        }
        const report = yield* execute({ maxCostUsd: whole })
        assert.isTrue(report.complete)
        assert.isAtMost(report.spentUsd, whole)
        assert.lengthOf(exchanges, ITEMS * 2 * 2)
      }).pipe(Effect.provide(FileSystem.layerNoop({})))
    )
  )
})
