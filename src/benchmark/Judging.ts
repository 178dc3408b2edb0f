/**
 * The verdicts of models as judges. When all answers are there, `ask` sends what is not in the store yet, as requests of
 * the same run: by its mode, within its limits and its cap, durable as every answer is. Scoring then reads them with
 * `verdicts`, by the content of what was asked. So a killed run asks for no verdict twice, and equal answers to an item
 * share one. A judge is made by `scorer/Judge.ts`.
 */
import { Effect, Result, Stream } from "effect"
import type { StoredOutcome, StoreError } from "../checkpoint/CheckpointStore.ts"
import * as RequestKey from "../checkpoint/RequestKey.ts"
import { Sha256 } from "../checkpoint/Sha256.ts"
import type { RunStopped } from "../error/RunStopped.ts"
import { Generate } from "../generate/Generate.ts"
import { ModelCatalog } from "../model/ModelCatalog.ts"
import type { GenerateRequest } from "../request/GenerateRequest.ts"
import { type ModelResponse, type NoAnswerReason, noAnswer } from "../request/ModelResponse.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import * as ItemPreparation from "../run/ItemPreparation.ts"
import * as Run from "../run/Run.ts"
import type { RunOptions } from "../run/RunOptions.ts"
import * as RunProcess from "../run/RunProcess.ts"
import { type Benchmark, BenchmarkError } from "./Benchmark.ts"
import * as Scorer from "./Scorer.ts"

export type Judges<Item, Answer> = ReadonlyArray<Scorer.JudgeScorer<Item, Answer>>

/** The benchmark's judges, in the order of its scorers. */
export const judgesOf = <Item, Answer>({
  scorers
}: {
  readonly scorers: ReadonlyArray<Scorer.AnyScorer<Item, Answer>>
}): Judges<Item, Answer> => scorers.filter(Scorer.isJudge)

/**
 * Every judge's model and parts against the catalogue, before anything is spent.
 *
 * @param priced the run has a cap, so that models without a known price are refused
 */
export const check = Effect.fn("Judging.check")(function* <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  priced: boolean
): Effect.fn.Return<void, BenchmarkError, ModelCatalog> {
  const catalog = yield* ModelCatalog
  const judges = judgesOf<Item, Answer>(benchmark)
  const checks = yield* Effect.forEach(judges, ({ probe }) =>
    Effect.result(catalog.resolve(probe, { priced }))
  )
  const problems = checks.flatMap((check, index) => {
    const judge = judges[index]
    if (Result.isSuccess(check) || judge === undefined) return []
    const { field, problem, fix } = check.failure
    return [`Judge ${Scorer.idOf(judge)} (${judge.model}), ${field}: ${problem} ${fix}`]
  })
  if (problems.length > 0) return yield* new BenchmarkError({ source: benchmark.name, problems })
})

type Options = Pick<RunOptions, "groupSize" | "promptCaching" | "retryFailed">

/** A run as far as judging needs it. */
export interface Open {
  readonly active: ActiveRun
  readonly options?: Options | undefined
}

/**
 * Asks every judge about every answer, as far as its verdict is not in the store. Equal requests are one. Fails with
 * `RunStopped` where the run is stopped, after what was sent has come home.
 */
export const ask = Effect.fn("Judging.ask")(function* <Item, Answer, E, R>(
  judges: Judges<Item, Answer>,
  answers: Stream.Stream<Scorer.ScoreInput<Item, Answer>, E, R>,
  { active, options }: Open
): Effect.fn.Return<void, E | StoreError | RunStopped, R | Generate | ModelCatalog> {
  if (judges.length === 0) return
  const { provider } = yield* Generate
  const run = Run.make<GenerateRequest>({
    ...options,
    name: active.name,
    request: (request) => request,
    dedupe: true
  })
  const requests = Stream.mapAccumArray(
    answers,
    () => undefined,
    (_, page) => {
      const asked = page.flatMap((input) => requestsOf(judges, input))
      active.counters.added += asked.length
      return [undefined, asked] as const
    }
  )
  const prepared = ItemPreparation.prepare(run, requests, ItemPreparation.rulesOf(active, provider))
  yield* RunProcess.process(run, active, prepared, () => Effect.void)
})

const requestsOf = <Item, Answer>(
  judges: Judges<Item, Answer>,
  input: Scorer.ScoreInput<Item, Answer>
): ReadonlyArray<GenerateRequest> =>
  judges.flatMap((judge) => {
    const request = requestOf(judge, input)
    return Result.isSuccess(request) ? [request.success] : []
  })

/** What a judge is asked about an answer. A judge made by hand may throw: that is a reason, too. */
export const requestOf = <Item, Answer>(
  judge: Scorer.JudgeScorer<Item, Answer>,
  input: Scorer.ScoreInput<Item, Answer>
): Result.Result<GenerateRequest, string> => {
  try {
    return judge.request(input)
  } catch (cause) {
    return Result.fail(`the judge's request could not be made: ${thrown(cause)}`)
  }
}

const thrown = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name}: ${cause.message}` : "a value was thrown"

/** One judge's word on one answer. */
export interface Verdict {
  readonly outcome: Scorer.ScoreOutcome
  /** Of the request; `undefined` where none could be made. */
  readonly key: RequestKey.RequestKey | undefined
  /** The answer it was read from, where there is one. */
  readonly response: ModelResponse | undefined
}

/**
 * What the store has on a page of answers: for each of them a verdict of each judge, in their order. Sends nothing; a
 * verdict that is not there is a score that failed, with the reason.
 */
export const verdicts = Effect.fnUntraced(function* <Item, Answer>(
  judges: Judges<Item, Answer>,
  page: ReadonlyArray<Scorer.ScoreInput<Item, Answer>>,
  active: ActiveRun
): Effect.fn.Return<ReadonlyArray<ReadonlyArray<Verdict>>, StoreError, Generate | ModelCatalog> {
  if (judges.length === 0) return page.map(() => [])
  const keyed = yield* Effect.forEach(page, (input) =>
    Effect.forEach(judges, (judge) => keyOf(requestOf(judge, input), active))
  )
  const keys = keyed.flat().flatMap((key) => (Result.isSuccess(key) ? [key.success] : []))
  const stored = yield* active.journal.lookup([...new Set(keys)])
  return keyed.map((row) =>
    row.map((key, index): Verdict => {
      const judge = judges[index]
      if (judge === undefined || Result.isFailure(key)) {
        const reason = Result.isFailure(key) ? key.failure : "there is no such judge"
        return { outcome: failed(reason), key: undefined, response: undefined }
      }
      const outcome = stored.get(key.success)
      return {
        outcome: read(judge, outcome),
        key: key.success,
        response: outcome?._tag === "Answered" ? outcome.response : undefined
      }
    })
  )
})

/** As `ItemPreparation` keys it under `dedupe`. */
const keyOf = Effect.fnUntraced(function* (
  request: Result.Result<GenerateRequest, string>,
  { cap }: ActiveRun
): Effect.fn.Return<Result.Result<RequestKey.RequestKey, string>, never, Generate | ModelCatalog> {
  if (Result.isFailure(request)) return Result.fail(request.failure)
  const catalog = yield* ModelCatalog
  const digest = yield* Sha256
  const { provider } = yield* Generate
  const resolved = yield* Effect.result(
    catalog.resolve(request.success, { priced: cap !== undefined })
  )
  if (Result.isFailure(resolved)) return Result.fail(resolved.failure.message)
  const { request: asked } = resolved.success
  return Result.try({
    try: () => RequestKey.make(provider.id, asked, 0, digest),
    catch: (cause) => `the judge's request is no JSON: ${thrown(cause)}`
  })
})

const failed = (reason: string): Scorer.ScoreOutcome => ({ _tag: "ScoreFailed", reason })

/** What a judge's own failure to answer is called. */
const unanswered: Readonly<Record<NoAnswerReason, string>> = {
  refused: "the judge refused to grade",
  truncated: "the judge's answer was cut off at its output bound: raise its maxOutputTokens",
  filtered: "the judge's answer was stopped by the content filter",
  empty: "the judge's answer is empty",
  "off-schema": "the judge's answer is not a verdict"
}

const read = <Item, Answer>(
  judge: Scorer.JudgeScorer<Item, Answer>,
  outcome: StoredOutcome | undefined
): Scorer.ScoreOutcome => {
  if (outcome === undefined) return failed("not judged yet: the run stopped before")
  if (outcome._tag === "Failed") {
    return failed(
      `the judge could not be asked (${outcome.failure.reason}): ${outcome.failure.advice}`
    )
  }
  const reason = noAnswer(outcome.response)
  if (reason !== undefined) return failed(unanswered[reason])
  try {
    const verdict = judge.verdictOf(outcome.response.text)
    return Result.isSuccess(verdict) ? Scorer.checked(verdict.success) : failed(verdict.failure)
  } catch (cause) {
    return failed(`the verdict could not be read: ${thrown(cause)}`)
  }
}
