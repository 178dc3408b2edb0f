/** What `spillway compare` does: the comparison to the terminal and to files. Its flags: `CompareCommand.ts`. */
import { Console, Effect, Stream } from "effect"
import * as Compare from "../../src/report/compare/Compare.ts"
import type { CompareReport } from "../../src/report/compare/CompareReport.ts"
import * as MarkdownCompare from "../../src/report/compare/MarkdownCompare.ts"
import * as TerminalCompare from "../../src/report/compare/TerminalCompare.ts"
import type { Asked } from "./CompareCommand.ts"
import { UsageError } from "./ExitCode.ts"
import { jsonText } from "./ReportOutput.ts"
import * as RunSettings from "./RunSettings.ts"
import * as Session from "./Session.ts"
import * as StoredReport from "./StoredReport.ts"
import * as StoredRuns from "./StoredRuns.ts"
import * as TextOutput from "./TextOutput.ts"

interface Output {
  readonly flag: string
  readonly file: string
  readonly text: (report: CompareReport) => Effect.Effect<string>
}

const markdown = (file: string): Output => ({
  flag: "--markdown",
  file,
  text: (report) => Effect.sync(() => MarkdownCompare.render(report))
})

const json = (file: string): Output => ({
  flag: "--json",
  file,
  text: (report) => Effect.sync(() => `${jsonText(report, 2)}\n`)
})

/** Its plots take half a second to load. */
const html = (file: string): Output => ({
  flag: "--html",
  file,
  text: (report) =>
    Effect.flatMap(
      Effect.promise(() => import("../../src/report/compare/ComparePage.ts")),
      ({ render }) => render(report)
    )
})

/** Standard output can hold one of them. */
const check = Effect.fnUntraced(function* (outputs: ReadonlyArray<Output>) {
  const [, second] = outputs.filter(({ file }) => file === "-")
  if (second !== undefined) {
    return yield* new UsageError({
      problem: `${second.flag} -: standard output is taken by another flag.`,
      fix: "Name a file for one of them."
    })
  }
  for (const { file, flag } of outputs) yield* TextOutput.check(flag, file)
})

export const run = Effect.fn("compare")(
  function* ({ arms, quiet, runs: names, store: _, ...optional }: Asked) {
    const given = RunSettings.given(optional)
    if (given.html === "-") {
      return yield* new UsageError({
        problem: "--html -: a page is for a file.",
        fix: "Name one, as --html compare.html."
      })
    }
    const outputs = [
      ...(given.markdown === undefined ? [] : [markdown(given.markdown)]),
      ...(given.json === undefined ? [] : [json(given.json)]),
      ...(given.html === undefined ? [] : [html(given.html)])
    ]
    yield* check(outputs)
    const runs = yield* Effect.forEach(names, (name) =>
      Effect.map(StoredRuns.scored(name), ({ outline, report, summary }) => ({
        id: summary.id,
        name: summary.name,
        outline,
        report
      }))
    )
    const { noAnswer, scorer } = given
    const report = yield* Compare.make(runs, { arms, noAnswer, scorer })
    if (!quiet && outputs.every(({ file }) => file !== "-")) {
      yield* Console.log(TerminalCompare.render(report, StoredReport.style()).trimEnd())
    }
    for (const { file, flag, text } of outputs) {
      yield* TextOutput.write(flag, file, Stream.fromEffect(text(report)))
    }
  },
  (program, { store }) => Effect.provide(program, Session.existingStore(store))
)
