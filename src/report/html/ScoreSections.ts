/** The sections of a benchmark's page that say how good its arms are. */
import { Effect } from "effect"
import type { ArmReport, BenchmarkReport, Score } from "../BenchmarkReport.ts"
import * as Figures from "../Figures.ts"
import * as ReportText from "../ReportText.ts"
import * as CurvePlot from "./CurvePlot.ts"
import { type Html, html, type Part } from "./Html.ts"
import * as IntervalPlot from "./IntervalPlot.ts"
import type { Section } from "./Page.ts"
import * as Parts from "./Parts.ts"
import { colour, colourClass, type Draw, keyOf } from "./Plots.ts"

const scored = ({ ci95, mean }: Score): string => IntervalPlot.shown(mean, ci95)

const titleOf = (name: string, index: number, of: number): string =>
  of > 1 ? `${keyOf(index)}   ${name}` : name

/** The arms, their scores with intervals, and what became of their requests. */
export const scores = (report: BenchmarkReport, draw: Draw): Effect.Effect<Section> =>
  Effect.gen(function* () {
    const { arms, noAnswerPolicy } = report
    const [first] = arms[0]?.scorers ?? []
    const plot = yield* draw(
      IntervalPlot.make({
        scale: "share",
        alt: `Score of each arm with its 95% interval. ${arms
          .map(({ label, score }) => `${label}: ${scored(score)}`)
          .join("; ")}.`,
        rows: arms.map(({ label, score }, index) => ({
          name: titleOf(label, index, arms.length),
          mean: score.mean,
          interval: score.ci95,
          value: scored(score),
          colour: colour(index)
        })),
        caption: `Dots are means${first === undefined ? "" : ` of ${first.scorer}`}, lines their 95% intervals. ${ReportText.policy(report)} ${ReportText.groups(report).join(" ")}`
      })
    )
    return {
      id: "scores",
      title: "Scores",
      body: html`${plot}${ends(arms)}${policies(arms, noAnswerPolicy)}`
    }
  })

/** What became of the requests: failed ones are nowhere counted as wrong. */
const ends = (arms: ReadonlyArray<ArmReport>): Html => {
  const missing = arms.some((arm) => arm.missing > 0)
  return Parts.table({
    caption: "What became of the requests of each arm",
    columns: [
      { title: "Arm" },
      { title: "Requests", kind: "number" },
      { title: "Answered", kind: "number" },
      { title: "Wrong", kind: "number" },
      { title: "No answer", kind: "number" },
      { title: "Failed", kind: "number" },
      ...(missing ? [{ title: "Missing", kind: "number" } as const] : []),
      { title: "Answered by", kind: "words" }
    ],
    rows: arms.map((arm, index) => {
      const parts = ReportText.unansweredParts(arm)
      return [
        Parts.named(arm.label, index, arms.length),
        Figures.count(arm.items),
        Figures.count(arm.scored),
        Figures.count(arm.wrong),
        html`${Figures.count(ReportText.unanswered(arm))}${parts !== "" && html`<small>${parts}</small>`}`,
        Figures.count(arm.failed),
        ...(missing ? [Figures.count(arm.missing)] : []),
        arm.servedModels.join(", ")
      ]
    })
  })
}

/** Every scorer, under both ways to count what the model did not answer. */
const policies = (
  arms: ReadonlyArray<ArmReport>,
  policy: BenchmarkReport["noAnswerPolicy"]
): Html => {
  const failed = arms.some(({ scorers }) => scorers.some((scorer) => scorer.scoreFailed > 0))
  const chosen = (mine: typeof policy, title: string) =>
    mine === policy ? html`${title}<small> (the score)</small>` : title
  return Parts.table({
    caption:
      "Every scorer, with no answer counted as wrong and with it left out: mean and 95% interval",
    columns: [
      { title: "Arm" },
      { title: "Scorer" },
      { title: chosen("wrong", "No answer is wrong"), kind: "number" },
      { title: "Of", kind: "number" },
      { title: chosen("exclude", "No answer left out"), kind: "number" },
      { title: "Of", kind: "number" },
      ...(failed ? [{ title: "Not judged", kind: "number" } as const] : [])
    ],
    rows: arms.flatMap(({ label, scorers }, index) =>
      scorers.map(({ noAnswerExcluded, noAnswerWrong, scoreFailed, scorer }) => [
        Parts.named(label, index, arms.length),
        scorer,
        scored(noAnswerWrong),
        Figures.count(noAnswerWrong.n),
        scored(noAnswerExcluded),
        Figures.count(noAnswerExcluded.n),
        ...(failed ? [Figures.count(scoreFailed)] : [])
      ])
    )
  })
}

/** Score against temperature. */
export const temperatures = (
  { temperatureCurves = [] }: BenchmarkReport,
  draw: Draw
): Effect.Effect<ReadonlyArray<Section>> =>
  Effect.gen(function* () {
    if (temperatureCurves.length === 0) return []
    const several = temperatureCurves.length > 1
    const values = temperatureCurves.flatMap(({ points }) =>
      points.map(({ temperature }) => temperature)
    )
    const told = temperatureCurves.map(
      ({ name, points }) =>
        `${name}: ${points.map(({ score, temperature }) => `${scored(score)} at ${temperature}`).join(", ")}`
    )
    const plot = yield* draw(
      CurvePlot.make({
        form: "line",
        alt: `Score against temperature, with 95% intervals. ${told.join("; ")}.`,
        x: { title: "temperature", values: [...new Set(values)].sort((a, b) => a - b) },
        y: { percent: true },
        series: temperatureCurves.map(({ points }, index) => ({
          colour: colour(index),
          ...(several ? { key: keyOf(index) } : {}),
          points: points.map(({ score, temperature }) => ({
            x: temperature,
            y: score.mean,
            ...(score.ci95 === null ? {} : { low: score.ci95[0], high: score.ci95[1] })
          }))
        })),
        legend: Parts.legend(
          temperatureCurves.map(({ name }, index) => ({
            name: titleOf(name, index, temperatureCurves.length),
            colour: colourClass(index)
          }))
        ),
        caption: "The bands are the 95% intervals of each score."
      })
    )
    const table = Parts.table({
      caption: "Score by temperature: mean and 95% interval",
      columns: [
        { title: "Arms" },
        { title: "Temperature", kind: "number" },
        { title: "Score", kind: "number" },
        { title: "Of", kind: "number" }
      ],
      rows: temperatureCurves.flatMap(({ name, points }, index) =>
        points.map(({ score, temperature }) => [
          Parts.named(name, index, temperatureCurves.length),
          String(temperature),
          scored(score),
          Figures.count(score.n)
        ])
      )
    })
    return [{ id: "temperature", title: "Temperature", body: html`${plot}${table}` }]
  })

/** Rows of a plot of tags: more would not be read. */
const MOST_ROWS = 36

/** The score of the items with a tag, for each arm. */
export const tags = (
  { arms, tags: all = [] }: BenchmarkReport,
  draw: Draw
): Effect.Effect<ReadonlyArray<Section>> =>
  Effect.gen(function* () {
    if (all.length === 0) return []
    const drawn = all.slice(0, Math.floor(MOST_ROWS / Math.max(1, arms.length)))
    const rows = drawn.flatMap(({ items, scores, tag }) =>
      scores.map((score, index) => ({
        name: `${index === 0 ? `${tag} (${Figures.count(items)})` : ""}${arms.length > 1 ? `   ${keyOf(index)}` : ""}`,
        mean: score.mean,
        interval: score.ci95,
        value: scored(score),
        colour: colour(index)
      }))
    )
    const told = drawn.map(
      ({ scores, tag }) => `${tag}: ${scores.map((score) => scored(score)).join(", ")}`
    )
    const plot: Part =
      drawn.length === 0
        ? false
        : yield* draw(
            IntervalPlot.make({
              scale: "share",
              dense: true,
              rows,
              alt: `Score by tag with 95% intervals, in the order of the arms. ${told.join("; ")}.`,
              caption: `${drawn.length === all.length ? "" : `The ${drawn.length} most frequent tags; all of them are in the table. `}In brackets the number of items. An item with several tags counts in each of them.`
            })
          )
    const table = Parts.table({
      caption: "Score by tag: mean and 95% interval",
      columns: [
        { title: "Tag" },
        { title: "Items", kind: "number" },
        ...arms.map(({ label }, index) => ({
          title: Parts.named(label, index, arms.length),
          kind: "number" as const
        }))
      ],
      rows: all.map(({ items, scores, tag }) => [
        tag,
        Figures.count(items),
        ...scores.map((score) => scored(score))
      ])
    })
    return [{ id: "tags", title: "Tags", body: html`${plot}${table}` }]
  })
