/**
 * A run as one page that needs no network: `spillway report RUN --html FILE`. What it shows is read by `ReportData.ts`;
 * the same data always gives the same bytes. The libraries that it is made with are loaded when it is made.
 */
import { Effect } from "effect"
import * as Money from "../../cost/Money.ts"
import type { BenchmarkReport } from "../BenchmarkReport.ts"
import * as Figures from "../Figures.ts"
import * as ReportText from "../ReportText.ts"
import { version } from "../Version.ts"
import * as CompareSections from "./CompareSections.ts"
import * as CostSections from "./CostSections.ts"
import { html } from "./Html.ts"
import { script } from "./ItemScript.ts"
import * as ItemSection from "./ItemSection.ts"
import * as OverTime from "./OverTime.ts"
import * as Page from "./Page.ts"
import * as Parts from "./Parts.ts"
import * as Plots from "./Plots.ts"
import type { ReportData } from "./ReportData.ts"
import * as ScoreSections from "./ScoreSections.ts"
import * as TimeSections from "./TimeSections.ts"

/** The whole document. */
export const render = Effect.fn("HtmlReport.render")(function* (
  data: ReportData
): Effect.fn.Return<string> {
  const draw = yield* Plots.load
  const { items, looks, report, run } = data
  const time = yield* TimeSections.overTime(OverTime.make(looks), draw)
  const scored = report === undefined ? undefined : yield* scoredSections(report, data, draw)
  return Page.render({
    kind: "Benchmark report",
    heading: report?.benchmark ?? run.name,
    facts: facts(data),
    banners: banners(data),
    lead: Parts.tiles(report === undefined ? tilesOfRun(data) : tiles(report)),
    sections: [
      ...(scored?.before ?? []),
      ...time,
      ...(scored?.after ?? []),
      ItemSection.section(data)
    ],
    footer: html`<p>Made by Spillway ${version} from the run’s store; nothing in this page is loaded from elsewhere.</p>`,
    ...(items.rows.length === 0 ? {} : { script: { code: script, data: ItemSection.dataOf(data) } })
  })
})

const scoredSections = Effect.fnUntraced(function* (
  report: BenchmarkReport,
  { latencies }: ReportData,
  draw: Plots.Draw
) {
  const { arms } = report
  const labels = arms.map(({ label }) => label)
  const before: ReadonlyArray<Page.Section> = [
    yield* ScoreSections.scores(report, draw),
    ...(yield* CompareSections.comparisons(report.comparisons ?? [], labels, draw)),
    ...(yield* ScoreSections.temperatures(report, draw)),
    ...(yield* CompareSections.repeats(report, draw)),
    ...(yield* ScoreSections.tags(report, draw)),
    ...CostSections.troubles(report)
  ]
  const after: ReadonlyArray<Page.Section> = [
    ...(yield* TimeSections.latency(arms, latencies, draw)),
    yield* CostSections.cost(report, draw),
    ...CostSections.judges(report)
  ]
  return { before, after }
})

const MODES: Readonly<Record<BenchmarkReport["mode"], string>> = {
  online: "in real time",
  batch: "by the Batch API",
  hybrid: "in real time and by the Batch API"
}

const facts = ({ report, run }: ReportData): ReadonlyArray<string> => [
  `Run ${run.name}`,
  ...(report === undefined ? [] : [MODES[report.mode]]),
  `begun ${TimeSections.instant(run.createdAt)} UTC`,
  `last write ${TimeSections.instant(run.updatedAt)} UTC`,
  `Spillway ${report?.spillway ?? version}`
]

const banners = ({ report, run }: ReportData): ReadonlyArray<Page.Banner> => {
  const under =
    run.state === "running"
      ? [
          {
            kind: "unfinished" as const,
            text: `UNDER WAY: a process is working on this run. ${report === undefined ? "There are no scores yet." : "The scores are those of its last scoring."}`
          }
        ]
      : []
  if (report === undefined) {
    return run.state === "running"
      ? under
      : [
          {
            kind: "unfinished",
            text: "UNFINISHED: the run ended before anything was scored. Start it again to go on; what was answered is not paid for twice."
          }
        ]
  }
  return [
    ...(report.simulated ? [{ kind: "simulated" as const, text: ReportText.SIMULATED }] : []),
    ...under,
    ...ReportText.warnings({ ...report, simulated: false }).map((text) => ({
      kind: "unfinished" as const,
      text
    }))
  ]
}

const tilesOfRun = ({ run }: ReportData): ReadonlyArray<Parts.Tile> => [
  { name: "Answered", value: Figures.count(run.answered) },
  { name: "Failed", value: Figures.count(run.failed) },
  { name: "Spent", value: Money.format(run.spent) }
]

const tiles = (report: BenchmarkReport): ReadonlyArray<Parts.Tile> => {
  const { arms, costUsd, elapsedSeconds, requests, spentUsd } = report
  const best = arms.reduce<(typeof arms)[number] | undefined>(
    (found, arm) => ((arm.score.mean ?? -1) > (found?.score.mean ?? -1) ? arm : found),
    undefined
  )
  return [
    {
      name: arms.length > 1 ? "Best score" : "Score",
      value: Figures.percent(best?.score.mean ?? null),
      more:
        best === undefined
          ? undefined
          : arms.length > 1
            ? best.label
            : `95%: ${Figures.interval(best.score.ci95)}`
    },
    {
      name: "Requests",
      value: Figures.count(requests.items),
      more: arms.length > 1 ? `${Figures.plural(arms.length, "arm")}` : undefined
    },
    {
      name: "Without an answer",
      value: Figures.count(requests.noAnswer),
      more: Figures.percent(requests.items === 0 ? null : requests.noAnswer / requests.items)
    },
    {
      name: "Failed",
      value: Figures.count(requests.failed),
      more: "in no score"
    },
    {
      name: "Cost of the answers",
      value: Figures.usd(costUsd),
      more: `spent by this run ${Figures.usd(spentUsd)}`
    },
    {
      name: "Last start took",
      value: Figures.duration(elapsedSeconds),
      more: `${Figures.count(requests.sent)} sent, ${Figures.count(requests.retries)} ${requests.retries === 1 ? "retry" : "retries"}, ${Figures.count(requests.rateLimited)} 429s`
    }
  ]
}
