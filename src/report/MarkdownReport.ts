/**
 * A benchmark's result as Markdown, for a pull request or a note. Names cannot break out of their cells. Tables have few
 * columns, so that they can be read on a phone.
 */
import type { ArmReport, BenchmarkReport } from "./BenchmarkReport.ts"
import * as Figures from "./Figures.ts"
import { oneLine } from "./PlainText.ts"
import * as ReportSections from "./ReportSections.ts"
import * as ReportText from "./ReportText.ts"

/** Ends with a line feed. */
export const render = (report: BenchmarkReport): string => {
  const sections = ReportSections.of(report).flatMap(section)
  return [
    `## ${escaped(oneLine(report.benchmark))}`,
    "",
    ...ReportText.warnings(report).flatMap((warning) => [`> **${escaped(warning)}**`, ""]),
    ...arms(report.arms),
    ...sections,
    ...(sections.length === 0 ? [] : ["### Run", ""]),
    ...[
      `Run ${oneLine(report.run)}. ${ReportText.policy(report)}`,
      ...ReportText.groups(report),
      ReportText.throughput(report),
      ReportText.tokens(report),
      ReportText.cost(report),
      ...ReportText.spending(report),
      ...ReportText.notices(report)
    ].map(bullet),
    ""
  ].join("\n")
}

const arms = (all: ReadonlyArray<ArmReport>): ReadonlyArray<string> => {
  const label = (arm: ArmReport) => oneLine(arm.label)
  return [
    ...table(
      ["Arm", "Score", "95% interval"],
      all.map((arm) => [
        label(arm),
        Figures.percent(arm.score.mean),
        Figures.interval(arm.score.ci95)
      ])
    ),
    ...table(
      ["Arm", "Requests", "Wrong", "No answer", "Failed"],
      all.map((arm) => [label(arm), ...counts(arm)])
    ),
    ...table(
      ["Arm", "p50", "p95", "Cost"],
      all.map((arm) => [
        label(arm),
        Figures.duration(arm.latencySeconds.p50),
        Figures.duration(arm.latencySeconds.p95),
        Figures.usd(arm.costUsd)
      ])
    )
  ]
}

const counts = (arm: ArmReport): ReadonlyArray<string> => {
  const parts = ReportText.unansweredParts(arm)
  return [
    Figures.count(arm.items),
    Figures.count(arm.wrong),
    `${Figures.count(ReportText.unanswered(arm))}${parts === "" ? "" : ` (${parts})`}`,
    Figures.count(arm.failed)
  ]
}

export const section = ({ body, notes, title }: ReportSections.Section): ReadonlyArray<string> => [
  `### ${escaped(title)}`,
  "",
  ...(body._tag === "Table"
    ? table(body.headings.map(capital), body.rows, body.texts)
    : [...body.lists.flatMap(list), ""]),
  ...notes.flatMap((note) => [escaped(note), ""])
]

const list = ({ lines, name }: ReportSections.Lists["lists"][number]): ReadonlyArray<string> =>
  name === "" ? lines.map(bullet) : [bullet(name), ...lines.map((line) => `  ${bullet(line)}`)]

const bullet = (text: string): string => `- ${escaped(text)}`

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** Ends with an empty line. */
const table = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  texts = 1
): ReadonlyArray<string> => [
  line(headings),
  line(headings.map((_, column) => (column < texts ? ":--" : "--:"))),
  ...rows.map((row) => line(row.map(escaped))),
  ""
]

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** Also breaks what GitHub makes links and mentions of by itself: nobody is called by a dataset's `@name`. */
export const escaped = (text: string): string =>
  text
    .replace(/[&<>]/g, (sign) => entities[sign] ?? sign)
    .replace(/(?<!\w)@(?=\w)|#(?=\d)|\bwww(?=\.)|:(?=\/\/)/gi, `$&${UNSEEN}`)
    .replace(/[\\`*_[\]|~!]|(?<!&)#/g, "\\$&")

/** A blank of no width. */
const UNSEEN = "&#8203;"

const entities: Partial<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" }
