/** Runs of a store by their names, for the commands that read what a benchmark has left there. */
import { Effect, Option } from "effect"
import { CheckpointStore, type RunSummary } from "../../src/checkpoint/CheckpointStore.ts"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import * as Export from "../../src/report/export/Export.ts"
import * as LastReport from "../../src/report/LastReport.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import { UsageError } from "./ExitCode.ts"
import * as RunSettings from "./RunSettings.ts"

export interface ScoredRun {
  readonly summary: RunSummary
  readonly outline: Export.Outline
  /** Its last one; none of a run that was killed before its first. */
  readonly report: BenchmarkReport | undefined
}

export const find = Effect.fnUntraced(function* (name: string) {
  const store = yield* CheckpointStore
  const found = yield* store.find(name)
  if (Option.isSome(found)) return found.value
  return yield* new UsageError({
    problem: `The store holds no run "${oneLine(name)}".`,
    fix: "See `spillway runs` for those it has, and --store for another store."
  })
})

/** A run of `spillway bench`, or of a program's, that was scored at least once. */
export const scored = Effect.fn("StoredRuns.scored")(function* (name: string) {
  const summary = yield* find(name)
  const outline = yield* Export.outline(summary.id)
  if (outline === undefined) return yield* withoutResults(summary)
  const run: ScoredRun = { summary, outline, report: yield* LastReport.ofBenchmark(summary.id) }
  return run
})

const withoutResults = Effect.fnUntraced(function* ({ id, name, state }: RunSummary) {
  const shown = oneLine(name)
  const { command } = yield* RunSettings.last(id)
  if (command === "run" || command === "batch") {
    return yield* new UsageError({
      problem: `"${shown}" is a run of \`spillway ${command === "run" ? "run" : "batch submit"}\`, which scores nothing.`,
      fix: `Write its answers with: spillway ${command === "run" ? "run --run" : "batch results"} ${shown} --out FILE.`
    })
  }
  return yield* new UsageError(
    state === "running"
      ? {
          problem: `"${shown}" is under way and has no results yet: they are written when it ends.`,
          fix: "Wait for its end, or stop it with Ctrl-C, which scores what there is."
        }
      : {
          problem: `"${shown}" has no results: it was killed before its answers were scored.`,
          fix: `Go on with it (spillway bench --run ${shown}); what was answered is not paid for again.`
        }
  )
})

/** What a reader of the results must not overlook. */
export const notices = ({ report, summary }: ScoredRun): ReadonlyArray<string> => {
  const name = oneLine(summary.name)
  const missing = report?.requests.missing ?? 0
  return [
    ...(summary.state === "running"
      ? [`"${name}" is under way: these are the results of its last scoring.`]
      : []),
    ...(report === undefined || !report.complete
      ? [
          `"${name}" is unfinished${missing === 0 ? "" : `: ${missing.toLocaleString("en-US")} of its requests are missing`}.`
        ]
      : []),
    ...(report?.simulated === true
      ? [`"${name}" is SIMULATED: its answers say nothing about a real model.`]
      : [])
  ]
}
