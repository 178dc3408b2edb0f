/** What `spillway score` does: stored answers, a benchmark's file, scorers, a report. Its flags: `ScoreCommand.ts`. */
import { resolve } from "node:path"
import { Effect, Option } from "effect"
import * as BenchmarkRun from "../../src/benchmark/BenchmarkRun.ts"
import * as Judging from "../../src/benchmark/Judging.ts"
import { CheckpointStore, type RunSummary } from "../../src/checkpoint/CheckpointStore.ts"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import * as Figures from "../../src/report/Figures.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import * as TerminalReport from "../../src/report/TerminalReport.ts"
import * as BenchmarkFile from "./BenchmarkFile.ts"
import * as Bounds from "./Bounds.ts"
import { UsageError } from "./ExitCode.ts"
import * as GoOn from "./GoOn.ts"
import * as LiveDisplay from "./LiveDisplay.ts"
import * as NamedScorers from "./NamedScorers.ts"
import * as ReportOutput from "./ReportOutput.ts"
import * as RunSettings from "./RunSettings.ts"
import type { Asked } from "./ScoreCommand.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"
import * as StoredRuns from "./StoredRuns.ts"

export const run = Effect.fn("score")(
  function* ({ file, json, maxCost, quiet, retryFailed, run: asked, scorers, store }: Asked) {
    const output = { json: Option.getOrUndefined(json), quiet }
    yield* ReportOutput.check(output)
    const summary = yield* newest(asked)
    const { name } = summary
    const settings = yield* settingsOf(summary, Option.getOrUndefined(file))
    const loaded = yield* BenchmarkFile.load(settings.file)
    const chosen = yield* NamedScorers.applied(loaded.scorers, scorers)
    const benchmark = { ...loaded, scorers: chosen }
    const cap = Option.getOrElse(maxCost, () => settings.maxCost)
    const finish = (report: BenchmarkReport) =>
      Effect.andThen(
        ReportOutput.write(
          report,
          () => TerminalReport.render(report, StoredReport.style()),
          output
        ),
        sayUnfinished(report, store)
      )
    const options = { ...settings, name, retryFailed, maxCostUsd: cap }
    const rescored =
      Judging.judgesOf(benchmark).length === 0
        ? Effect.provide(BenchmarkRun.rescore(benchmark, options), yield* silent(settings))
        : Effect.provide(
            BenchmarkRun.rescore(benchmark, { ...options, beside: display(settings, quiet) }),
            Session.graph({ ...settings, store })
          )
    yield* rescored.pipe(
      Effect.catchTag("BenchmarkStopped", ({ report, stopped }) =>
        Effect.andThen(
          finish(report),
          Effect.fail(
            GoOn.stoppedScoring(stopped, {
              ...{ ...output, name, store, scorers, retryFailed },
              file: Option.getOrUndefined(file),
              maxCost: Option.getOrUndefined(maxCost),
              settings: { ...settings, ...(cap === undefined ? {} : { maxCost: cap }) }
            })
          )
        )
      ),
      Effect.flatMap((report) => Effect.andThen(finish(report), Bounds.check(report, settings)))
    )
  },
  (program, { store }) => Effect.provide(program, Session.existingStore(store))
)

/** Of the verdicts that are asked for. */
const display =
  ({ offline }: RunSettings.RunSettings, quiet: boolean) =>
  ({ active, total }: BenchmarkRun.Started) =>
    LiveDisplay.show(active, {
      title: oneLine(`${active.name} · judging`),
      simulated: offline === true,
      total,
      mode: quiet ? "silent" : "auto"
    })

const silent = (settings: RunSettings.RunSettings) =>
  Effect.map(
    Effect.promise(() => import("./ScoringGraph.ts")),
    ({ make }) => make(settings)
  )

/** Scoring writes to a run, and only the newest of a name is written to. */
const newest = Effect.fnUntraced(function* (asked: string) {
  const found = yield* StoredRuns.find(asked)
  const store = yield* CheckpointStore
  const last = Option.getOrElse(yield* store.find(found.name), () => found)
  if (last.id === found.id) return found
  return yield* new UsageError({
    problem: `${oneLine(asked)} was started over since; its results stay as they are.`,
    fix: `Score the newest start by its name: spillway score ${oneLine(found.name)}.`
  })
})

const settingsOf = Effect.fnUntraced(function* (
  { id, name }: RunSummary,
  file: string | undefined
) {
  const settings = yield* RunSettings.last(id)
  const shown = oneLine(name)
  const { command } = settings
  if (command === "run" || command === "batch") {
    return yield* new UsageError({
      problem: `"${shown}" is a run of \`spillway ${command}\`, not of a benchmark: there is nothing to score it by.`,
      fix: "Name a run of `spillway bench`; `spillway runs` lists all."
    })
  }
  const path = file === undefined ? settings.file : resolve(file)
  if (path !== undefined) return { ...settings, command: "bench" as const, file: path }
  return yield* new UsageError({
    problem: `The store does not know which file the run "${shown}" was made with.`,
    fix: `Name the benchmark's file: spillway score ${shown} FILE.`
  })
})

/** To a person who reads no table: the numbers are of a part. */
const sayUnfinished = ({ complete, requests, run }: BenchmarkReport, store: string) =>
  Effect.sync(() => {
    if (complete || requests.missing === 0) return
    const next = GoOn.call(["bench", "--run", run], store)
    process.stderr.write(
      `spillway: the run is unfinished: ${Figures.plural(requests.missing, "request")} of ${Figures.count(requests.items)} without an answer. Go on with: ${next}\n`
    )
  })
