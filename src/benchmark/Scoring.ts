/** Scores what the store holds: one pass over the items of a run, a page of answers at a time. Sends nothing. */
import { Effect, Stream } from "effect"
import type { StoreError } from "../checkpoint/CheckpointStore.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import type { Prepared } from "../run/ItemPreparation.ts"
import type { Arm } from "./Arm.ts"
import type { Benchmark } from "./Benchmark.ts"
import * as BenchmarkTally from "./BenchmarkTally.ts"
import * as ItemResult from "./ItemResult.ts"
import type { Trial } from "./Trial.ts"

/** Keys looked up at once: what `Journal.lookup` does best. */
const PAGE = 500

export interface Scored<Item, E, R> {
  readonly active: ActiveRun
  /** In the order of `Trial.trials`: all trials of an item side by side. */
  readonly prepared: Stream.Stream<Prepared<Trial<Item>>, E, R>
  readonly arms: ReadonlyArray<Arm>
  readonly repeats: number
}

export const score = Effect.fn("Scoring.score")(function* <Item, E, R>(
  benchmark: Benchmark<Item>,
  { active, prepared, arms, repeats }: Scored<Item, E, R>
): Effect.fn.Return<BenchmarkTally.BenchmarkTally, E | StoreError, R> {
  const tally = BenchmarkTally.make(benchmark, arms, repeats)
  const trials = arms.length * repeats
  yield* prepared.pipe(
    Stream.grouped(PAGE),
    Stream.mapEffect((page) => results(benchmark, active, page)),
    Stream.flatMap(Stream.fromIterable),
    Stream.grouped(trials),
    Stream.runForEach((item) =>
      Effect.sync(() =>
        tally.add(
          arms.map((_, arm) =>
            item.filter(({ armIndex }) => armIndex === arm).map(({ result }) => result)
          )
        )
      )
    )
  )
  return tally
})

const results = Effect.fnUntraced(function* <Item>(
  benchmark: Benchmark<Item>,
  active: ActiveRun,
  page: ReadonlyArray<Prepared<Trial<Item>>>
) {
  const stored = yield* active.journal.lookup(page.map(({ key }) => key))
  return yield* Effect.forEach(page, (one) =>
    Effect.map(
      ItemResult.make(
        benchmark,
        one.item.sample,
        one._tag === "Refused" ? { _tag: "Failed", failure: one.failure } : stored.get(one.key)
      ),
      (result) => ({ armIndex: one.item.armIndex, result })
    )
  )
})
