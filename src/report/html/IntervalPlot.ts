/** Dots with their intervals, one below the other, each under its name: scores, differences, scores by tag. */
import * as Figures from "../Figures.ts"
import type { Json, Plot, Size } from "./Plots.ts"
import { oneLine } from "./VisibleText.ts"

export interface Row {
  readonly name: string
  /** Where it is; a row without one shows its name and `value` only. */
  readonly mean: number | null
  readonly interval: readonly [number, number] | null
  /** What is written at the right, as `87.9% (83.2–91.4%)`. */
  readonly value: string
  /** A colour of the page, as `var(--s1)`. */
  readonly colour: string
}

export interface Options {
  readonly alt: string
  readonly rows: ReadonlyArray<Row>
  /** `share`: from 0 to 100%. `difference`: around 0, in percentage points. */
  readonly scale: "share" | "difference"
  readonly caption?: Plot["caption"]
  readonly title?: string
  /** Names beside the dots instead of above them: for many rows with short names. */
  readonly dense?: boolean
}

const ROW = 48
const DENSE_ROW = 24
/** Room for the axis. */
const FOOT = 34
/** Pixels that a letter takes, about. */
const LETTER = 7.2
/** Of a name and its value together: more would not be read. */
const MOST_LETTERS = 80

const clipped = (text: string, letters: number): string =>
  text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1)).toWellFormed()}…`

/** Whole tenths around everything that is drawn, and with them around 0 for differences. */
const domain = ({ rows, scale }: Options): readonly [number, number] => {
  const values = rows.flatMap(({ mean, interval }) => [
    ...(mean === null ? [] : [mean]),
    ...(interval ?? [])
  ])
  if (scale === "difference") {
    const most = Math.max(0.02, ...values.map(Math.abs))
    const end = Math.ceil(most * 20 + 0.2) / 20
    return [-end, end]
  }
  if (values.length === 0) return [0, 1]
  const low = Math.floor(Math.min(...values) * 10) / 10
  const high = Math.ceil(Math.max(...values) * 10) / 10
  return high - low < 0.2
    ? [Math.max(0, high - 0.2), Math.max(0.2, high)]
    : [Math.max(0, low), Math.min(1, high)]
}

/** Room for names at the left and values at the right; on a phone there is none for values. */
const room = ({ dense = false, rows }: Options, { narrow, width }: Size) => {
  if (!dense) {
    return { gutter: 0, margin: 0, letters: Math.min(MOST_LETTERS, Math.floor(width / LETTER)) }
  }
  const longest = Math.max(...rows.map(({ name }) => name.length))
  const letters = Math.min(longest, Math.floor((width * 0.4) / LETTER))
  const values = Math.max(...rows.map(({ value }) => value.length))
  return {
    gutter: Math.ceil(letters * LETTER) + 16,
    margin: narrow ? 0 : Math.ceil(values * LETTER) + 16,
    letters
  }
}

const layers = (options: Options, size: Size): ReadonlyArray<Json> => {
  const { dense = false, rows, scale } = options
  const { gutter, letters, margin } = room(options, size)
  const values = rows.map(({ colour, interval, mean, name, value }, row) => ({
    row,
    colour,
    value,
    name: clipped(oneLine(name), dense ? letters : letters - value.length - 2),
    ...(mean === null ? {} : { mean }),
    ...(interval === null ? {} : { low: interval[0], high: interval[1] })
  }))
  const data = { values }
  const y = { field: "row", type: "nominal", axis: null, sort: null }
  const x = {
    type: "quantitative",
    title: null,
    scale: {
      domain: domain(options),
      zero: false,
      nice: false,
      ...(dense ? { range: [gutter, { expr: `width - ${margin}` }] } : {})
    },
    axis: {
      tickCount: size.narrow ? 5 : 8,
      labelExpr:
        scale === "share"
          ? "format(datum.value, '.0%')"
          : "datum.value === 0 ? '0' : format(datum.value * 100, '+.3~g') + ' pt'"
    }
  }
  /** The dot lies below the middle of its row, its name above it. */
  const below = dense ? 0 : 8
  const hue = { field: "colour", type: "nominal", scale: null, legend: null }
  const words = (field: string, more: Json): Json => ({
    data,
    mark: { type: "text", baseline: "middle", dy: dense ? 0 : -10, ...more },
    encoding: { y, text: { field, type: "nominal" } }
  })
  return [
    ...(scale === "share"
      ? []
      : [
          {
            data: { values: [{ zero: 0 }] },
            mark: { type: "rule", color: "var(--ink)", strokeWidth: 1.25 },
            encoding: { x: { ...x, field: "zero" } }
          }
        ]),
    {
      data,
      transform: [{ filter: "isValid(datum.low)" }],
      mark: { type: "rule", strokeWidth: 2.5, yOffset: below, strokeCap: "round" },
      encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, color: hue }
    },
    {
      data,
      transform: [{ filter: "isValid(datum.mean)" }],
      mark: { type: "point", filled: true, size: 80, opacity: 1, yOffset: below },
      encoding: { x: { ...x, field: "mean" }, y, color: hue }
    },
    words("name", dense ? { align: "right", x: gutter - 12 } : { align: "left", x: 0 }),
    ...(dense && margin === 0
      ? []
      : [words("value", { align: "right", x: { expr: "width" }, color: "var(--muted)" })])
  ]
}

export const make = (options: Options): Plot => ({
  alt: options.alt,
  ...(options.title === undefined ? {} : { title: options.title }),
  ...(options.caption === undefined ? {} : { caption: options.caption }),
  draw: (size) => ({
    height: options.rows.length * (options.dense === true ? DENSE_ROW : ROW) + FOOT,
    layer: layers(options, size)
  })
})

/** `87.9% (83.2–91.4%)` */
export const shown = (mean: number | null, interval: readonly [number, number] | null): string =>
  interval === null
    ? Figures.percent(mean)
    : `${Figures.percent(mean)} (${Figures.interval(interval)})`
