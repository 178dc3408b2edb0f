/**
 * Runs a benchmark: checks everything that can be checked for nothing (`Opening.ts`), generates all answers
 * (`Generation.ts`), asks the judges (`Judging.ts`), then scores the stored answers in a pass of its own (`Scoring.ts`).
 * The answers survive a crash, and scoring starts over.
 */
import {
  Clock,
  Data,
  Effect,
  type FileSystem,
  Option,
  Result,
  Runtime,
  type Scope,
  Stream
} from "effect"
import { CheckpointStore, type StoreError } from "../checkpoint/CheckpointStore.ts"
import type { RunStopped } from "../error/RunStopped.ts"
import type { Generate } from "../generate/Generate.ts"
import type { ModelCatalog } from "../model/ModelCatalog.ts"
import type { BenchmarkReport } from "../report/BenchmarkReport.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import type * as Arm from "./Arm.ts"
import { type Benchmark, BenchmarkError } from "./Benchmark.ts"
import * as Conversations from "./Conversations.ts"
import type { DatasetError } from "./DatasetError.ts"
import * as Generation from "./Generation.ts"
import * as Judging from "./Judging.ts"
import * as Opening from "./Opening.ts"
import * as Scoring from "./Scoring.ts"

export interface Options<R = never> extends Opening.Options {
  /** Stops the run once more than this share of all requests has failed, 0 to 1. Default: never. */
  readonly maxFailed?: number | undefined
  /** Runs beside the generation and the judging, as a display would, and is interrupted at their end. */
  readonly beside?: ((started: Started) => Effect.Effect<void, never, R>) | undefined
}

export interface Started {
  readonly active: ActiveRun
  readonly arms: ReadonlyArray<Arm.Arm>
  /** Requests of all arms and repeats, those already answered included; of conversations the first ones. */
  readonly total: number
}

/** The run stopped before its end. What it reached is stored, scored and in the report; starting it again goes on. */
export class BenchmarkStopped extends Data.TaggedError("BenchmarkStopped")<{
  readonly stopped: RunStopped
  readonly report: BenchmarkReport
}> {
  override get message(): string {
    return this.stopped.message
  }
  override readonly [Runtime.errorExitCode]: number = this.stopped.exitCode
}

export type ExecuteError = Opening.OpenError | BenchmarkStopped

type Needs = Generate | ModelCatalog | CheckpointStore | FileSystem.FileSystem

/**
 * One invocation. Before the first request: the definition, every arm and judge against the catalogue, and one pass over
 * the whole dataset. The items' results and the report are also kept in the store, those of a stopped run too.
 */
export const execute = <Item, Answer, R = never>(
  definition: Benchmark<Item, Answer>,
  options: Options<R> = {}
): Effect.Effect<BenchmarkReport, ExecuteError, Exclude<R, Scope.Scope> | Needs> =>
  Effect.gen(function* () {
    const opened = yield* Opening.open(definition, options)
    const { active, arms, total } = opened
    const generated = yield* withBeside(
      options.beside?.({ active, arms, total }) ?? Effect.void,
      Effect.andThen(Generation.generate(opened, options.maxFailed), askJudges(opened))
    ).pipe(Effect.result)
    return yield* conclude(opened, generated)
  }).pipe(Effect.scoped, Effect.withSpan("BenchmarkRun.execute"))

/**
 * Scores the answers that a run has stored once more, and generates none: what has no answer is missing. For scorers that
 * are new or were changed; only judges that have not seen an answer yet are asked, and paid. Results and report replace
 * those of the run in the store; refused where the store has no such run, or none of the answers. The options must be
 * those that the run was made with: they say which answers are its own.
 */
export const rescore = <Item, Answer, R = never>(
  definition: Benchmark<Item, Answer>,
  options: Omit<Options<R>, "fresh" | "maxFailed"> = {}
): Effect.Effect<BenchmarkReport, ExecuteError, Exclude<R, Scope.Scope> | Needs> =>
  Effect.gen(function* () {
    yield* checkRun(options.name ?? definition.name)
    const opened = yield* Opening.open(definition, options)
    yield* checkAnswers(opened)
    const { active, arms } = opened
    const judged = yield* withBeside(
      // What there is to ask is found on the way.
      options.beside?.({ active, arms, total: 0 }) ?? Effect.void,
      askJudges(opened)
    ).pipe(Effect.result)
    return yield* conclude(opened, judged)
  }).pipe(Effect.scoped, Effect.withSpan("BenchmarkRun.rescore"))

/** Scoring makes no run. */
const checkRun = Effect.fnUntraced(function* (name: string) {
  const store = yield* CheckpointStore
  if (Option.isSome(yield* store.find(name))) return
  const problem = `The store holds no run "${name}", so there is nothing to score.`
  return yield* new BenchmarkError({ source: name, problems: [`${problem} Run it first.`] })
})

/** Results of answers are not thrown away for a definition that has none of them. */
const checkAnswers = Effect.fnUntraced(function* <Item, Answer>({
  active,
  benchmark,
  source
}: Opening.Opened<Item, Answer>) {
  const { journal } = active
  const conversations = Conversations.ended(benchmark, { ...source, journal })
  const some = yield* conversations.pipe(
    Stream.filter((slice) => slice.some(({ end }) => end?._tag !== "Missing")),
    Stream.runHead
  )
  if (Option.isSome(some)) return
  const store = yield* CheckpointStore
  if (Option.isNone(yield* Stream.runHead(store.results(journal.run)))) return
  return yield* new BenchmarkError({
    source: benchmark.name,
    problems: [
      `None of its requests has an answer in the run "${active.name}", whose results stay as they are: the prompt, a model, a parameter or the dataset is not that of the run.`,
      "Undo the change to score the run; or run the benchmark, which answers what is new."
    ]
  })
})

const askJudges = <Item, Answer>({
  benchmark,
  run,
  source,
  ...opened
}: Opening.Opened<Item, Answer>) => {
  const { active } = opened
  const judges = Judging.judgesOf(benchmark)
  return Judging.ask(judges, Scoring.answers(benchmark, { ...source, ...opened }), {
    active,
    options: run.options
  })
}

/** Scores what there is, however the generation ended, and keeps the report. */
const conclude = Effect.fnUntraced(function* <Item, Answer>(
  opened: Opening.Opened<Item, Answer>,
  generated: Result.Result<void, DatasetError | StoreError | RunStopped>
) {
  const { active, benchmark, mode, provider, skipped, source, startedAt } = opened
  const failure = Result.isFailure(generated) ? generated.failure : undefined
  if (failure !== undefined && failure._tag !== "RunStopped") return yield* failure
  const scored = yield* Scoring.score(benchmark, { ...source, ...opened })
  const report: BenchmarkReport = {
    ...scored.report({
      ...{ active, mode },
      simulated: provider.simulated,
      elapsedSeconds: ((yield* Clock.currentTimeMillis) - startedAt) / 1000
    }),
    ...(skipped === undefined ? {} : { skipped })
  }
  yield* active.journal.append([{ _tag: "Reported", report, at: yield* Clock.currentTimeMillis }])
  return failure === undefined ? report : yield* new BenchmarkStopped({ stopped: failure, report })
})

const withBeside = <A, E, R, R2>(
  beside: Effect.Effect<void, never, R2>,
  work: Effect.Effect<A, E, R>
) => Effect.scoped(Effect.andThen(Effect.forkScoped(beside), work))
