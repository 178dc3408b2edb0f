/** The sections of a report (`ReportSections.ts`) for a terminal. */
import type { Score } from "./BenchmarkReport.ts"
import type { Lists, Section, Table } from "./ReportSections.ts"
import { plain, type Style } from "./TerminalStyle.ts"
import { hanging, indented, wrap } from "./Wrap.ts"

/** An empty line, the title, what there is. */
export const lines = (section: Section, width: number, style: Style): ReadonlyArray<string> => [
  "",
  ...wrap(section.title, width).map(style.strong),
  ...(section.body._tag === "Table"
    ? table(section.body, width, style)
    : lists(section.body, width, style)),
  ...section.notes.flatMap((note) => wrap(note, width).map(style.dim))
]

const lists = ({ lists }: Lists, width: number, style: Style): ReadonlyArray<string> =>
  lists.flatMap(({ lines, name }) => [
    ...(name === "" ? [] : wrap(name, width).map(lists.length > 1 ? style.strong : plain)),
    ...lines.flatMap((line) =>
      name === "" ? hanging(line, width) : hanging(line, width - 2).map((part) => `  ${part}`)
    )
  ])

const GAP = "  "

const widthsOf = ({ headings, rows }: Table): ReadonlyArray<number> =>
  headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0))
  )

const total = (widths: ReadonlyArray<number>): number =>
  widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1)

export const fits = (table: Table, width: number): boolean => total(widthsOf(table)) <= width

/** In columns where they fit the width, else each row as a sentence. */
export const table = (table: Table, width: number, style: Style): ReadonlyArray<string> => {
  const { drawn = [], headings, rows, sentences, texts } = table
  const widths = widthsOf(table)
  const natural = total(widths)
  if (natural > width) {
    return sentences === undefined
      ? rows.flatMap((row) => sentence(headings, row, width, style))
      : sentences.flatMap((one) => hanging(one, width))
  }
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((cell, column) =>
        column < texts ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
      )
      .join(GAP)
  const room = Math.min(MOST_DRAWN, width - natural - GAP.length)
  const plots = room < LEAST_DRAWN ? [] : plot(drawn, room)
  return [
    style.dim(line(headings)),
    ...rows.map((row, index) => `${line(row)}${GAP}${plots[index] ?? ""}`.trimEnd())
  ]
}

const sentence = (
  headings: ReadonlyArray<string>,
  [first = "", ...others]: ReadonlyArray<string>,
  width: number,
  style: Style
): ReadonlyArray<string> => [
  ...wrap(first, width).map(style.strong),
  ...indented(
    others.map((cell, column) => `${headings[column + 1] ?? ""} ${cell}`).join(", "),
    width
  )
]

/** Columns of a drawing. */
const [LEAST_DRAWN, MOST_DRAWN] = [16, 40]

/** `├──●───┤` for each score on one scale, from the lowest end of an interval to the highest. */
const plot = (scores: ReadonlyArray<Score>, room: number): ReadonlyArray<string> => {
  const ends = scores.flatMap(({ ci95, mean }) => [
    ...(ci95 ?? []),
    ...(mean === null ? [] : [mean])
  ])
  const low = Math.min(...ends)
  const span = Math.max(...ends) - low
  const at = (value: number) => (span === 0 ? 0 : Math.round(((value - low) / span) * (room - 1)))
  return scores.map(({ ci95, mean }) => {
    if (mean === null) return ""
    const [from, to] = ci95 === null ? [at(mean), at(mean)] : [at(ci95[0]), at(ci95[1])]
    return Array.from({ length: to + 1 }, (_, column) => {
      if (column === at(mean)) return "●"
      if (column < from) return " "
      if (column === from) return "├"
      return column === to ? "┤" : "─"
    }).join("")
  })
}
