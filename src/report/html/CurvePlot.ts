/** Lines over a number: score against temperature, pass@k, what happened over time, and how latencies are spread. */
import type { Json, Plot, Size } from "./Plots.ts"

export interface Point {
  readonly x: number
  /** Nothing there where `null`: the line is broken. */
  readonly y: number | null
  readonly low?: number
  readonly high?: number
}

export interface Series {
  readonly colour: string
  /** Written at its last point, as `A`. */
  readonly key?: string
  readonly points: ReadonlyArray<Point>
  readonly dashed?: boolean
}

/** Where something begins. */
export interface Mark {
  readonly x: number
  readonly text: string
}

export interface Options extends Omit<Plot, "draw"> {
  readonly series: ReadonlyArray<Series>
  readonly x: {
    readonly title: string
    readonly scale?: "linear" | "log"
    /** Only these are written at the axis. */
    readonly values?: ReadonlyArray<number>
    /** A Vega expression for `datum.value`. */
    readonly label?: string
    readonly domain?: readonly [number, number]
  }
  readonly y: {
    /** Of shares: written as per cent. */
    readonly percent?: boolean
    readonly domain?: readonly [number, number]
    readonly zero?: boolean
  }
  /** `line` with a dot at every point; `area` filled down to 0; `step` constant from each point to the next, filled
   * where it is one line only. */
  readonly form: "line" | "area" | "step"
  readonly marks?: ReadonlyArray<Mark>
  readonly height?: number
}

const HEIGHT = { wide: 260, narrow: 210 }

const axes = ({ form, x, y }: Options, { narrow }: Size) => ({
  x: {
    field: "x",
    type: "quantitative",
    title: x.title,
    scale: {
      type: x.scale ?? "linear",
      nice: false,
      zero: false,
      ...(x.domain === undefined ? {} : { domain: x.domain }),
      ...(form === "line" ? { padding: 14 } : {})
    },
    axis: {
      grid: false,
      titleAnchor: "end",
      ...(x.values === undefined ? { tickCount: narrow ? 4 : 6 } : { values: x.values }),
      ...(x.label === undefined ? {} : { labelExpr: x.label })
    }
  },
  y: {
    field: "y",
    type: "quantitative",
    title: null,
    scale: {
      zero: y.zero ?? form !== "line",
      ...(y.domain === undefined ? {} : { domain: y.domain, nice: false })
    },
    axis: {
      tickCount: 4,
      labelExpr:
        y.percent === true
          ? "format(datum.value, '.0%')"
          : "datum.value >= 10000 ? format(datum.value, '.3~s') : format(datum.value, ',')"
    }
  }
})

type End = Point & { readonly colour: string; readonly key: string }

/** Lines that end closer together than this share of the whole height would cover each other's keys. */
const CLOSE = 1 / 14

/** Keys at the ends of lines, side by side where they would lie on each other. */
const columns = (series: ReadonlyArray<Series>): ReadonlyArray<ReadonlyArray<End>> => {
  const ends = series.flatMap(({ colour, key, points }): ReadonlyArray<End> => {
    const last = points.findLast((point) => point.y !== null)
    return key === undefined || last === undefined ? [] : [{ ...last, colour, key }]
  })
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ high, low, y }) => (y === null ? [] : [low ?? y, high ?? y]))
  )
  const height = Math.max(...values) - Math.min(...values)
  const placed: Array<Array<End>> = []
  for (const end of ends) {
    const free = placed.find((others) =>
      others.every((other) => Math.abs((other.y ?? 0) - (end.y ?? 0)) > height * CLOSE)
    )
    if (free === undefined) placed.push([end])
    else free.push(end)
  }
  return placed
}

const layers = (options: Options, size: Size): ReadonlyArray<Json> => {
  const { form, marks = [], series } = options
  const { x, y } = axes(options, size)
  const values = series.flatMap(({ colour, points }, line) =>
    points.map((point) => ({ ...point, line, colour }))
  )
  const hue = { field: "colour", type: "nominal", scale: null, legend: null }
  const detail = { field: "line", type: "nominal" }
  const banded = values.some(({ low }) => low !== undefined)
  const interpolate = form === "step" ? { interpolate: "step-after" } : {}
  const lines = (dashed: boolean): ReadonlyArray<Json> => {
    const drawn = values.filter(({ line }) => (series[line]?.dashed ?? false) === dashed)
    const mark =
      form === "line"
        ? { type: "line", strokeWidth: 2, point: { size: 55, filled: true, opacity: 1 } }
        : { type: "line", strokeWidth: 1.75, strokeJoin: "round", ...interpolate }
    return drawn.length === 0
      ? []
      : [
          {
            data: { values: drawn },
            mark: { ...mark, ...(dashed ? { strokeDash: [5, 4] } : {}) },
            encoding: { x, y, color: hue, detail }
          }
        ]
  }
  return [
    ...(banded
      ? [
          {
            data: { values },
            transform: [{ filter: "isValid(datum.low)" }],
            mark: { type: "area", opacity: 0.14 },
            encoding: {
              x,
              y: { ...y, field: "low" },
              y2: { field: "high" },
              color: hue,
              detail
            }
          }
        ]
      : []),
    ...(form === "line" || (form === "step" && series.length > 1)
      ? []
      : [
          {
            data: { values: values.filter(({ line }) => series[line]?.dashed !== true) },
            mark: { type: "area", opacity: series.length > 1 ? 0.08 : 0.16, ...interpolate },
            encoding: { x, y: { ...y, stack: null }, color: hue, detail }
          }
        ]),
    ...(marks.length === 0
      ? []
      : [
          {
            data: { values: marks },
            mark: { type: "rule", strokeDash: [3, 3], color: "var(--muted)" },
            encoding: { x }
          },
          {
            data: { values: marks },
            mark: {
              type: "text",
              // Of a mark near the end the text lies before it.
              align: { expr: "scale('x', datum.x) > 0.75 * width ? 'right' : 'left'" },
              baseline: "bottom",
              y: -3
            },
            encoding: {
              x,
              text: { field: "text", type: "nominal" },
              color: { value: "var(--muted)" }
            }
          }
        ]),
    ...lines(false),
    ...lines(true),
    ...columns(series).map((ends, column) => ({
      data: { values: ends },
      mark: { type: "text", align: "left", dx: 9 + 13 * column, fontWeight: "bold" },
      encoding: { x, y, text: { field: "key", type: "nominal" }, color: hue }
    }))
  ]
}

export const make = (options: Options): Plot => {
  const { form, height, marks, series, x, y, ...plot } = options
  return {
    ...plot,
    draw: (size) => ({
      height: height ?? (size.narrow ? HEIGHT.narrow : HEIGHT.wide),
      layer: layers(options, size)
    })
  }
}
