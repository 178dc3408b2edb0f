/** A benchmark of a few questions, for the tests of what users of evaluation tools suffer. */
import { Effect, FileSystem, Option, Schema, Stream } from "effect"
import * as Benchmark from "spillway/benchmark/Benchmark"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import * as Scorer from "spillway/benchmark/Scorer"
import { CheckpointStore, type Journal } from "spillway/checkpoint/CheckpointStore"
import type { ApiCall } from "spillway/transport/OpenAiTransport"
import * as Stack from "./Stack.ts"

export const ITEMS = 12

/** "question 0" to "question 11", to which "yes" is right. */
export const questions = (more: Partial<Benchmark.Definition<string>> = {}) =>
  Benchmark.make({
    name: "questions",
    item: Schema.String,
    dataset: Dataset.array(Stack.questions(ITEMS)),
    prompt: (question) => question,
    target: () => "yes",
    scorers: [Scorer.exactMatch],
    noAnswer: "wrong",
    request: { model: Stack.MODEL, maxOutputTokens: 50 },
    ...more
  })

export const execute = (
  benchmark: Benchmark.Benchmark<string>,
  options: BenchmarkRun.Options = {}
) => BenchmarkRun.execute(benchmark, options).pipe(Effect.provide(FileSystem.layerNoop({})))

/** The user's words, on either endpoint. */
export const asked = ({ body }: ApiCall<unknown>): string =>
  JSON.stringify(body?.messages ?? body?.input).match(/question \d+/)?.[0] ?? ""

/** The question's number, from 0. */
export const nth = (call: ApiCall<unknown>): number => Number(asked(call).slice("question ".length))

/** What the store has of every item. */
export const results = Effect.gen(function* () {
  const store = yield* CheckpointStore
  const run = Option.getOrThrow(yield* store.find("questions"))
  return yield* Stream.runCollect(store.results(run.id))
})

/** The store with another journal. */
export const withJournal = (change: (journal: Journal) => Partial<Journal>) =>
  Effect.provideServiceEffect(
    CheckpointStore,
    Effect.map(CheckpointStore, (store) =>
      CheckpointStore.of({
        ...store,
        open: (run) =>
          Effect.map(store.open(run), (journal) => ({ ...journal, ...change(journal) }))
      })
    )
  )
