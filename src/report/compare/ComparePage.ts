/**
 * A comparison as one page that needs no network: `spillway compare … --html FILE`. The same comparison always gives the
 * same bytes. Its frame, plots and tables are those of every page: `report/html/`.
 */
import { Effect } from "effect"
import * as Figures from "../Figures.ts"
import * as HtmlSections from "../html/CompareSections.ts"
import { type Html, html, type Part } from "../html/Html.ts"
import * as IntervalPlot from "../html/IntervalPlot.ts"
import * as Page from "../html/Page.ts"
import * as Parts from "../html/Parts.ts"
import * as Plots from "../html/Plots.ts"
import { SIMULATED } from "../ReportText.ts"
import type { CompareReport, Pair, Side, Won } from "./CompareReport.ts"
import * as CompareSections from "./CompareSections.ts"
import * as WonSections from "./WonSections.ts"

/** Items that a page lists, of each kind of win of a single pair; the JSON has all of them. */
const TOLD = 100
/** Of each of many pairs. */
const LEAST_TOLD = 5

/** The whole document. */
export const render = Effect.fn("ComparePage.render")(function* (
  report: CompareReport
): Effect.fn.Return<string> {
  const { pairs, scorer, sides } = report
  const draw = yield* Plots.load
  const labels = sides.map(({ name }) => name)
  const [comparisons] = yield* HtmlSections.comparisons(
    pairs.map(({ comparison }) => comparison),
    labels,
    draw
  )
  return Page.render({
    kind: "Comparison",
    heading: labels.join(" · "),
    facts: [
      `Scored by ${scorer}`,
      ...(CompareSections.sameArm(sides) ? [`Arm of each: ${sides[0]?.arm ?? ""}`] : []),
      `Spillway ${report.spillway}`
    ],
    banners: banners(report),
    sections: [
      yield* scores(report, draw),
      ...(comparisons === undefined
        ? []
        : [{ ...comparisons, body: html`${comparisons.body}${verdicts(report)}` }]),
      ...wins(report),
      spending(report)
    ],
    footer: html`<p>Made by Spillway ${report.spillway} from the runs’ store; nothing in this page is loaded from elsewhere.</p>`
  })
})

const banners = (report: CompareReport): ReadonlyArray<Page.Banner> =>
  CompareSections.warnings(report).map((text) => ({
    kind: text === SIMULATED ? "simulated" : text.startsWith("UNFINISHED") ? "unfinished" : "note",
    text
  }))

const scores = (report: CompareReport, draw: Plots.Draw): Effect.Effect<Page.Section> =>
  Effect.gen(function* () {
    const { sides } = report
    const shown = (side: Side) => {
      const { ci95, mean } = CompareSections.scoreOf(report, side)
      return IntervalPlot.shown(mean, ci95)
    }
    const plot = yield* draw(
      IntervalPlot.make({
        scale: "share",
        alt: `Score of each on all of its own items, with its 95% interval. ${sides
          .map((side) => `${side.name}: ${shown(side)}`)
          .join("; ")}.`,
        rows: sides.map((side, place) => ({
          name: `${Plots.keyOf(place)}   ${side.name}`,
          mean: CompareSections.scoreOf(report, side).mean,
          interval: CompareSections.scoreOf(report, side).ci95,
          value: shown(side),
          colour: Plots.colour(place)
        })),
        caption: `Dots are means of ${report.scorer}, lines their 95% intervals, each on all of its own items. Whether two differ is told by the comparisons below, on the items they have in common.`
      })
    )
    return { id: "scores", title: "Scores", body: html`${plot}${ends(report)}` }
  })

const named = (report: CompareReport, name: string): Html =>
  Parts.named(
    name,
    report.sides.findIndex((side) => side.name === name),
    report.sides.length
  )

const number = (title: string): Parts.Column => ({ title, kind: "number" })

const ends = (report: CompareReport): Html => {
  const { sides } = report
  const missing = sides.some((side) => side.missing > 0)
  const armed = CompareSections.tellsArms(report)
  return Parts.table({
    caption: "What became of the requests, and the score under both ways to count no answer",
    columns: [
      { title: "Run" },
      ...(armed ? [{ title: "Arm" }] : []),
      ...["Items", "Requests", "Wrong", "No answer", "Failed"].map(number),
      ...(missing ? [number("Missing")] : []),
      number("No answer as wrong"),
      number("Left out"),
      { title: "Answered by", kind: "words" }
    ],
    rows: sides.map((side) => [
      named(report, side.name),
      ...(armed ? [side.arm] : []),
      ...[side.items, side.requests, side.wrong].map(Figures.count),
      Figures.count(CompareSections.unanswered(side)),
      Figures.count(side.failed),
      ...(missing ? [Figures.count(side.missing)] : []),
      Figures.percent(side.noAnswerWrong.mean),
      Figures.percent(side.noAnswerExcluded.mean),
      side.servedModels.join(", ")
    ])
  })
}

/** In words, with what the other way to count no answer would say. */
const verdicts = (report: CompareReport): Html =>
  html`${report.pairs.map((pair) => pairText(report, pair))}`

const pairText = (report: CompareReport, pair: Pair): Html =>
  html`${CompareSections.linesOf(report, pair).map(Parts.paragraph)}`

const wins = (report: CompareReport): ReadonlyArray<Page.Section> => {
  const lists = report.pairs.flatMap((pair) => [
    won(report, pair, pair.betterA, pair.a, pair.b),
    won(report, pair, pair.betterB, pair.b, pair.a)
  ])
  const body: ReadonlyArray<Part> = lists.filter((list) => list !== false)
  return body.length === 0 ? [] : [{ id: "won", title: "Who got what right", body }]
}

const won = (
  report: CompareReport,
  { a, b, comparison }: Pair,
  { items, listed }: Won,
  winner: string,
  loser: string
): Html | false => {
  if (items === 0) return false
  const graded = comparison.table === null
  const most = Math.max(LEAST_TOLD, Math.floor(TOLD / report.pairs.length))
  const shown = WonSections.largest(listed, most)
  const more = items - shown.length
  return html`<h3>${graded ? "Better: " : "Only "}${named(report, winner)}${graded ? " than " : ", not "}${named(report, loser)}: ${Figures.plural(items, "item")}</h3>
${Parts.table({
  caption: `The items that ${winner} ${graded ? "did better on" : "alone got right"}`,
  columns: [
    { title: "Item" },
    number("Line"),
    { title: "Asked", kind: "words" },
    { title: "Target", kind: "words" },
    ...(graded ? [number(a), number(b)] : [])
  ],
  rows: shown.map((item) => [
    item.itemId,
    Figures.count(item.line),
    item.prompt,
    item.target,
    ...(graded ? [Figures.percent(item.a), Figures.percent(item.b)] : [])
  ])
})}${more > 0 && Parts.note(`And ${Figures.count(more)} more: spillway compare … --json FILE has them.`)}`
}

const spending = (report: CompareReport): Page.Section => ({
  id: "cost",
  title: "Cost and latency",
  body: Parts.table({
    caption: "Cost and latency side by side",
    columns: [
      { title: "Run" },
      ...["p50", "p95", "p99", "Input tokens", "Output tokens", "Cost", "Of the first"].map(number)
    ],
    rows: report.sides.map(({ costUsd, inputTokens, latencySeconds, name, outputTokens }) => [
      named(report, name),
      Figures.duration(latencySeconds.p50),
      Figures.duration(latencySeconds.p95),
      Figures.duration(latencySeconds.p99),
      Figures.count(inputTokens),
      Figures.count(outputTokens),
      Figures.usd(costUsd),
      CompareSections.times(costUsd, report.sides[0]?.costUsd ?? null)
    ])
  })
})
