/** What `spillway runs`, `show` and `rm` do: they tell of a store and tidy it. Their flags: `RunsCommands.ts`. */
import { Console, Effect, Option, Stream } from "effect"
import { CheckpointStore, type RunSummary } from "../../src/checkpoint/CheckpointStore.ts"
import * as StoreConfig from "../../src/config/StoreConfig.ts"
import * as Money from "../../src/cost/Money.ts"
import { columns } from "../../src/report/Columns.ts"
import * as LastReport from "../../src/report/LastReport.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import { jsonText } from "./ReportOutput.ts"
import type { Detailed, Listing, One } from "./RunsCommands.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"
import * as StoredRuns from "./StoredRuns.ts"

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

const table = (rows: ReadonlyArray<RunSummary>): string =>
  columns([
    ["RUN", "STATE", "ANSWERED", "FAILED", "COST", "LAST WRITE", "ID"],
    ...rows.map((row) => [
      oneLine(row.name),
      row.state,
      row.answered.toLocaleString("en-US"),
      row.failed.toLocaleString("en-US"),
      Money.format(row.spent),
      new Date(row.updatedAt).toISOString().slice(0, 16).replace("T", " "),
      row.id
    ])
  ])

export const list = Effect.fn("runs")(
  function* ({ json, store }: Listing) {
    const rows = yield* CheckpointStore.use(({ runs }) => Stream.runCollect(runs))
    if (json) return yield* Console.log(jsonText(rows.map(asJson)))
    yield* Console.log(
      rows.length === 0 ? `No runs in ${oneLine(StoreConfig.shown(store))}.` : table(rows)
    )
  },
  (program, { store }) => Effect.provide(program, Session.existingStore(store))
)

export const show = Effect.fn("show")(
  function* ({ json, run }: Detailed) {
    const store = yield* CheckpointStore
    const summary = yield* StoredRuns.find(run)
    const last = yield* Stream.runLast(store.records(summary.id, "Configured"))
    const settings = Option.match(last, {
      onNone: () => null,
      onSome: (record) => (record._tag === "Configured" ? record.settings : null)
    })
    const report = (yield* LastReport.stored(summary.id)) ?? null
    if (json) return yield* Console.log(jsonText({ ...asJson(summary), settings, report }))
    yield* Console.log(table([summary]))
    if (settings !== null) yield* Console.log(`settings ${jsonText(settings)}`)
    yield* Console.log(`\n${StoredReport.render(report).trimEnd()}`)
  },
  (program, { store }) => Effect.provide(program, Session.existingStore(store))
)

export const remove = Effect.fn("rm")(
  function* ({ run }: One) {
    const summary = yield* StoredRuns.find(run)
    yield* CheckpointStore.use((store) => store.remove(summary.id))
    yield* Console.log(`Removed run ${oneLine(summary.name)} (${summary.id}).`)
  },
  (program, { store }) => Effect.provide(program, Session.existingStore(store))
)
