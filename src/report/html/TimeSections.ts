/** The sections that say how the run went: over time, how fast, and what it cost. */
import { DateTime, Effect } from "effect"
import type { ArmReport } from "../BenchmarkReport.ts"
import * as Figures from "../Figures.ts"
import * as CurvePlot from "./CurvePlot.ts"
import { html, type Part } from "./Html.ts"
import type { Latencies } from "./Latencies.ts"
import type { Moment, Start } from "./OverTime.ts"
import type { Section } from "./Page.ts"
import * as Parts from "./Parts.ts"
import { colour, colourClass, type Draw, keyOf } from "./Plots.ts"

/** `2026-11-22 14:03` */
export const instant = (milliseconds: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(milliseconds)).slice(0, 16).replace("T", " ")

const number = (value: number): string =>
  value >= 100 ? Figures.count(Math.round(value)) : String(Number(value.toFixed(1)))

/** The unit of a time axis, and how many seconds it has. */
const unitOf = (seconds: number): readonly [name: string, seconds: number] =>
  seconds < 180 ? ["seconds", 1] : seconds < 10_800 ? ["minutes", 60] : ["hours", 3600]

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

interface Line {
  readonly name: string
  readonly colour: number
  readonly of: (moment: Moment) => number | null
}

interface Panel {
  readonly title: string
  readonly unit: string
  readonly lines: readonly [Line, ...ReadonlyArray<Line>]
  readonly percent?: boolean
}

const BATCHES = "Lines with the Batch API"

const PANELS: ReadonlyArray<Panel> = [
  {
    title: "Answers a second",
    unit: " a second",
    lines: [{ name: "answers a second", colour: 0, of: ({ answers }) => answers }]
  },
  {
    title: "Requests in flight",
    unit: " in flight",
    lines: [{ name: "requests in flight", colour: 2, of: ({ inFlight }) => inFlight }]
  },
  {
    title: "Quota in use",
    unit: "",
    percent: true,
    lines: [{ name: "share of the quota", colour: 3, of: ({ quotaShare }) => quotaShare }]
  },
  {
    title: "Retries and 429s a second",
    unit: " a second",
    lines: [
      { name: "retries", colour: 0, of: ({ retries }) => retries },
      { name: "answered 429", colour: 1, of: ({ rateLimited }) => rateLimited }
    ]
  },
  {
    title: BATCHES,
    unit: " lines",
    lines: [
      { name: "submitted", colour: 4, of: ({ batchLines }) => batchLines },
      { name: "done there", colour: 2, of: ({ batchDone }) => batchDone }
    ]
  }
]

/** There is something to see. */
const isTelling = ({ lines }: Panel, moments: ReadonlyArray<Moment>): boolean =>
  lines.some(({ of }) => moments.some((moment) => (of(moment) ?? 0) > 0))

/** That nothing was refused is worth knowing, and needs no plot. Of batches it is said only where there were some. */
const quiet = (panels: ReadonlyArray<Panel>, moments: ReadonlyArray<Moment>): Part => {
  const names = panels
    .filter(({ lines }) => lines.every(({ of }) => moments.every((moment) => of(moment) === 0)))
    .filter(({ title }) => title !== BATCHES)
    .map(({ title }) => title.toLowerCase())
  return names.length > 0 && Parts.note(`At 0 all the time: ${names.join(", ")}.`)
}

export const overTime = (
  starts: ReadonlyArray<Start>,
  draw: Draw
): Effect.Effect<ReadonlyArray<Section>> =>
  Effect.gen(function* () {
    const moments = starts.flatMap((start) => start.moments)
    if (moments.length < 2) return []
    const panels = PANELS.filter((panel) => isTelling(panel, moments))
    const plots = yield* Effect.forEach(panels, (panel) => draw(plotOf(panel, starts)))
    const seconds = starts.reduce((sum, start) => sum + start.seconds, 0)
    const told =
      starts.length === 1
        ? `From ${instant(starts[0]?.start ?? 0)} UTC, for ${Figures.duration(seconds)}.`
        : `${starts.length} starts, ${Figures.duration(seconds)} of work together; the time between them is left out. They began at ${starts.map(({ start }) => instant(start)).join(", ")} UTC.`
    return [
      {
        id: "time",
        title: "Over time",
        body: html`${Parts.note(told)}<div class="pair">${plots}</div>${quiet(PANELS, moments)}`
      }
    ]
  })

/** Starts that get a line of their own in a plot. */
const MOST_MARKS = 6

const plotOf = (panel: Panel, starts: ReadonlyArray<Start>) => {
  const { lines, percent = false, title, unit } = panel
  const total = starts.reduce((sum, { seconds }) => sum + seconds, 0)
  const [name, per] = unitOf(total)
  const moments = starts.flatMap((start) => start.moments)
  const told = lines.map(({ name, of }) => {
    const values = moments.map((moment) => of(moment) ?? 0)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const most = Math.max(...values)
    if (most === 0) return `${name}: none`
    const said = (value: number) => (percent ? Figures.percent(value) : number(value))
    return `${name}: ${said(mean)} on average, at most ${said(most)}${unit}`
  })
  return CurvePlot.make({
    title,
    half: true,
    form: "area",
    height: 170,
    alt: `${title} over ${Figures.duration(total)} of work. ${told.join("; ")}.`,
    caption: capital(`${told.join("; ")}.`),
    x: { title: name, domain: [0, total / per] },
    y: { percent, ...(percent ? { domain: [0, 1] } : {}) },
    series: lines.map(({ colour: place, of }) => ({
      colour: colour(place),
      points: starts.flatMap(({ from, moments }) => [
        ...(from === 0 ? [] : [{ x: from / per, y: null }]),
        ...moments.map((moment) => ({ x: moment.at / per, y: of(moment) }))
      ])
    })),
    marks: starts
      .slice(1, MOST_MARKS)
      .map(({ from }, index) => ({ x: from / per, text: `start ${index + 2}` })),
    ...(lines.length === 1
      ? {}
      : {
          legend: Parts.legend(
            lines.map(({ colour: place, name }) => ({ name, colour: colourClass(place) }))
          )
        })
  })
}

/** From sending to the last byte, of the attempt that answered. */
export const latency = (
  arms: ReadonlyArray<ArmReport>,
  spread: ReadonlyArray<Latencies>,
  draw: Draw
): Effect.Effect<ReadonlyArray<Section>> =>
  Effect.gen(function* () {
    if (arms.every(({ latencySeconds }) => latencySeconds.p50 === null)) return []
    const told = arms.map(
      ({ label, latencySeconds: { p50, p95, p99 } }) =>
        `${label}: half within ${Figures.duration(p50)}, 95% within ${Figures.duration(p95)}, 99% within ${Figures.duration(p99)}`
    )
    const placeOf = (label: string) => arms.findIndex((arm) => arm.label === label)
    const drawn = spread.filter(({ arm }) => placeOf(arm) !== -1)
    const plot: Part =
      drawn.length > 0 &&
      (yield* draw(
        CurvePlot.make({
          form: "step",
          height: 190,
          alt: `How the latencies of the answers are spread. ${told.join("; ")}.`,
          x: {
            title: "latency",
            scale: "log",
            values: ROUND_SECONDS,
            label:
              "datum.value < 1 ? format(datum.value * 1000, '~r') + ' ms' : format(datum.value, '~r') + ' s'"
          },
          y: { percent: true },
          series: drawn.map(({ arm, steps }) => ({
            colour: colour(placeOf(arm)),
            points: closed(steps)
          })),
          legend:
            arms.length > 1 &&
            Parts.legend(
              drawn.map(({ arm }) => ({
                name: `${keyOf(placeOf(arm))}   ${arm}`,
                colour: colourClass(placeOf(arm))
              }))
            ),
          caption: "Share of an arm’s answers in each step; the scale is logarithmic."
        })
      ))
    const table = Parts.table({
      caption: "Latency, from sending to the last byte, of the attempt that answered",
      columns: [
        { title: "Arm" },
        { title: "Half within", kind: "number" },
        { title: "95% within", kind: "number" },
        { title: "99% within", kind: "number" }
      ],
      rows: arms.map(({ label, latencySeconds: { p50, p95, p99 } }, index) => [
        Parts.named(label, index, arms.length),
        Figures.duration(p50),
        Figures.duration(p95),
        Figures.duration(p99)
      ])
    })
    return [{ id: "latency", title: "Latency", body: html`${plot}${table}` }]
  })

/** 1 ms, 2 ms, 5 ms, … up to 50,000 s; those within the plot are written at its axis. */
const ROUND_SECONDS: ReadonlyArray<number> = Array.from({ length: 8 }, (_, decade) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${decade - 3}`))
).flat()

/** Steps begin and end at 0. */
const closed = (steps: Latencies["steps"]): ReadonlyArray<CurvePlot.Point> => {
  const step = 10 ** 0.1
  const [first, last] = [steps[0]?.from ?? 1, steps.at(-1)?.from ?? 1]
  return [
    { x: first / step, y: 0 },
    ...steps.map(({ from, share }) => ({ x: from, y: share })),
    { x: last * step, y: 0 },
    { x: last * step * step, y: 0 }
  ]
}
