/** What judges would be asked, for `--plan`: how often, and for how much. Their requests are of answers that are not there yet. */
import { Effect, Result, Stream } from "effect"
import type { Arm } from "../../src/benchmark/Arm.ts"
import { requestOf } from "../../src/benchmark/Arm.ts"
import type { Benchmark } from "../../src/benchmark/Benchmark.ts"
import * as Judging from "../../src/benchmark/Judging.ts"
import type { Sample } from "../../src/benchmark/Samples.ts"
import { idOf, type JudgeScorer } from "../../src/benchmark/Scorer.ts"
import * as ShownPrompt from "../../src/benchmark/ShownPrompt.ts"
import { promptOf } from "../../src/benchmark/Trial.ts"
import * as Estimate from "../../src/cost/Estimate.ts"
import { ModelCatalog } from "../../src/model/ModelCatalog.ts"
import * as Figures from "../../src/report/Figures.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import type { ModelResponse } from "../../src/request/ModelResponse.ts"
import { none } from "../../src/request/TokenUsage.ts"
import { Tokenizer } from "../../src/tokens/Tokenizer.ts"

/** Share of its output bound that an answer is taken to use: that of `cost/Estimate.ts`. */
const EXPECTED_SHARE = 0.25

interface Planned {
  readonly judge: JudgeScorer
  requests: number
  /** With answers of the expected length, and of their bound. */
  readonly expected: Estimate.Estimator
  readonly longest: Estimate.Estimator
  /** Tokens of the longest answer that the judge took where one was too long. */
  most: number
}

/** A sentence for each judge. One pass over the samples, where there is one. */
export const notes = Effect.fn("JudgePlan.notes")(function* <E, R>(
  benchmark: Benchmark<unknown, unknown>,
  samples: Stream.Stream<Sample<unknown>, E, R>,
  {
    arms,
    batch,
    repeats
  }: {
    readonly arms: ReadonlyArray<Arm>
    /** All of it goes by the Batch API. */
    readonly batch: boolean
    readonly repeats: number
  }
) {
  const judges = Judging.judgesOf(benchmark)
  if (judges.length === 0) return []
  const sized = yield* sizing
  const planned = judges.map(
    (judge): Planned => ({
      judge,
      requests: 0,
      expected: Estimate.make(),
      longest: Estimate.make(),
      most: Number.POSITIVE_INFINITY
    })
  )
  const add = Effect.fnUntraced(function* (sample: Sample<unknown>, arm: Arm) {
    const asked = yield* sized(requestOf(benchmark, arm, promptOf(sample, arm)))
    if (asked === undefined) return
    const { body, maxOutputTokens } = asked.request
    for (const one of planned) {
      for (const [estimator, tokens] of [
        [one.expected, Math.ceil(EXPECTED_SHARE * maxOutputTokens)],
        [one.longest, maxOutputTokens]
      ] as const) {
        const request = upTo(one, tokens, (length) => inputFor(sample, body, length))
        const size = request === undefined ? undefined : yield* sized(request)
        if (size !== undefined) for (let n = 0; n < repeats; n++) estimator.add(size)
      }
      one.requests += repeats
    }
  })
  yield* Stream.runForEach(samples, (sample) =>
    Effect.forEach(arms, (arm) => add(sample, arm), { discard: true })
  )
  return planned.map((one) => sentence(one, batch ? "batch" : undefined))
})

/** About an answer of so many tokens, or the longest that the judge takes: one that is longer is not judged, and costs nothing. */
const upTo = (
  planned: Planned,
  tokens: number,
  inputOf: (tokens: number) => ReturnType<typeof inputFor>
) => {
  const about = (length: number) => Judging.requestOf(planned.judge, inputOf(length))
  const whole = about(tokens)
  if (Result.isSuccess(whole)) return whole.success
  const { most } = planned
  const fits = (length: number) => Result.isSuccess(about(length))
  // Most answers are refused at the same length: two looks tell.
  if (most < tokens && fits(most) && !fits(most + 1)) {
    return Result.getOrUndefined(about(most))
  }
  let [taken, refused] = [0, tokens]
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2)
    if (fits(middle)) taken = middle
    else refused = middle
  }
  if (taken === 0) return undefined
  planned.most = taken
  return Result.getOrUndefined(about(taken))
}

const sentence = (
  { expected, judge, longest, requests }: Planned,
  tier: string | undefined
): string => {
  const usual = expected.estimate(tier)
  const cost =
    usual.requests === usual.unpriced
      ? "at a price that is not known"
      : `${Figures.usd(usual.costUsd.expected)}, at most ${Figures.usd(longest.estimate(tier).costUsd.high)}`
  return `Then ${oneLine(judge.model)} judges the answers (${oneLine(idOf(judge))}): up to ${Figures.plural(requests, "request")}, ${cost}, as far as the store has no verdict. The numbers above are without it.`
}

/** `undefined` for what no model takes, or no estimate can be made of. */
const sizing = Effect.gen(function* () {
  const catalog = yield* ModelCatalog
  const tokenizer = yield* Tokenizer
  return (request: Parameters<typeof catalog.resolve>[0]) =>
    Effect.map(Effect.result(catalog.resolve(request)), (resolved): Estimate.Sized | undefined => {
      if (Result.isFailure(resolved)) return undefined
      const { model, request } = resolved.success
      const { raw, upper } = tokenizer.estimate(request)
      return { request, model, size: { expected: raw, upper } }
    })
})

/** An answer of so many tokens: a short word each. */
const inputFor = (
  { item, target }: Sample<unknown>,
  body: Parameters<typeof ShownPrompt.of>[0],
  tokens: number
) => {
  const text = "word ".repeat(tokens)
  const response: ModelResponse = {
    ...{ id: "", text, toolCalls: [], finishReason: "stop", usage: none, servedModel: "" },
    ...{ cost: 0, latencyMs: 0, attempts: 1, requestIds: [], simulated: true }
  }
  const messages = ShownPrompt.of(body)
  return { item, target, text, answer: text, response, messages, turns: [{ text, response }] }
}
