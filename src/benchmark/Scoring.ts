/**
 * Scores what the store holds: one pass over the items of a run, which fills the report's numbers and puts the items'
 * results into the store. Sends nothing, and holds a slice of answers at a time. Judges have been asked before, by
 * `Judging.ask`; here their verdicts are looked up.
 */
import { Effect, Result, Stream } from "effect"
import type { CheckpointStore, StoreError } from "../checkpoint/CheckpointStore.ts"
import type { RequestKey } from "../checkpoint/RequestKey.ts"
import type { Generate } from "../generate/Generate.ts"
import { ModelCatalog } from "../model/ModelCatalog.ts"
import type { BenchmarkReport } from "../report/BenchmarkReport.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import type { Arm } from "./Arm.ts"
import type { Benchmark } from "./Benchmark.ts"
import * as BenchmarkTally from "./BenchmarkTally.ts"
import type { Conversation } from "./Conversation.ts"
import * as Conversations from "./Conversations.ts"
import * as ItemRecords from "./ItemRecords.ts"
import * as ItemResult from "./ItemResult.ts"
import * as JudgeTally from "./JudgeTally.ts"
import * as Judging from "./Judging.ts"
import * as Scorer from "./Scorer.ts"

/** Scorers that take time, at once: one that hangs does not keep the others waiting. */
const CONCURRENCY = 16

export interface Scored<Item, E, R> extends Omit<Conversations.Source<Item, E, R>, "journal"> {
  readonly active: ActiveRun
  readonly arms: ReadonlyArray<Arm>
  readonly repeats: number
}

export interface Score {
  readonly report: (facts: BenchmarkTally.Facts) => BenchmarkReport
}

/** Every answer that is there, as scorers get it: what judges are asked about. */
export const answers = <Item, Answer, E, R>(
  benchmark: Benchmark<Item, Answer>,
  { active, ...source }: Scored<Item, E, R>
): Stream.Stream<Scorer.ScoreInput<Item, Answer>, E | StoreError, R | ModelCatalog> =>
  Conversations.ended(benchmark, { ...source, journal: active.journal }).pipe(
    Stream.flatMap((slice) =>
      Stream.fromIterable(
        slice.flatMap((conversation) => {
          const input = ItemResult.inputOf(benchmark, conversation)
          return Result.isSuccess(input) ? [input.success] : []
        })
      )
    )
  )

export const score = Effect.fn("Scoring.score")(function* <Item, Answer, E, R>(
  benchmark: Benchmark<Item, Answer>,
  { active, arms, repeats, ...source }: Scored<Item, E, R>
): Effect.fn.Return<Score, E | StoreError, R | CheckpointStore | Generate | ModelCatalog> {
  const { journal } = active
  const catalog = yield* ModelCatalog
  const tally = BenchmarkTally.make(benchmark, arms, repeats, catalog.find)
  const judges = JudgeTally.make(Judging.judgesOf(benchmark))
  const lost = yield* Conversations.lostByKey(journal)
  const scorers = benchmark.scorers.map(Scorer.idOf)
  const records = Conversations.ended(benchmark, { ...source, journal }).pipe(
    Stream.mapEffect((slice) => scoreSlice(benchmark, slice, active, lost, judges)),
    Stream.flatMap(Stream.fromIterable),
    Stream.grouped(arms.length * repeats),
    Stream.map((trials) => {
      const { sample } = trials[0].conversation.trial
      const byArm = arms.map((_, arm) =>
        trials.filter(({ conversation }) => conversation.trial.armIndex === arm)
      )
      tally.add(
        sample,
        byArm.map((ofArm) => ofArm.map(({ result }) => result))
      )
      return ItemRecords.make(scorers, sample, byArm)
    })
  )
  yield* journal.replaceResults(records)
  return {
    report: (facts) => {
      const asked = judges.report()
      return { ...tally.report(facts), ...(asked.length === 0 ? {} : { judges: asked }) }
    }
  }
})

const scoreSlice = Effect.fnUntraced(function* <Item, Answer>(
  benchmark: Benchmark<Item, Answer>,
  slice: ReadonlyArray<Conversation<Item>>,
  active: ActiveRun,
  lost: ReadonlyMap<RequestKey, number>,
  judgeTally: JudgeTally.JudgeTally
) {
  const found = slice.map((conversation) => ItemResult.inputOf(benchmark, conversation))
  const inputs = found.flatMap((one) => (Result.isSuccess(one) ? [one.success] : []))
  const verdicts = yield* Judging.verdicts(Judging.judgesOf(benchmark), inputs, active)
  for (const row of verdicts) judgeTally.add(row)
  const scores = yield* scoresOf(benchmark, inputs, verdicts)
  let next = 0
  return slice.map((conversation, at): ItemRecords.ScoredTrial<Item> => {
    const one = found[at]
    const ended =
      one !== undefined && Result.isSuccess(one)
        ? ItemResult.scored(one.success, scores[next++] ?? [])
        : (one?.failure ?? ItemResult.missing)
    return { conversation, result: ItemResult.withBill(ended, conversation, lost) }
  })
})

/** For each input an outcome of each scorer. Those that give an Effect run side by side. */
const scoresOf = <Item, Answer>(
  { scorers }: Pick<Benchmark<Item, Answer>, "scorers">,
  inputs: ReadonlyArray<Scorer.ScoreInput<Item, Answer>>,
  verdicts: ReadonlyArray<ReadonlyArray<Judging.Verdict>>
): Effect.Effect<ReadonlyArray<ReadonlyArray<Scorer.ScoreOutcome>>> => {
  const slow: Array<Effect.Effect<void>> = []
  const rows = inputs.map((input, at) => {
    let judge = 0
    const row: Array<Scorer.ScoreOutcome> = []
    scorers.forEach((scorer, index) => {
      const outcome = Scorer.isJudge(scorer)
        ? (verdicts[at]?.[judge++]?.outcome ?? unjudged)
        : Scorer.start(scorer, input)
      const put = (done: Scorer.ScoreOutcome) => {
        row[index] = done
      }
      if (Effect.isEffect(outcome)) slow.push(Effect.map(outcome, put))
      else put(outcome)
    })
    return row
  })
  if (slow.length === 0) return Effect.succeed(rows)
  return Effect.as(
    Effect.forEach(slow, (one) => one, { concurrency: CONCURRENCY, discard: true }),
    rows
  )
}

const unjudged: Scorer.ScoreOutcome = { _tag: "ScoreFailed", reason: "there is no verdict" }
