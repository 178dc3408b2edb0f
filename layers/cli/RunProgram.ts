/** What `spillway run` does: answers a file in OpenAI's batch format. Its flags: `RunCommand.ts`. */
import { basename, resolve } from "node:path"
import { Clock, Effect, Result, Stream } from "effect"
import * as RequestFile from "../../src/batch-jobs/RequestFile.ts"
import { Generate } from "../../src/generate/Generate.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import * as ItemPreparation from "../../src/run/ItemPreparation.ts"
import * as Run from "../../src/run/Run.ts"
import type { RunOptions } from "../../src/run/RunOptions.ts"
import * as RunProcess from "../../src/run/RunProcess.ts"
import * as RunReport from "../../src/run/RunReport.ts"
import { BoundMissed, UsageError } from "./ExitCode.ts"
import * as GoOn from "./GoOn.ts"
import * as LiveDisplay from "./LiveDisplay.ts"
import * as ModeFlags from "./ModeFlags.ts"
import * as OutputFile from "./OutputFile.ts"
import * as ReportOutput from "./ReportOutput.ts"
import type { Asked } from "./RunCommand.ts"
import * as RunPlan from "./RunPlan.ts"
import * as RunSettings from "./RunSettings.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"

export const run = Effect.fn("run")(
  function* (flags: Asked) {
    const { store, fresh, retryFailed, detach, plan, quiet, ...others } = flags
    const { run: asName, json: asJson, deadline, ...asked } = others
    const { asName: named, asJson: json } = RunSettings.given({ asName, asJson })
    const output = { json, quiet }
    yield* ReportOutput.check(output)
    const given = { ...RunSettings.given(asked), ...(yield* ModeFlags.deadlineOf(deadline)) }
    const settings: RunSettings.RunSettings = {
      ...(yield* RunSettings.recall(named, "run")),
      ...given,
      ...paths(given),
      command: "run"
    }
    yield* Session.check(given, settings)
    yield* ModeFlags.check({ ...given, detach }, settings)
    const file = yield* fileOf(settings)
    const name = named ?? basename(file)
    const { dedupe, maxCost: maxCostUsd, promptCaching, whenStopped } = settings
    const options = {
      ...{ fresh, retryFailed, maxCostUsd, dedupe, promptCaching, detach, whenStopped },
      deadline: settings.deadline
    }
    const graph = Session.graph({ ...settings, store })
    if (plan) {
      const planned = RunPlan.make(
        RequestFile.run(name, options),
        linesOf(file, settings),
        settings
      )
      return yield* RunPlan.show(yield* Effect.provide(planned, graph), output)
    }
    const files = { file, out: yield* outOf(file, settings) }
    const { report, stopped } = yield* Effect.provide(
      answer({ ...files, name, options, settings, quiet }),
      graph
    )
    yield* ReportOutput.write(report, () => StoredReport.renderRun(report), output)
    if (stopped !== undefined) {
      return yield* GoOn.stoppedRun(stopped, { ...output, name, store, settings })
    }
    const { failed, items } = report.requests
    if (failed > items * (settings.maxFailed ?? 1) || (items > 0 && failed === items)) {
      return yield* new BoundMissed({ detail: `${failed} of ${items} requests failed.` })
    }
  },
  (program, { store }) => Effect.provide(program, Session.store(store))
)

/** A run is gone on with from any folder. */
const paths = ({ file, out, catalog }: Partial<RunSettings.RunSettings>) => ({
  ...(file === undefined ? {} : { file: resolve(file) }),
  ...(out === undefined ? {} : { out: resolve(out) }),
  ...(catalog === undefined ? {} : { catalog: resolve(catalog) })
})

const fix = "Write: spillway run FILE.jsonl --out RESULTS.jsonl"

const fileOf = ({ file }: RunSettings.RunSettings) =>
  file === undefined
    ? Effect.fail(new UsageError({ problem: "No file of requests was named.", fix }))
    : Effect.succeed(file)

const linesOf = (file: string, { limit }: RunSettings.RunSettings) => {
  const all = RequestFile.lines(file)
  return limit === undefined ? all : Stream.take(all, limit)
}

const outOf = Effect.fnUntraced(function* (file: string, { out }: RunSettings.RunSettings) {
  if (out === undefined) {
    return yield* new UsageError({ problem: "There is no place for the results.", fix })
  }
  if (OutputFile.same(file, out)) {
    return yield* new UsageError({
      problem: `--out ${out} is the file of requests itself.`,
      fix: "Name another file for the results."
    })
  }
  yield* OutputFile.check("--out", out)
  return out
})

interface Job {
  readonly file: string
  readonly out: string
  readonly name: string
  readonly options: RunOptions
  readonly settings: RunSettings.RunSettings
  readonly quiet: boolean
}

const answer = Effect.fnUntraced(function* (job: Job) {
  const { provider } = yield* Generate
  const lines = linesOf(job.file, job.settings)
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
  // Nothing to hand on: the results are written from the store.
  const answering = RunProcess.process(definition, active, prepared, () => Effect.void)
  const display = LiveDisplay.show(active, {
    title: oneLine(job.name),
    simulated: provider.simulated,
    total,
    mode: job.quiet ? "silent" : "auto"
  })
  const ended = yield* Effect.forkScoped(display).pipe(
    Effect.andThen(answering),
    Effect.scoped,
    Effect.result
  )
  const stopped = Result.isFailure(ended) ? ended.failure : undefined
  if (stopped !== undefined && stopped._tag !== "RunStopped") return yield* stopped
  yield* RequestFile.writeResults(job.out, active, prepared)
  const at = yield* Clock.currentTimeMillis
  const report = RunReport.make(active, {
    simulated: provider.simulated,
    elapsedSeconds: (at - startedAt) / 1000
  })
  yield* active.journal.append([{ _tag: "Reported", report, at }])
  return { report, stopped }
}, Effect.scoped)
