/** A benchmark's result for a terminal: a table where it fits the width, else a block for each arm; then what it shows. */
import type { ArmReport, BenchmarkReport } from "./BenchmarkReport.ts"
import * as Figures from "./Figures.ts"
import { oneLine } from "./PlainText.ts"
import type { Table } from "./ReportSections.ts"
import * as ReportSections from "./ReportSections.ts"
import * as ReportText from "./ReportText.ts"
import * as TerminalSections from "./TerminalSections.ts"
import * as TerminalStyle from "./TerminalStyle.ts"
import { indented, wrap } from "./Wrap.ts"

export interface Options {
  /** Columns to fill, at least 20. Default 80. */
  readonly width?: number | undefined
  /** Marks headings and warnings with ANSI colours. Default false. */
  readonly colour?: boolean | undefined
}

/** Ends with a line feed. No text of a model, file or flag reaches the terminal with control characters in it. */
export const render = (report: BenchmarkReport, options: Options = {}): string => {
  const width = Math.max(20, options.width ?? 80)
  const style = TerminalStyle.of(options.colour ?? false)
  const paragraph = (text: string, paint = TerminalStyle.plain) => wrap(text, width).map(paint)
  return [
    ...paragraph(`${oneLine(report.benchmark)} · run ${oneLine(report.run)}`, style.strong),
    ...ReportText.warnings(report).flatMap((warning) => paragraph(warning, style.alert)),
    "",
    ...arms(report.arms, width, style),
    ...ReportSections.of(report).flatMap((section) =>
      TerminalSections.lines(section, width, style)
    ),
    "",
    ...paragraph(ReportText.policy(report)),
    ...ReportText.groups(report).flatMap((sentence) => paragraph(sentence)),
    ...paragraph(ReportText.throughput(report)),
    ...paragraph(ReportText.tokens(report)),
    ...paragraph(ReportText.cost(report)),
    ...ReportText.spending(report).flatMap((sentence) => paragraph(sentence)),
    ...ReportText.notices(report).flatMap((notice) => paragraph(notice, style.alert)),
    ""
  ].join("\n")
}

const HEADINGS = [
  "arm",
  "score",
  "95% interval",
  "wrong",
  "no answer",
  "failed",
  "p50",
  "p95",
  "cost"
]

const cells = (arm: ArmReport): ReadonlyArray<string> => [
  oneLine(arm.label),
  Figures.percent(arm.score.mean),
  Figures.interval(arm.score.ci95),
  Figures.count(arm.wrong),
  Figures.count(ReportText.unanswered(arm)),
  Figures.count(arm.failed),
  Figures.duration(arm.latencySeconds.p50),
  Figures.duration(arm.latencySeconds.p95),
  Figures.usd(arm.costUsd)
]

/** Columns of the first and of the second table, where one is too wide. */
const HALVES = [
  [0, 1, 2, 3, 4, 5],
  [0, 6, 7, 8]
]

/** One table where it fits the width, else two, else a block for each arm; one arm is not worth two tables. */
const arms = (
  all: ReadonlyArray<ArmReport>,
  width: number,
  style: TerminalStyle.Style
): ReadonlyArray<string> => {
  const rows = all.map(cells)
  const whole: Table = { _tag: "Table", texts: 1, headings: HEADINGS, rows }
  if (TerminalSections.fits(whole, width)) return TerminalSections.table(whole, width, style)
  const halves = HALVES.map((columns): Table => {
    const only = (row: ReadonlyArray<string>) => columns.map((column) => row[column] ?? "")
    return { ...whole, headings: only(HEADINGS), rows: rows.map(only) }
  })
  return all.length > 1 && halves.every((half) => TerminalSections.fits(half, width))
    ? halves.flatMap((half, index) => [
        ...(index === 0 ? [] : [""]),
        ...TerminalSections.table(half, width, style)
      ])
    : all.flatMap((arm) => block(arm, width, style))
}

const block = (
  arm: ArmReport,
  width: number,
  style: TerminalStyle.Style
): ReadonlyArray<string> => {
  const parts = ReportText.unansweredParts(arm)
  const facts = [
    `${Figures.percent(arm.score.mean)}, 95% interval ${Figures.interval(arm.score.ci95)}`,
    `${Figures.plural(arm.items, "request")}: ${Figures.count(arm.scored)} answered, ` +
      `${Figures.count(arm.wrong)} wrong, ${Figures.count(ReportText.unanswered(arm))} without an answer` +
      `${parts === "" ? "" : ` (${parts})`}, ${Figures.count(arm.failed)} failed`,
    `latency p50 ${Figures.duration(arm.latencySeconds.p50)}, p95 ${Figures.duration(arm.latencySeconds.p95)}, ` +
      `p99 ${Figures.duration(arm.latencySeconds.p99)}; cost ${Figures.usd(arm.costUsd)}`
  ]
  return [
    ...wrap(oneLine(arm.label), width).map(style.strong),
    ...facts.flatMap((fact) => indented(fact, width))
  ]
}
