/** What `spillway report` does: the report of a run to the terminal and to files. Its flags: `ReportCommand.ts`. */
import { Console, Data, Effect, Runtime, Stream } from "effect"
import type {
  CheckpointStore,
  RunSummary,
  StoreError
} from "../../src/checkpoint/CheckpointStore.ts"
import type { BenchmarkReport } from "../../src/report/BenchmarkReport.ts"
import * as Figures from "../../src/report/Figures.ts"
import * as LastReport from "../../src/report/LastReport.ts"
import * as MarkdownReport from "../../src/report/MarkdownReport.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import { UsageError } from "./ExitCode.ts"
import type { Asked } from "./ReportCommand.ts"
import { jsonText } from "./ReportOutput.ts"
import * as RunSettings from "./RunSettings.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"
import * as StoredRuns from "./StoredRuns.ts"
import * as TextOutput from "./TextOutput.ts"

/** There is nothing to report of yet: a later call finds it. */
export class NoReport extends Data.TaggedError("NoReport")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
  override readonly [Runtime.errorExitCode]: number = 3
}

interface Stored {
  readonly summary: RunSummary
  readonly report: BenchmarkReport | undefined
}

interface Output {
  readonly flag: string
  readonly file: string
  readonly text: (stored: Stored) => Effect.Effect<Written, NoReport | StoreError, CheckpointStore>
}

interface Written {
  readonly text: string
  /** What is said of it at the end. */
  readonly what: string
}

const scored = ({ report, summary }: Stored): Effect.Effect<BenchmarkReport, NoReport> =>
  report === undefined
    ? Effect.fail(
        new NoReport({
          detail: `"${oneLine(summary.name)}" has no report yet: ${summary.state === "running" ? "it is under way, and scored at its end" : "it ended before anything was scored. Start it again to go on"}.`
        })
      )
    : Effect.succeed(report)

const markdown = (file: string): Output => ({
  flag: "--markdown",
  file,
  text: (stored) =>
    Effect.map(scored(stored), (report) => ({
      text: MarkdownReport.render(report),
      what: "The report as Markdown"
    }))
})

const json = (file: string): Output => ({
  flag: "--json",
  file,
  text: (stored) =>
    Effect.map(scored(stored), (report) => ({
      text: `${jsonText(report, 2)}\n`,
      what: "The report as JSON"
    }))
})

/** What makes it is loaded here: the plots take half a second. */
const html = (file: string, items: number | undefined): Output => ({
  flag: "--html",
  file,
  text: Effect.fnUntraced(function* ({ summary }) {
    const [ReportData, HtmlReport] = yield* Effect.promise(() =>
      Promise.all([
        import("../../src/report/html/ReportData.ts"),
        import("../../src/report/html/HtmlReport.ts")
      ])
    )
    const data = yield* ReportData.gather(summary, { items })
    const { rows, total } = data.items
    const shown =
      rows.length === total
        ? Figures.plural(total, "item")
        : `${Figures.count(rows.length)} of ${Figures.plural(total, "item")}`
    return { text: yield* HtmlReport.render(data), what: `A page with ${shown}` }
  })
})

/** A page is for a file, and standard output can hold one of the others. */
const check = Effect.fnUntraced(function* (outputs: ReadonlyArray<Output>, items: boolean) {
  const page = outputs.find(({ flag }) => flag === "--html")
  if (page?.file === "-") {
    return yield* new UsageError({
      problem: "--html -: a page is for a file.",
      fix: "Name one, as --html report.html."
    })
  }
  if (items && page === undefined) {
    return yield* new UsageError({
      problem: "--items is of the page that --html writes.",
      fix: "Add --html FILE, or leave it out."
    })
  }
  const [, second] = outputs.filter(({ file }) => file === "-")
  if (second !== undefined) {
    return yield* new UsageError({
      problem: `${second.flag} -: standard output is taken by another flag.`,
      fix: "Name a file for one of them."
    })
  }
  for (const { file, flag } of outputs) yield* TextOutput.check(flag, file)
})

/** Only benchmarks have scores. */
const checkKind = Effect.fnUntraced(function* ({ id, name }: RunSummary, stored: unknown) {
  const { command } = yield* RunSettings.last(id)
  if (stored === undefined && command !== "run" && command !== "batch") return
  return yield* new UsageError({
    problem: `"${oneLine(name)}" is no run of a benchmark: it has no scores to report.`,
    fix: `See its counts with: spillway show ${oneLine(name)}.`
  })
})

const onTerminal = ({ report, summary }: Stored, stored: unknown): string => {
  const under =
    summary.state === "running"
      ? `UNDER WAY: ${Figures.count(summary.answered)} answered so far${report === undefined ? "." : "; this is the report of its last scoring."}\n\n`
      : ""
  return `${under}${StoredReport.render(stored).trimEnd()}`
}

export const run = Effect.fn("report")(
  function* ({ html: page, json: data, markdown: notes, items, quiet, run: name }: Asked) {
    const given = RunSettings.given({ page, data, notes, items })
    const outputs = [
      ...(given.notes === undefined ? [] : [markdown(given.notes)]),
      ...(given.data === undefined ? [] : [json(given.data)]),
      ...(given.page === undefined ? [] : [html(given.page, given.items)])
    ]
    yield* check(outputs, given.items !== undefined)
    const summary = yield* StoredRuns.find(name)
    const stored = yield* LastReport.stored(summary.id)
    const report = LastReport.benchmarkOf(stored)
    if (report === undefined && outputs.length > 0) yield* checkKind(summary, stored)
    const toTerminal = !quiet && outputs.every(({ file }) => file !== "-")
    if (toTerminal) yield* Console.log(onTerminal({ report, summary }, stored))
    for (const { file, flag, text } of outputs) {
      const written = yield* text({ report, summary })
      yield* TextOutput.write(flag, file, Stream.make(written.text))
      if (toTerminal) yield* Console.log(`${written.what} in ${oneLine(file)}.`)
    }
  },
  (program, { store }) => Effect.provide(program, Session.existingStore(store))
)
