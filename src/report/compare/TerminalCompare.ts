/** A comparison for a terminal: tables where they fit the width, else sentences. */
import { oneLine } from "../PlainText.ts"
import type * as TerminalReport from "../TerminalReport.ts"
import * as TerminalSections from "../TerminalSections.ts"
import * as TerminalStyle from "../TerminalStyle.ts"
import { wrap } from "../Wrap.ts"
import type { CompareReport } from "./CompareReport.ts"
import * as CompareSections from "./CompareSections.ts"

/** Ends with a line feed. No text of a model, file or flag reaches the terminal with control characters in it. */
export const render = (
  report: CompareReport,
  { colour = false, width: asked = 80 }: TerminalReport.Options = {}
): string => {
  const width = Math.max(20, asked)
  const style = TerminalStyle.of(colour)
  return [
    ...wrap(oneLine(CompareSections.title(report)), width).map(style.strong),
    ...CompareSections.warnings(report).flatMap((text) => wrap(text, width).map(style.alert)),
    ...CompareSections.of(report).flatMap((section) =>
      TerminalSections.lines(section, width, style)
    ),
    ""
  ].join("\n")
}
