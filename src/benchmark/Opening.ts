/**
 * A benchmark made ready to run or to score: everything checked that can be checked for nothing, its run open in the
 * store, its first requests prepared.
 */
import { Clock, Effect, type FileSystem, type Scope, type Stream } from "effect"
import type { CheckpointStore, StoreError } from "../checkpoint/CheckpointStore.ts"
import { Generate } from "../generate/Generate.ts"
import type { ModelCatalog } from "../model/ModelCatalog.ts"
import type { ActiveRun } from "../run/ActiveRun.ts"
import * as ItemPreparation from "../run/ItemPreparation.ts"
import * as Run from "../run/Run.ts"
import { InvalidRunOptions } from "../run/RunOptions.ts"
import type { Provider } from "../transport/OpenAiTransport.ts"
import * as Arm from "./Arm.ts"
import * as Benchmark from "./Benchmark.ts"
import type * as Conversations from "./Conversations.ts"
import * as Dataset from "./Dataset.ts"
import type { DatasetError } from "./DatasetError.ts"
import * as Judging from "./Judging.ts"
import * as Samples from "./Samples.ts"
import * as Trial from "./Trial.ts"

export interface Options extends Arm.Axes {
  /** Samples of each item in each arm, from 1 (default). */
  readonly repeats?: number | undefined
  /** Only the first so many items. Default: all. */
  readonly limit?: number | undefined
  /** Passes over items that do not fit the item schema; the report says how many. Default false: the first one is an error. */
  readonly skipInvalid?: boolean | undefined
  /** Another dataset file for the same benchmark. */
  readonly data?: string | undefined
  /** Names the run in its store. Default: the benchmark's name. */
  readonly name?: string | undefined
  /** The most that all invocations of the run may spend, in USD. Default: no cap. */
  readonly maxCostUsd?: number | undefined
  /** Start over under this name. Default false. */
  readonly fresh?: boolean | undefined
  /** Try again what failed in an earlier invocation. Default false. */
  readonly retryFailed?: boolean | undefined
  /** Items with equal requests share one answer for each repeat. Default false. See `RunOptions`. */
  readonly dedupe?: boolean | undefined
  /** Order and mark requests for the provider's prompt cache. Default false. See `RunOptions`. */
  readonly promptCaching?: boolean | undefined
  /** In batch mode: submit, then stop. Default false. See `RunOptions`. */
  readonly detach?: boolean | undefined
  /** What becomes of batches where the run is stopped. Default `detach`. See `RunOptions`. */
  readonly whenStopped?: "detach" | "cancel" | undefined
  /** Unix milliseconds by which all is to be done. See `RunOptions`. */
  readonly deadline?: number | undefined
}

/** Messages of items passed over that a report keeps. */
const KEPT_SKIPPED = 10

export interface Opened<Item, Answer> {
  readonly benchmark: Benchmark.Benchmark<Item, Answer>
  readonly arms: ReadonlyArray<Arm.Arm>
  readonly repeats: number
  readonly mode: Generate["Service"]["mode"]
  /** First requests of all arms and repeats, those already answered included. */
  readonly total: number
  /** Items passed over for `skipInvalid`; `undefined` where there are none. */
  readonly skipped: { readonly items: number; readonly first: ReadonlyArray<string> } | undefined
  readonly provider: Provider
  readonly run: Run.Run<Trial.Trial<Item>, unknown>
  readonly active: ActiveRun
  readonly trials: Stream.Stream<Trial.Trial<Item>, DatasetError, FileSystem.FileSystem>
  readonly source: Omit<
    Conversations.Source<Item, DatasetError, FileSystem.FileSystem | ModelCatalog>,
    "journal"
  >
  /** Unix milliseconds. */
  readonly startedAt: number
}

export type OpenError =
  | Benchmark.BenchmarkError
  | Arm.ArmError
  | DatasetError
  | StoreError
  | InvalidRunOptions

/** Looks at the definition, every arm, every judge and the whole dataset; then takes the run's lock. Sends nothing. */
export const open = Effect.fn("Opening.open")(function* <Item, Answer>(
  definition: Benchmark.Benchmark<Item, Answer>,
  options: Options = {}
): Effect.fn.Return<
  Opened<Item, Answer>,
  OpenError,
  Generate | ModelCatalog | CheckpointStore | FileSystem.FileSystem | Scope.Scope
> {
  const startedAt = yield* Clock.currentTimeMillis
  const benchmark = yield* Benchmark.check(definition)
  const { name = benchmark.name, repeats = 1, limit, maxCostUsd } = options
  yield* checkCount(name, "repeats", repeats)
  if (limit !== undefined) yield* checkCount(name, "limit", limit)
  const arms = yield* Arm.plan(benchmark, options, maxCostUsd !== undefined)
  yield* Judging.check(benchmark, maxCostUsd !== undefined)
  const selection = {
    dataset: Dataset.at(benchmark.dataset, options.data),
    variants: [...new Set(arms.map(({ prompt = "" }) => prompt))],
    limit,
    skipInvalid: options.skipInvalid
  }
  const found = yield* Samples.survey(benchmark, selection)

  const { mode, provider } = yield* Generate
  const { fresh, retryFailed, dedupe = false, promptCaching } = options
  const { detach, whenStopped, deadline } = options
  const patience = { detach, whenStopped, deadline }
  const run = Trial.run(benchmark, {
    ...{ name, maxCostUsd, fresh, retryFailed, dedupe, promptCaching },
    ...patience
  })
  const active = yield* Run.open(run)
  const rules = ItemPreparation.rulesOf(active, provider)
  const trials: Stream.Stream<
    Trial.Trial<Item>,
    DatasetError,
    FileSystem.FileSystem
  > = Trial.trials(Samples.samples(benchmark, selection), arms, repeats)
  return {
    ...{ benchmark, arms, repeats, mode, provider, run, active, trials, startedAt },
    total: found.count * arms.length * repeats,
    skipped:
      found.skipped === 0
        ? undefined
        : {
            items: found.skipped,
            first: found.invalid.slice(0, KEPT_SKIPPED).map(({ finding }) => finding)
          },
    source: { prepared: ItemPreparation.prepare(run, trials, rules), rules, dedupe }
  }
})

const checkCount = (run: string, option: string, value: number) =>
  Number.isInteger(value) && value >= 1
    ? Effect.void
    : Effect.fail(
        new InvalidRunOptions({ run, option, value: String(value), must: "a whole number from 1" })
      )
