/** What `spillway export` does: the rows of a run as JSON Lines or CSV. Its flags: `ExportCommand.ts`. */
import { Console, Effect, Option, Schema, Stream } from "effect"
import * as CsvCell from "../../src/report/export/CsvCell.ts"
import * as CsvColumns from "../../src/report/export/CsvColumns.ts"
import * as Export from "../../src/report/export/Export.ts"
import type { ExportRow } from "../../src/report/export/ExportRow.ts"
import * as Selection from "../../src/report/export/Selection.ts"
import * as Figures from "../../src/report/Figures.ts"
import { oneLine } from "../../src/report/PlainText.ts"
import { UsageError } from "./ExitCode.ts"
import type { Asked } from "./ExportCommand.ts"
import { jsonText } from "./ReportOutput.ts"
import * as Session from "./Session.ts"
import * as StoredRuns from "./StoredRuns.ts"
import * as TextOutput from "./TextOutput.ts"

const isKind = Schema.is(Selection.Kind)

/** Rows as text. */
interface Format {
  readonly header: string
  readonly lines: (rows: ReadonlyArray<ExportRow>) => string
  /** For the person, at the end. */
  readonly notices: () => ReadonlyArray<string>
}

const jsonLines: Format = {
  header: "",
  lines: (rows) => rows.map((row) => `${jsonText(row)}\n`).join(""),
  notices: () => []
}

const csv = (options: CsvColumns.Options): Format => {
  const { cut, header, lines } = CsvColumns.make(options)
  return {
    header,
    lines,
    notices: () =>
      cut() === 0
        ? []
        : [
            `${Figures.plural(cut(), "text")} cut to ${Figures.count(CsvCell.MAX_CELL)} characters, the most that a spreadsheet's cell holds; --format jsonl has them whole.`
          ]
  }
}

const say = (sentences: ReadonlyArray<string>) =>
  Effect.sync(() => {
    for (const sentence of sentences) process.stderr.write(`spillway: ${sentence}\n`)
  })

/** @returns the labels asked for, or none for all */
export const checkArms = (
  asked: ReadonlyArray<string>,
  name: string,
  arms: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, UsageError> => {
  const unknown = asked.find((label) => !arms.includes(label))
  return unknown === undefined
    ? Effect.succeed(asked)
    : Effect.fail(
        new UsageError({
          problem: `--arm ${JSON.stringify(oneLine(unknown))}: the run "${oneLine(name)}" has no such arm.`,
          fix: `It has: ${arms.map((label) => JSON.stringify(oneLine(label))).join(", ")}.`
        })
      )
}

export const run = Effect.fn("export")(
  function* ({ answers, arms: asked, format, only: lists, out, quiet, run: name }: Asked) {
    yield* TextOutput.check("--out", out)
    const scored = yield* StoredRuns.scored(name)
    const { outline, report, summary } = scored
    const arms = yield* checkArms(asked, summary.name, outline.arms)
    const only = lists.flat().filter(isKind)
    const usual = out.toLowerCase().endsWith(".csv") ? "csv" : "jsonl"
    const written =
      Option.getOrElse(format, () => usual) === "csv"
        ? csv({ answers, scorers: outline.scorers })
        : jsonLines
    const source: Export.Source = {
      id: summary.id,
      run: summary.name,
      benchmark: report?.benchmark ?? null,
      simulated: report?.simulated ?? null
    }
    let rows = 0
    const body = Export.pages(source, { answers, arms, only }).pipe(
      Stream.map((page) => {
        rows += page.length
        return written.lines(page)
      })
    )
    const text = written.header === "" ? body : Stream.concat(Stream.make(written.header), body)
    yield* TextOutput.write("--out", out, text)
    if (quiet) return
    if (out !== "-") yield* Console.log(`${Figures.plural(rows, "row")} in ${oneLine(out)}.`)
    yield* say([
      ...StoredRuns.notices(scored),
      ...(rows === 0 ? ["No row is as asked for."] : []),
      ...written.notices()
    ])
  },
  (program, { store }) => Effect.provide(program, Session.existingStore(store))
)
