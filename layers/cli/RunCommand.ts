/** `spillway run`: answers a file in OpenAI's batch format in real time. */
import { basename } from "node:path"
import { Clock, Effect, Result, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as RequestFile from "../../src/batch-jobs/RequestFile.ts"
import { Generate } from "../../src/generate/Generate.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import * as ItemPreparation from "../../src/run/ItemPreparation.ts"
import * as Run from "../../src/run/Run.ts"
import * as RunProcess from "../../src/run/RunProcess.ts"
import * as RunReport from "../../src/run/RunReport.ts"
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
      "Requests, one a line: {custom_id, method, url, body}; may be left out to go on with --run"
    ),
    Argument.optional
  ),
  out: Flag.String("out").pipe(
    Flag.withDescription("File for the results, one a line in the order of the requests"),
    Flag.withMetavar("FILE"),
    Flag.optional
  ),
  limit: Flags.limit,
  ...Flags.run,
  ...Flags.provider
}

export const run = Command.make(
  "run",
  flags,
  Effect.fn(function* ({ store, run: runName, fresh, retryFailed, json, quiet, ...asked }) {
    const { run: named, json: jsonFile } = RunSettings.given({ run: runName, json })
    yield* Effect.gen(function* () {
      const settings: RunSettings.RunSettings = {
        ...(yield* RunSettings.recall(named, "run")),
        ...RunSettings.given(asked),
        command: "run"
      }
      const { file, out, limit, maxFailed } = settings
      if (file === undefined || out === undefined) {
        return yield* new UsageError({
          problem:
            file === undefined
              ? "No file of requests was named."
              : "There is no place for the results.",
          fix: "Write: spillway run FILE.jsonl --out RESULTS.jsonl"
        })
      }
      const name = named ?? basename(file)
      const options = { fresh, retryFailed, maxCostUsd: settings.maxCost }
      const report = yield* answer({ file, out, limit, name, options, settings, quiet }).pipe(
        Effect.provide(Session.graph(settings))
      )
      yield* ReportOutput.write(report.report, () => StoredReport.renderRun(report.report), {
        json: jsonFile,
        quiet
      })
      if (report.stopped !== undefined) return yield* Effect.fail(report.stopped)
      const { failed, items } = report.report.requests
      if (failed > items * (maxFailed ?? 1) || (items > 0 && failed === items)) {
        return yield* new BoundMissed({ detail: `${failed} of ${items} requests failed.` })
      }
    }).pipe(Effect.provide(Session.store(store)))
  })
).pipe(
  Command.withDescription(
    "Answer a file of requests in OpenAI's batch format, in real time; resumable"
  ),
  Command.withExamples([
    {
      command: "spillway run requests.jsonl --out results.jsonl --max-cost 20",
      description: "At most 20 USD"
    }
  ])
)

interface Job {
  readonly file: string
  readonly out: string
  readonly limit: number | undefined
  readonly name: string
  readonly options: Run.RunOptions
  readonly settings: RunSettings.RunSettings
  readonly quiet: boolean
}

const answer = (job: Job) =>
  Effect.gen(function* () {
    const { provider } = yield* Generate
    const all = RequestFile.lines(job.file)
    const lines = job.limit === undefined ? all : Stream.take(all, job.limit)
    // The whole file is checked before anything is sent.
    const total = yield* Stream.runCount(lines)
    const definition = RequestFile.run(job.name, job.options)
    const active = yield* Run.open(definition)
    yield* RunSettings.remember(active, job.settings)
    const startedAt = yield* Clock.currentTimeMillis
    const prepared = ItemPreparation.prepare(
      definition,
      lines,
      ItemPreparation.rulesOf(active, provider)
    )
    yield* Effect.forkScoped(
      LiveDisplay.show(active, {
        title: oneLine(job.name),
        simulated: provider.simulated,
        total,
        mode: job.quiet ? "silent" : "auto"
      })
    )
    const ended = yield* Effect.result(
      RunProcess.process(definition, active, prepared, () => Effect.void)
    )
    if (Result.isFailure(ended) && ended.failure._tag !== "RunStopped")
      return yield* Effect.fail(ended.failure)
    yield* RequestFile.writeResults(job.out, active, prepared)
    const elapsedSeconds = ((yield* Clock.currentTimeMillis) - startedAt) / 1000
    const report = RunReport.make(active, { simulated: provider.simulated, elapsedSeconds })
    yield* active.journal.append([{ _tag: "Reported", report }])
    return { report, stopped: Result.isFailure(ended) ? ended.failure : undefined }
  }).pipe(Effect.scoped)
