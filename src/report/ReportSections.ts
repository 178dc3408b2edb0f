/**
 * What a benchmark's report says beyond its first table: other scorers, arms against each other, temperatures, repeats,
 * tags. Each section is there where the report has something of it; `TerminalReport.ts` and `MarkdownReport.ts` lay them
 * out. Sanitized.
 */
import type { BenchmarkReport, Score, ScorerReport } from "./BenchmarkReport.ts"
import * as CompareText from "./CompareText.ts"
import * as Figures from "./Figures.ts"
import { oneLine } from "./PlainText.ts"
import * as RepeatsText from "./RepeatsText.ts"

export interface Section {
  readonly title: string
  readonly body: Table | Lists
  /** Below the body. */
  readonly notes: ReadonlyArray<string>
}

export interface Table {
  readonly _tag: "Table"
  /** How many columns hold texts; the ones after them hold figures. */
  readonly texts: number
  readonly headings: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  /** What can be drawn beside the rows, one for each. */
  readonly drawn?: ReadonlyArray<Score>
  /** The rows in words, for where the table does not fit. */
  readonly sentences?: ReadonlyArray<string>
}

/** Sentences, under names where the list has one. */
export interface Lists {
  readonly _tag: "Lists"
  readonly lists: ReadonlyArray<{ readonly name: string; readonly lines: ReadonlyArray<string> }>
}

export const of = (report: BenchmarkReport): ReadonlyArray<Section> => [
  ...scorers(report),
  ...comparisons(report),
  ...temperatures(report),
  ...repeats(report),
  ...tags(report)
]

const SCORE = ["score", "95% interval"]
const score = ({ ci95, mean }: Score) => [Figures.percent(mean), Figures.interval(ci95)]

/** The first one leads the report; a line for each of the others. */
const scorers = ({ arms, noAnswerPolicy }: BenchmarkReport): ReadonlyArray<Section> => {
  const chosen = (scorer: ScorerReport) =>
    noAnswerPolicy === "wrong" ? scorer.noAnswerWrong : scorer.noAnswerExcluded
  const rows = arms.flatMap((arm) =>
    arm.scorers
      .slice(1)
      .map((scorer) => [
        ...(arms.length === 1 ? [] : [oneLine(arm.label)]),
        oneLine(scorer.scorer),
        ...score(chosen(scorer)),
        Figures.count(scorer.scoreFailed)
      ])
  )
  const headings = [...(arms.length === 1 ? [] : ["arm"]), "scorer", ...SCORE, "not judged"]
  const first = oneLine(arms[0]?.scorers[0]?.scorer ?? "")
  return rows.length === 0
    ? []
    : [
        {
          title: "Other scorers",
          body: { _tag: "Table", texts: headings.length - 3, headings, rows },
          notes: [`The numbers of the rest of the report are by ${first}.`]
        }
      ]
}

/** More comparisons than these are a table. */
const IN_WORDS = 6

const comparisons = ({ comparisons = [] }: BenchmarkReport): ReadonlyArray<Section> => {
  if (comparisons.length === 0) return []
  const several = comparisons.length > 1
  const notes = several
    ? [`p is corrected for ${Figures.count(comparisons.length)} comparisons by Holm's method.`]
    : []
  const lines = comparisons.map(CompareText.sentence)
  if (comparisons.length <= IN_WORDS) {
    return [
      { title: "Arms compared", body: { _tag: "Lists", lists: [{ name: "", lines }] }, notes }
    ]
  }
  const headings = ["better", "than", "items", "points", "95% interval", "p corrected", "chance?"]
  const rows = comparisons.map((one) => {
    const { better, by, ci95, worse } = CompareText.ranked(one)
    return [
      better,
      worse,
      Figures.count(one.items),
      by === null ? Figures.UNKNOWN : Figures.points(by),
      ci95 === null ? Figures.UNKNOWN : Figures.pointsInterval(ci95),
      Figures.pValue(one.pHolm),
      CompareText.verdict(one)
    ]
  })
  return [
    {
      title: "Arms compared",
      body: { _tag: "Table", texts: 2, headings, rows, sentences: lines },
      notes
    }
  ]
}

const temperatures = ({
  temperatureCurves: curves = []
}: BenchmarkReport): ReadonlyArray<Section> =>
  curves.map(({ name, points }) => ({
    title: `Score against temperature, ${oneLine(name)}`,
    body: {
      _tag: "Table",
      texts: 0,
      headings: ["temperature", ...SCORE],
      rows: points.map((point) => [String(point.temperature), ...score(point.score)]),
      drawn: points.map((point) => point.score)
    },
    notes: []
  }))

/** The repeats of more arms than these are a table. */
const IN_LISTS = 4

const repeats = ({ arms }: BenchmarkReport): ReadonlyArray<Section> => {
  const repeated = arms.flatMap((arm) =>
    arm.repeated === undefined
      ? []
      : [{ name: oneLine(arm.label), told: arm.repeated, repeats: arm.repeats }]
  )
  const most = Math.max(...repeated.map((arm) => arm.repeats))
  const title = `${Figures.count(most)} repeats of each item`
  if (repeated.length === 0) return []
  if (repeated.length <= IN_LISTS) {
    const lists = repeated.map(({ name, told }) => ({
      name: arms.length === 1 ? "" : name,
      lines: RepeatsText.lines(told)
    }))
    return [{ title, body: { _tag: "Lists", lists }, notes: [] }]
  }
  const headings = ["arm", "all agree", "within", "majority", `pass@${most}`, `pass^${most}`]
  const rows = repeated.map(({ name, told }) => [name, ...RepeatsText.figures(told)])
  return [
    {
      title,
      body: { _tag: "Table", texts: 1, headings, rows },
      notes: [
        "all agree: items whose repeats are all equal. within: share of the variance from repeat to repeat.",
        "Intervals and other k are in the JSON report."
      ]
    }
  ]
}

/** Tags that people are shown at most, and rows of all arms together; JSON has more. */
const [TAGS, TAG_ROWS] = [10, 20]

const tags = ({ arms, tags = [] }: BenchmarkReport): ReadonlyArray<Section> => {
  if (tags.length === 0) return []
  const single = arms.length === 1
  const shown = Math.max(1, Math.min(TAGS, Math.floor(TAG_ROWS / arms.length)))
  const rows = tags
    .slice(0, shown)
    .flatMap(({ items, scores, tag }) =>
      scores.map((one, arm) => [
        oneLine(tag),
        ...(single ? [] : [oneLine(arms[arm]?.label ?? "")]),
        Figures.count(items),
        ...score(one)
      ])
    )
  const headings = ["tag", ...(single ? [] : ["arm"]), "items", ...SCORE]
  const notes =
    tags.length > shown
      ? [`The most frequent tags; the JSON report has ${Figures.count(tags.length)}.`]
      : []
  return [
    {
      title: "Score by tag",
      body: { _tag: "Table", texts: headings.length - 3, headings, rows },
      notes
    }
  ]
}
