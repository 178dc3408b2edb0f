/** What `spillway bench` does: from settings and a benchmark file to a report. Its flags: `BenchCommand.ts`. */
import { resolve } from "node:path"
import { Effect } from "effect"
import type { Benchmark } from "../../src/benchmark/Benchmark.ts"
import * as BenchmarkRun from "../../src/benchmark/BenchmarkRun.ts"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import * as TerminalReport from "../../src/report/TerminalReport.ts"
import type { Asked } from "./BenchCommand.ts"
import * as BenchmarkFile from "./BenchmarkFile.ts"
import * as BenchmarkPlan from "./BenchmarkPlan.ts"
import * as Bounds from "./Bounds.ts"
import { UsageError } from "./ExitCode.ts"
import * as GoOn from "./GoOn.ts"
import * as LiveDisplay from "./LiveDisplay.ts"
import * as ModeFlags from "./ModeFlags.ts"
import * as ReportOutput from "./ReportOutput.ts"
import * as RunPlan from "./RunPlan.ts"
import * as RunSettings from "./RunSettings.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"
import * as SweepFlags from "./SweepFlags.ts"

/** One start of a benchmark, apart from its settings. */
interface Start {
  readonly name: string | undefined
  readonly store: string
  readonly fresh: boolean
  readonly retryFailed: boolean
  readonly detach: boolean
  readonly json: string | undefined
  readonly quiet: boolean
}

export const run = Effect.fn("bench")(
  function* (flags: Asked) {
    const { store, fresh, retryFailed, detach, plan, quiet, ...others } = flags
    const { run: name, json, deadline, ...asked } = others
    const start: Start = {
      ...{ store, fresh, retryFailed, detach, quiet },
      ...{ name: undefined, json: undefined },
      ...RunSettings.given({ name, json })
    }
    yield* ReportOutput.check(start)
    const given = { ...RunSettings.given(asked), ...(yield* ModeFlags.deadlineOf(deadline)) }
    const settings: RunSettings.RunSettings = {
      ...(yield* RunSettings.recall(start.name, "bench")),
      ...given,
      ...paths(given),
      command: "bench"
    }
    yield* Session.check(given, settings)
    yield* ModeFlags.check({ ...given, detach }, settings)
    const benchmark = yield* BenchmarkFile.load(yield* fileOf(settings, start.name))
    yield* SweepFlags.checkPrompts(benchmark, settings)
    const responder = yield* responderOf(benchmark, settings)
    const graph = Session.graph({ ...settings, store }, responder)
    if (plan) {
      const planned = BenchmarkPlan.make(benchmark, { ...start, settings })
      return yield* RunPlan.show(yield* Effect.provide(checked(planned, settings), graph), start)
    }
    yield* checked(execute(benchmark, settings, start), settings).pipe(
      Effect.provide(graph),
      Effect.catchTag("BenchmarkStopped", ({ report, stopped }) =>
        Effect.andThen(
          finish(report, start),
          Effect.fail(GoOn.stoppedRun(stopped, { ...start, name: report.run, settings }))
        )
      ),
      Effect.flatMap((report) =>
        Effect.andThen(finish(report, start), Bounds.check(report, settings))
      )
    )
  },
  (program, { store }) => Effect.provide(program, Session.store(store))
)

const checked = <A, E, R>(program: Effect.Effect<A, E, R>, settings: RunSettings.RunSettings) =>
  Effect.andThen(SweepFlags.checkEfforts(settings), program)

/** A run is gone on with from any folder. */
const paths = ({ file, data, catalog }: Partial<RunSettings.RunSettings>) => ({
  ...(file === undefined ? {} : { file: resolve(file) }),
  ...(data === undefined ? {} : { data: resolve(data) }),
  ...(catalog === undefined ? {} : { catalog: resolve(catalog) })
})

const fileOf = (settings: RunSettings.RunSettings, name: string | undefined) =>
  settings.file === undefined
    ? Effect.fail(
        new UsageError(
          name === undefined
            ? { problem: "No benchmark file was named.", fix: "Write: spillway bench FILE" }
            : {
                problem: `The store has no settings of a benchmark run "${oneLine(name)}".`,
                fix: "Name the benchmark's file: spillway bench FILE --run NAME"
              }
        )
      )
    : Effect.succeed(settings.file)

const responderOf = Effect.fnUntraced(function* (
  benchmark: Benchmark<unknown, unknown>,
  { offline, data, limit, skipInvalid }: RunSettings.RunSettings
) {
  if (offline !== true) return undefined
  const { responder } = yield* Effect.promise(() => import("./SimulatedModel.ts"))
  return yield* responder(benchmark, data, { limit, skipInvalid })
})

const execute = (
  benchmark: Benchmark<unknown, unknown>,
  settings: RunSettings.RunSettings,
  { name, fresh, retryFailed, detach, quiet }: Start
) =>
  BenchmarkRun.execute(benchmark, {
    ...settings,
    name,
    fresh,
    retryFailed,
    detach,
    maxCostUsd: settings.maxCost,
    beside: ({ active, arms, total }) =>
      Effect.andThen(
        // A store that fails here fails the first append of the run too, which reports it.
        Effect.ignore(RunSettings.remember(active, settings)),
        LiveDisplay.show(active, {
          title: oneLine(`${benchmark.name} · ${arms.map((arm) => arm.label).join(", ")}`),
          simulated: settings.offline === true,
          total,
          mode: quiet ? "silent" : "auto"
        })
      )
  })

const finish = (report: BenchmarkReport, output: ReportOutput.Output) =>
  ReportOutput.write(report, () => TerminalReport.render(report, StoredReport.style()), output)
