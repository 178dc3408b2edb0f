/** `spillway runs`, `show` and `rm`: what a store holds. */
import { Console, Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { CheckpointStore, type RunSummary } from "../../src/checkpoint/CheckpointStore.ts"
import * as Money from "../../src/cost/Money.ts"
import { sanitize } from "../../src/report/PlainText.ts"
import { UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON instead of a table"),
  Flag.withDefault(false)
)
const run = Argument.String("run").pipe(
  Argument.withDescription("A run's name, or the id of one of its starts")
)

const find = Effect.fnUntraced(function* (name: string) {
  const store = yield* CheckpointStore
  const found = yield* store.find(name)
  if (Option.isSome(found)) return found.value
  return yield* new UsageError({
    problem: `The store holds no run "${sanitize(name)}".`,
    fix: "See `spillway runs` for those it has, and --store for another store."
  })
})

const asJson = (summary: RunSummary) => ({
  id: summary.id,
  name: summary.name,
  state: summary.state,
  createdAt: new Date(summary.createdAt).toISOString(),
  updatedAt: new Date(summary.updatedAt).toISOString(),
  answered: summary.answered,
  failed: summary.failed,
  costUsd: Money.toUsd(summary.spent)
})

const table = (rows: ReadonlyArray<RunSummary>): string => {
  const cells = [
    ["RUN", "STATE", "ANSWERED", "FAILED", "COST", "LAST WRITE", "ID"],
    ...rows.map((row) => [
      sanitize(row.name),
      row.state,
      row.answered.toLocaleString("en-US"),
      row.failed.toLocaleString("en-US"),
      Money.format(row.spent),
      new Date(row.updatedAt).toISOString().slice(0, 16).replace("T", " "),
      row.id
    ])
  ]
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? []
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

export const runs = Command.make(
  "runs",
  { store: Flags.store, json },
  Effect.fn(function* (flags) {
    const rows = yield* CheckpointStore.use((store) => Stream.runCollect(store.runs)).pipe(
      Effect.provide(Session.existingStore(flags.store))
    )
    if (flags.json) return yield* Console.log(JSON.stringify(rows.map(asJson)))
    yield* Console.log(rows.length === 0 ? `No runs in ${sanitize(flags.store)}.` : table(rows))
  })
).pipe(Command.withDescription("List the runs of a store, the newest first"))

export const show = Command.make(
  "show",
  { run, store: Flags.store, json },
  Effect.fn(function* (flags) {
    yield* Effect.gen(function* () {
      const store = yield* CheckpointStore
      const summary = yield* find(flags.run)
      const settings = yield* Stream.runLast(store.records(summary.id, "Configured"))
      const report = yield* Stream.runLast(store.records(summary.id, "Reported"))
      const configured = Option.map(settings, (record) =>
        record._tag === "Configured" ? record.settings : null
      )
      const reported = Option.map(report, (record) =>
        record._tag === "Reported" ? record.report : null
      )
      if (flags.json) {
        const all = {
          ...asJson(summary),
          settings: Option.getOrNull(configured),
          report: Option.getOrNull(reported)
        }
        return yield* Console.log(JSON.stringify(all))
      }
      yield* Console.log(table([summary]))
      yield* Console.log(StoredReport.render(Option.getOrNull(reported)))
    }).pipe(Effect.provide(Session.existingStore(flags.store)))
  })
).pipe(Command.withDescription("Show a run: its counts, settings and last report"))

export const rm = Command.make(
  "rm",
  { run, store: Flags.store },
  Effect.fn(function* (flags) {
    yield* Effect.gen(function* () {
      const summary = yield* find(flags.run)
      yield* CheckpointStore.use((store) => store.remove(summary.id))
      yield* Console.log(`Removed run ${sanitize(summary.name)} (${summary.id}).`)
    }).pipe(Effect.provide(Session.existingStore(flags.store)))
  })
).pipe(Command.withDescription("Delete a run with its records and the answers that only it holds"))
