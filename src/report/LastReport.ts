/** The report that a run left last: of a benchmark its `BenchmarkReport`, of any other run a `run/RunReport.ts`. */
import { Effect, Option, Schema, Stream } from "effect"
import { CheckpointStore, type StoreError } from "../checkpoint/CheckpointStore.ts"
import { BenchmarkReport } from "./BenchmarkReport.ts"

/** Said of a report that does not know of the run's last start. */
export const OUTDATED =
  "A later start was killed before its report, or is under way: this is the report of the start before it."

/**
 * As it was stored, of whichever kind; `undefined` before the first one. Where a later start has left none, it is
 * unfinished, and says so.
 * @param run its id
 */
export const stored = Effect.fn("LastReport.stored")(function* (
  run: string
): Effect.fn.Return<Schema.Json | undefined, StoreError, CheckpointStore> {
  const store = yield* CheckpointStore
  const last = Option.getOrUndefined(yield* Stream.runLast(store.records(run, "Reported")))
  if (last?._tag !== "Reported") return undefined
  const { at, report } = last
  const look = Option.getOrUndefined(yield* Stream.runLast(store.records(run, "Vitals")))
  const outdated = look?._tag === "Vitals" && at !== undefined && look.start > at
  return outdated && isReport(report)
    ? { ...report, ...("complete" in report ? { complete: false } : {}), stopped: OUTDATED }
    : report
})

const isReport = (report: Schema.Json): report is { readonly [field: string]: Schema.Json } =>
  typeof report === "object" && report !== null && "stopped" in report

const decode = Schema.decodeUnknownOption(BenchmarkReport)

/** `undefined` for what is no benchmark's report, or none at all. */
export const benchmarkOf = (report: Schema.Json | undefined): BenchmarkReport | undefined =>
  Option.getOrUndefined(decode(report))

/** Of a benchmark's run. @param run its id */
export const ofBenchmark = (
  run: string
): Effect.Effect<BenchmarkReport | undefined, StoreError, CheckpointStore> =>
  Effect.map(stored(run), benchmarkOf)
