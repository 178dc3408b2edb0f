/** `spillway bench --plan`: what the benchmark would send, after all checks that cost nothing. The plan itself: `RunPlan.ts`. */
import { Effect, Stream } from "effect"
import * as Arm from "../../src/benchmark/Arm.ts"
import * as Benchmark from "../../src/benchmark/Benchmark.ts"
import * as Conversation from "../../src/benchmark/Conversation.ts"
import * as Dataset from "../../src/benchmark/Dataset.ts"
import * as Judging from "../../src/benchmark/Judging.ts"
import * as Samples from "../../src/benchmark/Samples.ts"
import * as Trial from "../../src/benchmark/Trial.ts"
import * as Sensitivity from "../../src/report/Sensitivity.ts"
import * as SkippedText from "../../src/report/SkippedText.ts"
import * as JudgePlan from "./JudgePlan.ts"
import * as RunPlan from "./RunPlan.ts"
import type { RunSettings } from "./RunSettings.ts"

export interface Start {
  readonly name: string | undefined
  readonly fresh: boolean
  readonly retryFailed: boolean
  readonly settings: RunSettings
}

export const make = Effect.fn("BenchmarkPlan.make")(function* (
  definition: Benchmark.Benchmark<unknown, unknown>,
  { fresh, name, retryFailed, settings }: Start
) {
  const benchmark = yield* Benchmark.check(definition)
  const { data, dedupe, limit, maxCost: maxCostUsd, promptCaching, repeats = 1 } = settings
  const skipped = { items: 0, first: [] as Array<string> }
  const arms = yield* Arm.plan(benchmark, settings, maxCostUsd !== undefined)
  yield* Judging.check(benchmark, maxCostUsd !== undefined)
  const run = Trial.run(benchmark, {
    ...{ fresh, retryFailed, dedupe, promptCaching, maxCostUsd },
    name: name ?? benchmark.name
  })
  const samples = Samples.samples(benchmark, {
    dataset: Dataset.at(benchmark.dataset, data),
    variants: arms.map(({ prompt = "" }) => prompt),
    limit,
    skipInvalid: settings.skipInvalid,
    onSkip: ({ finding }) => {
      skipped.items += 1
      if (skipped.items <= SkippedText.TOLD) skipped.first.push(finding)
    }
  })
  const groups = new Set<string>()
  let alone = 0
  const counted = Stream.tap(samples, ({ group }) =>
    Effect.sync(() => {
      if (group === undefined) alone++
      else groups.add(group)
    })
  )
  const plan = yield* RunPlan.make(run, Trial.trials(counted, arms, repeats), settings)
  const notes = [...SkippedText.lines(skipped), ...laterTurns(benchmark)]
  const batch = settings.mode === "batch"
  const judges = yield* JudgePlan.notes(benchmark, samples, { arms, batch, repeats })
  const sensitivity = Sensitivity.make({
    items: plan.items / (arms.length * repeats),
    clusters: groups.size === 0 ? null : groups.size + alone,
    arms: arms.length
  })
  return { ...plan, sensitivity, warnings: [...notes, ...judges, ...plan.warnings] }
})

/** What is asked after an answer is not known before it. */
const laterTurns = (benchmark: Benchmark.Benchmark<unknown, unknown>): ReadonlyArray<string> => {
  const turns = Conversation.maxTurnsOf(benchmark)
  const conversations = `The items are conversations of up to ${turns} turns: this is the first turn alone. Later ones depend on the answers, and cost more as they hold what was said before.`
  const secondTries = "Second tries of answers without a word are not in it."
  return [
    ...(turns === 1 ? [] : [conversations]),
    ...(benchmark.secondTry === undefined ? [] : [secondTries])
  ]
}
