/** `spillway bench`: runs a benchmark file. */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import type { Benchmark } from "../../src/benchmark/Benchmark.ts"
import * as BenchmarkRun from "../../src/benchmark/BenchmarkRun.ts"
import * as Dataset from "../../src/benchmark/Dataset.ts"
import * as SimulatedTargets from "../../src/benchmark/SimulatedTargets.ts"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import * as TerminalReport from "../../src/report/TerminalReport.ts"
import { fromTargets } from "../../src/simulator/BenchmarkResponder.ts"
import * as BenchmarkFile from "./BenchmarkFile.ts"
import { BoundMissed, UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as LiveDisplay from "./LiveDisplay.ts"
import * as ReportOutput from "./ReportOutput.ts"
import * as RunSettings from "./RunSettings.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"

const flags = {
  file: Argument.String("file").pipe(
    Argument.withDescription(
      "TypeScript or JavaScript file with a benchmark as default export; may be left out to go on with --run"
    ),
    Argument.optional
  ),
  ...Flags.run,
  ...Flags.provider,
  models: Flags.models,
  temperatures: Flags.temperatures,
  repeats: Flags.repeats,
  limit: Flags.limit,
  data: Flags.data,
  minScore: Flags.minScore
}

export const bench = Command.make(
  "bench",
  flags,
  Effect.fn(function* ({ store, run, fresh, retryFailed, json, quiet, ...asked }) {
    const { run: name, json: jsonFile } = RunSettings.given({ run, json })
    yield* Effect.gen(function* () {
      const settings: RunSettings.RunSettings = {
        ...(yield* RunSettings.recall(name, "bench")),
        ...RunSettings.given(asked),
        command: "bench"
      }
      const benchmark = yield* BenchmarkFile.load(yield* fileOf(settings, name))
      const output = { json: jsonFile, quiet }
      yield* execute(benchmark, settings, { name, fresh, retryFailed, quiet }).pipe(
        Effect.provide(Session.graph(settings, yield* responderOf(benchmark, settings))),
        Effect.catchTag("BenchmarkStopped", (stopped) =>
          Effect.andThen(finish(stopped.report, output), Effect.fail(stopped))
        ),
        Effect.flatMap((report) =>
          Effect.andThen(finish(report, output), checkBounds(report, settings))
        )
      )
    }).pipe(Effect.provide(Session.store(store)))
  })
).pipe(
  Command.withDescription("Run a benchmark; the same command again goes on where it stopped"),
  Command.withExamples([
    {
      command: "spillway bench gsm8k.ts --offline",
      description: "Rehearse it on the simulated OpenAI"
    },
    {
      command:
        "spillway bench gsm8k.ts --model gpt-6-luna --temperature 0 --temperature 1 --repeats 3 --max-cost 5",
      description: "Two arms, three samples of each item, at most 5 USD"
    },
    { command: "spillway bench --run nightly", description: "Go on with a run and its settings" }
  ])
)

const fileOf = (settings: RunSettings.RunSettings, name: string | undefined) =>
  settings.file === undefined
    ? Effect.fail(
        new UsageError(
          name === undefined
            ? { problem: "No benchmark file was named.", fix: "Write: spillway bench FILE" }
            : {
                problem: `The store has no settings of a benchmark run "${oneLine(name)}".`,
                fix: "Name the file."
              }
        )
      )
    : Effect.succeed(settings.file)

/** Offline, the simulated model knows the benchmark's targets. */
const responderOf = Effect.fnUntraced(function* (
  benchmark: Benchmark<unknown>,
  { offline, data, limit }: RunSettings.RunSettings
) {
  if (offline !== true) return undefined
  const { lookup, targets } = yield* SimulatedTargets.load(benchmark, {
    dataset: Dataset.at(benchmark.dataset, data),
    limit
  })
  return fromTargets(lookup, { targets })
})

const execute = (
  benchmark: Benchmark<unknown>,
  settings: RunSettings.RunSettings,
  start: {
    readonly name: string | undefined
    readonly fresh: boolean
    readonly retryFailed: boolean
    readonly quiet: boolean
  }
) =>
  BenchmarkRun.execute(benchmark, {
    ...settings,
    ...start,
    maxCostUsd: settings.maxCost,
    beside: ({ active, arms, total }) =>
      Effect.andThen(
        // A store that fails here fails the first append of the run too, which reports it.
        Effect.ignore(RunSettings.remember(active, settings)),
        LiveDisplay.show(active, {
          title: oneLine(`${benchmark.name} · ${arms.map((arm) => arm.label).join(", ")}`),
          simulated: settings.offline === true,
          total,
          mode: start.quiet ? "silent" : "auto"
        })
      )
  })

const finish = (report: BenchmarkReport, output: ReportOutput.Output) =>
  ReportOutput.write(report, () => TerminalReport.render(report, StoredReport.style()), output)

/** A run that ended is not yet a run that is good enough. */
const checkBounds = (report: BenchmarkReport, { maxFailed, minScore }: RunSettings.RunSettings) => {
  const { failed, items } = report.requests
  if (failed > items * (maxFailed ?? 1) || (items > 0 && failed === items)) {
    return Effect.fail(new BoundMissed({ detail: `${failed} of ${items} requests failed.` }))
  }
  const low = report.arms.find(
    ({ score }) => minScore !== undefined && (score.mean ?? 0) < minScore
  )
  return low === undefined
    ? Effect.void
    : Effect.fail(
        new BoundMissed({
          detail: `${low.label}: the score ${low.score.mean} is below ${minScore}.`
        })
      )
}
