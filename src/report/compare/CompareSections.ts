/**
 * What a comparison says, in sections that `TerminalCompare.ts`, `MarkdownCompare.ts` and `ComparePage.ts` lay out.
 * Sanitized.
 */
import type { ComparisonReport } from "../BenchmarkReport.ts"
import * as CompareText from "../CompareText.ts"
import * as Figures from "../Figures.ts"
import { oneLine } from "../PlainText.ts"
import type { Section } from "../ReportSections.ts"
import { SIMULATED } from "../ReportText.ts"
import type { CompareReport, Pair, Side } from "./CompareReport.ts"
import * as WonSections from "./WonSections.ts"

export const title = ({ scorer, sides }: CompareReport): string =>
  `${sides.map(({ name }) => oneLine(name)).join(" · ")} by ${oneLine(scorer)}`

/** What must not be overlooked. */
export const warnings = ({ complete, sides, simulated, warnings }: CompareReport) => [
  ...(simulated ? [SIMULATED] : []),
  ...(complete ? [] : [unfinished(sides)]),
  ...warnings.map(oneLine)
]

const unfinished = (sides: ReadonlyArray<Side>): string => {
  const missing = sides.flatMap(({ missing, name }) =>
    missing === 0 ? [] : [`${Figures.plural(missing, "request")} of ${oneLine(name)}`]
  )
  return missing.length === 0
    ? "UNFINISHED: not all of the runs came to their end."
    : `UNFINISHED: ${missing.join(", ")} missing; the numbers cover what was reached.`
}

export interface Options {
  /** Items of each list of a single pair that are told one by one; of several pairs fewer. Default 10. */
  readonly told?: number | undefined
}

export const of = (report: CompareReport, { told = 10 }: Options = {}): ReadonlyArray<Section> => [
  scores(report),
  spending(report),
  differences(report),
  ...WonSections.of(report, told)
]

export const scoreOf = (
  { noAnswerPolicy }: Pick<CompareReport, "noAnswerPolicy">,
  side: Side
): Side["noAnswerWrong"] =>
  noAnswerPolicy === "wrong" ? side.noAnswerWrong : side.noAnswerExcluded

/** Requests that the model did not answer. */
export const unanswered = ({ empty, filtered, offSchema, refused, truncated }: Side): number =>
  refused + truncated + filtered + empty + offSchema

/** Whether a column of arms would say anything: they are not all the same, and the names do not tell them. */
export const tellsArms = ({ sides }: Pick<CompareReport, "sides">): boolean =>
  !sameArm(sides) && !sides.every(({ arm, name }) => name.endsWith(arm))

const armOf = (report: CompareReport): ReadonlyArray<readonly [string, (side: Side) => string]> =>
  tellsArms(report) ? [["arm", ({ arm }) => oneLine(arm)]] : []

export const sameArm = ([first, ...others]: ReadonlyArray<Side>): boolean =>
  others.every(({ arm }) => arm === first?.arm)

const tableOf = (
  report: CompareReport,
  texts: ReadonlyArray<readonly [string, (side: Side) => string]>,
  figures: ReadonlyArray<readonly [string, (side: Side) => string]>
): Section["body"] => {
  const columns = [...texts, ...figures]
  return {
    _tag: "Table",
    texts: texts.length,
    headings: columns.map(([heading]) => heading),
    rows: report.sides.map((side) => columns.map(([, of]) => of(side)))
  }
}

const name = ["run", (side: Side) => oneLine(side.name)] as const

const scores = (report: CompareReport): Section => {
  const body = tableOf(
    report,
    [name, ...armOf(report)],
    [
      ["items", ({ items }) => Figures.count(items)],
      ["score", (side) => Figures.percent(scoreOf(report, side).mean)],
      ["95% interval", (side) => Figures.interval(scoreOf(report, side).ci95)],
      ["wrong", ({ wrong }) => Figures.count(wrong)],
      ["no answer", (side) => Figures.count(unanswered(side))],
      ["failed", ({ failed }) => Figures.count(failed)]
    ]
  )
  const other = report.sides.map((side) => {
    const { mean } = report.noAnswerPolicy === "wrong" ? side.noAnswerExcluded : side.noAnswerWrong
    return `${oneLine(side.name)} ${Figures.percent(mean)}`
  })
  const wrong = report.noAnswerPolicy === "wrong"
  const none = report.sides.every((side) => unanswered(side) === 0)
  return {
    title: "Each on all of its own items",
    body:
      body._tag === "Table"
        ? { ...body, drawn: report.sides.map((side) => scoreOf(report, side)) }
        : body,
    notes: [
      ...(sameArm(report.sides) ? [`Arm of each: ${oneLine(report.sides[0]?.arm ?? "")}.`] : []),
      none
        ? `No answer ${wrong ? "counts as wrong" : "is left out"}; there was none such.`
        : `No answer ${wrong ? "counts as wrong. Left out" : "is left out. Counted as wrong"}: ${other.join(", ")}.`,
      ...report.sides.flatMap(({ name, scoreFailed }) =>
        scoreFailed === 0
          ? []
          : [
              `${oneLine(name)}: ${Figures.plural(scoreFailed, "answer")} that the scorer could not judge, in no score.`
            ]
      )
    ]
  }
}

/** `×1.52` of the first side. */
export const times = (value: number | null, base: number | null): string =>
  value === null || base === null || base === 0 ? Figures.UNKNOWN : `×${(value / base).toFixed(2)}`

const spending = (report: CompareReport): Section => {
  const base = report.sides[0]?.costUsd ?? null
  return {
    title: "Cost and latency",
    body: tableOf(
      report,
      [name],
      [
        ["requests", ({ requests }) => Figures.count(requests)],
        ["p50", ({ latencySeconds }) => Figures.duration(latencySeconds.p50)],
        ["p95", ({ latencySeconds }) => Figures.duration(latencySeconds.p95)],
        ["input", ({ inputTokens }) => Figures.count(inputTokens)],
        ["output", ({ outputTokens }) => Figures.count(outputTokens)],
        ["cost", ({ costUsd }) => Figures.usd(costUsd)],
        ["of the first", ({ costUsd }) => times(costUsd, base)]
      ]
    ),
    notes: []
  }
}

const differences = (report: CompareReport): Section => {
  const several = report.pairs.length > 1
  return {
    title: "On the items in common",
    body: {
      _tag: "Lists",
      lists: report.pairs.map((pair) => ({
        name: several ? `${oneLine(pair.a)} and ${oneLine(pair.b)}` : "",
        lines: linesOf(report, pair)
      }))
    },
    notes: several
      ? [`p is corrected for ${Figures.count(report.pairs.length)} comparisons by Holm's method.`]
      : []
  }
}

/** Sentences: the difference, what the other policy says, and the items it is about. */
export const linesOf = (report: CompareReport, pair: Pair): ReadonlyArray<string> => [
  CompareText.sentence(pair.comparison),
  ...otherPolicy(report, pair),
  overlap(pair)
]

/** Said where it makes a difference. */
const otherPolicy = (
  { noAnswerPolicy }: CompareReport,
  { comparison, otherPolicy }: Pair
): ReadonlyArray<string> =>
  same(comparison, otherPolicy)
    ? []
    : [
        `With no answer ${noAnswerPolicy === "wrong" ? "left out" : "counted as wrong"}: ` +
          `${gain(otherPolicy)}; ${CompareText.verdict(otherPolicy)}.`
      ]

const same = (one: ComparisonReport, other: ComparisonReport): boolean =>
  one.items === other.items && one.difference === other.difference

/** `B better by 1.5 points (0.4 to 2.6), p 0.012` */
const gain = (comparison: ComparisonReport): string => {
  const { better, by, ci95 } = CompareText.ranked(comparison)
  if (by === null) return "nothing in common"
  const interval = ci95 === null ? "" : ` (${Figures.pointsInterval(ci95)})`
  const who = by === 0 ? "the same" : `${better} better by ${Figures.points(by)} points`
  return `${who}${interval} on ${Figures.plural(comparison.items, "item")}, p ${Figures.pValue(comparison.p)}`
}

const overlap = ({ a, b, common, onlyInA, onlyInB, unpaired }: Pair): string => {
  const [first, second] = [oneLine(a), oneLine(b)]
  const alone = [
    ...(onlyInA === 0 ? [] : [`${Figures.count(onlyInA)} in ${first} alone`]),
    ...(onlyInB === 0 ? [] : [`${Figures.count(onlyInB)} in ${second} alone`])
  ]
  const items = `${Figures.plural(common, "item")} in common`
  return [
    `${items}${alone.length === 0 ? "" : `, ${alone.join(", ")}`}.`,
    ...(unpaired === 0
      ? []
      : [
          `${Figures.count(unpaired)} of them without a score in one of the two (failed, missing or not judged), in no pair.`
        ])
  ].join(" ")
}
