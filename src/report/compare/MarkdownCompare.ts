/** A comparison as Markdown, for a pull request. Names cannot break out of their cells. */
import * as MarkdownReport from "../MarkdownReport.ts"
import type { CompareReport } from "./CompareReport.ts"
import * as CompareSections from "./CompareSections.ts"

/** Ends with a line feed. */
export const render = (report: CompareReport): string =>
  [
    `## ${MarkdownReport.escaped(CompareSections.title(report))}`,
    "",
    ...CompareSections.warnings(report).flatMap((text) => [
      `> **${MarkdownReport.escaped(text)}**`,
      ""
    ]),
    ...CompareSections.of(report).flatMap(MarkdownReport.section)
  ].join("\n")
