/** The part of a comparison that names items: those that one side of a pair did better on. Sanitized. */
import * as Figures from "../Figures.ts"
import { oneLine } from "../PlainText.ts"
import type { Section } from "../ReportSections.ts"
import type { CompareReport, Pair, Won, WonItem } from "./CompareReport.ts"

/** With more pairs the lists would bury the rest. */
const TOLD_PAIRS = 3

export const of = ({ pairs }: CompareReport, told: number): ReadonlyArray<Section> => {
  const most = pairs.length === 1 ? told : Math.min(told, 3)
  if (pairs.length > TOLD_PAIRS) return []
  return pairs.flatMap((pair) => [
    ...won(pair, pair.betterA, [pair.a, pair.b], most),
    ...won(pair, pair.betterB, [pair.b, pair.a], most)
  ])
}

const won = (
  { comparison }: Pair,
  { items, listed }: Won,
  [winner, loser]: readonly [string, string],
  most: number
): ReadonlyArray<Section> => {
  if (items === 0) return []
  const shown = largest(listed, most)
  const [better, worse] = [oneLine(winner), oneLine(loser)]
  return [
    {
      title:
        comparison.table === null
          ? `${better} better than ${worse} on ${Figures.plural(items, "item")}`
          : `Only ${better} right, not ${worse}: ${Figures.plural(items, "item")}`,
      body: {
        _tag: "Lists",
        lists: [{ name: "", lines: shown.map((item) => line(item, comparison.table === null)) }]
      },
      notes:
        items > shown.length
          ? [`And ${Figures.count(items - shown.length)} more: --json has them.`]
          : []
    }
  ]
}

/** The widest gaps first, in the dataset's order. */
export const largest = (items: ReadonlyArray<WonItem>, most: number): ReadonlyArray<WonItem> =>
  items
    .toSorted((one, other) => Math.abs(other.a - other.b) - Math.abs(one.a - one.b))
    .slice(0, most)

/** `line 12 (4f…): What is …? → 18` */
const line = ({ a, b, itemId, line, prompt, target }: WonItem, graded: boolean): string => {
  const scores = graded ? ` (${Figures.percent(a)} and ${Figures.percent(b)})` : ""
  return `line ${Figures.count(line)}, ${oneLine(itemId)}${scores}: ${oneLine(prompt)} → ${oneLine(target)}`
}
