/** The sections that say what a run cost, and what went wrong in it. */
import { Effect } from "effect"
import type { CostReport } from "../../cost/CostReport.ts"
import type { ArmReport, BenchmarkReport } from "../BenchmarkReport.ts"
import * as CostText from "../CostText.ts"
import * as Figures from "../Figures.ts"
import * as ReportText from "../ReportText.ts"
import * as BarPlot from "./BarPlot.ts"
import { type Html, html, type Part } from "./Html.ts"
import type { Section } from "./Page.ts"
import * as Parts from "./Parts.ts"
import { colour, colourClass, type Draw, keyOf } from "./Plots.ts"

/** What a bar is made of: parts that do not overlap. */
const PARTS = [
  { name: "in real time", colour: 0 },
  { name: "by batches", colour: 2 },
  { name: "unknown or duplicated", colour: 1 }
] as const

const partsOf = (cost: CostReport): ReadonlyArray<number> => {
  const lost = Math.min(cost.totalUsd, cost.unknownUsd + cost.duplicatedUsd)
  const online = Math.max(0, cost.onlineUsd - lost)
  return [online, cost.totalUsd - lost - online, lost]
}

export const cost = (report: BenchmarkReport, draw: Draw): Effect.Effect<Section> =>
  Effect.gen(function* () {
    const { arms } = report
    const priced = arms.flatMap((arm, index) =>
      arm.cost === undefined || arm.costUsd === null ? [] : [{ arm, index, cost: arm.cost }]
    )
    const used = PARTS.filter((_, place) =>
      priced.some(({ cost }) => (partsOf(cost)[place] ?? 0) > 0)
    )
    const plot: Part =
      priced.length > 1 &&
      priced.some(({ cost }) => cost.totalUsd > 0) &&
      (yield* draw(
        BarPlot.make({
          alt: `Cost of each arm. ${priced.map(({ arm, cost }) => `${arm.label}: ${CostText.line(cost)}`).join("; ")}.`,
          label: "'$' + format(datum.value, '~g')",
          bars: priced.map(({ arm, cost, index }) => ({
            name: `${keyOf(index)}   ${arm.label}`,
            value: Figures.usd(cost.totalUsd),
            parts: partsOf(cost).map((amount, place) => ({
              amount,
              colour: colour(PARTS[place]?.colour ?? 0)
            }))
          })),
          legend:
            used.length > 1 &&
            Parts.legend(used.map(({ colour, name }) => ({ name, colour: colourClass(colour) })))
        })
      ))
    return {
      id: "cost",
      title: "Cost and tokens",
      body: html`${plot}${table(arms)}${[
        ReportText.cost(report),
        ReportText.tokens(report),
        ...(report.cost === undefined ? [] : [`This start: ${CostText.line(report.cost)}.`])
      ].map((sentence) => Parts.paragraph(sentence))}`
    }
  })

/** Amounts that a table has a column for where any arm has one; the sum always. */
const AMOUNTS = [
  ["onlineUsd", "Real time"],
  ["batchUsd", "Batch"],
  ["cachedInputUsd", "Cached input"],
  ["unknownUsd", "Unknown outcome"],
  ["retriedUsd", "Sent again"],
  ["duplicatedUsd", "Duplicated"],
  ["savedByBatchUsd", "Saved by batch"],
  ["savedByCachingUsd", "Saved by caching"]
] as const satisfies ReadonlyArray<readonly [keyof CostReport, string]>

const table = (arms: ReadonlyArray<ArmReport>): Html => {
  const used = AMOUNTS.filter(([field]) => arms.some(({ cost }) => (cost?.[field] ?? 0) !== 0))
  return Parts.table({
    caption: "What each arm’s answers cost, and what it went for",
    columns: [
      { title: "Arm" },
      { title: "Answers", kind: "number" },
      { title: "For 1,000 requests", kind: "number" },
      ...used.map(([, title]) => ({ title, kind: "number" }) as const)
    ],
    rows: arms.map(({ cost, costUsd, items, label }, index) => [
      Parts.named(label, index, arms.length),
      Figures.usd(costUsd),
      costUsd === null || items === 0 ? Figures.UNKNOWN : Figures.usd((1000 * costUsd) / items),
      ...used.map(([field]) => (cost === undefined ? Figures.UNKNOWN : Figures.usd(cost[field])))
    ])
  })
}

/** Failed requests by reason, scorers that could not judge, items that did not fit, warnings. */
export const troubles = ({
  failures,
  requests,
  scoreFailures,
  skipped,
  warnings
}: BenchmarkReport): ReadonlyArray<Section> => {
  const failed =
    failures.length > 0 &&
    Parts.table({
      caption: "Failed requests by reason; they are in no score",
      columns: [
        { title: "Reason" },
        { title: "Requests", kind: "number" },
        { title: "Of all", kind: "number" },
        { title: "What to do", kind: "words" }
      ],
      rows: failures.map(({ advice, items, reason }) => [
        reason,
        Figures.count(items),
        Figures.percent(requests.items === 0 ? null : items / requests.items),
        advice
      ])
    })
  const unjudged =
    scoreFailures.length > 0 &&
    html`<h3>Answers that a scorer could not judge</h3>
<p class="note">The first reasons; these answers are in none of its means.</p>
<ul>${scoreFailures.map(({ reason, scorer }) => html`<li>${scorer}: ${reason}</li>`)}</ul>`
  const passed =
    skipped !== undefined &&
    skipped.items > 0 &&
    html`<h3>Items passed over</h3>
<p>${Figures.plural(skipped.items, "item")} did not fit the item schema${skipped.first.length < skipped.items ? "; the first of them" : ""}:</p>
<ul>${skipped.first.map((line) => html`<li>${line}</li>`)}</ul>`
  const warned =
    warnings.length > 0 &&
    html`<h3>Warnings</h3>
<ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`
  const parts = [failed, unjudged, passed, warned]
  return parts.every((part) => part === false)
    ? []
    : [{ id: "failures", title: "Failures and warnings", body: parts }]
}

/** Models that graded answers. */
export const judges = ({ judges: all = [] }: BenchmarkReport): ReadonlyArray<Section> =>
  all.length === 0
    ? []
    : [
        {
          id: "judges",
          title: "Judges",
          body: Parts.table({
            caption: "Models that graded answers; their cost is in no arm’s",
            columns: [
              { title: "Scorer" },
              { title: "Model" },
              { title: "Asked", kind: "number" },
              { title: "Judged", kind: "number" },
              { title: "Cost", kind: "number" },
              { title: "Input tokens", kind: "number" },
              { title: "Output tokens", kind: "number" }
            ],
            rows: all.map((judge) => [
              judge.scorer,
              judge.model,
              Figures.count(judge.asked),
              Figures.count(judge.judged),
              Figures.usd(judge.costUsd),
              Figures.count(judge.inputTokens),
              Figures.count(judge.outputTokens)
            ])
          })
        }
      ]
