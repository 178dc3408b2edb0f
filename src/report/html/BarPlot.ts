/** Bars under their names, each of one or several parts: what arms cost. */
import type { Json, Plot, Size } from "./Plots.ts"
import { oneLine } from "./VisibleText.ts"

export interface Bar {
  readonly name: string
  /** What is written at the right, as `$1.20`. */
  readonly value: string
  readonly parts: ReadonlyArray<{ readonly amount: number; readonly colour: string }>
}

export interface Options extends Omit<Plot, "draw"> {
  readonly bars: ReadonlyArray<Bar>
  /** A Vega expression for `datum.value` at the axis. */
  readonly label: string
}

const ROW = 46
const FOOT = 34

const layers = ({ bars, label }: Options, size: Size): ReadonlyArray<Json> => {
  const y = { field: "row", type: "nominal", axis: null, sort: null }
  const letters = Math.min(80, Math.floor(size.width / 7.2))
  const names = bars.map(({ name, value }, row) => {
    const room = letters - value.length - 2
    const whole = oneLine(name)
    const shown = whole.length <= room ? whole : `${whole.slice(0, room - 1).toWellFormed()}…`
    return { row, value, name: shown }
  })
  const parts = bars.flatMap((bar, row) => {
    let from = 0
    return bar.parts.map(({ amount, colour }) => {
      const part = { row, colour, from, to: from + amount }
      from = part.to
      return part
    })
  })
  const words = (field: string, more: Json): Json => ({
    data: { values: names },
    mark: { type: "text", baseline: "middle", dy: -11, ...more },
    encoding: { y, text: { field, type: "nominal" } }
  })
  return [
    {
      data: { values: parts },
      mark: { type: "bar", height: 12, yOffset: 8, cornerRadius: 2 },
      encoding: {
        y,
        x: {
          field: "from",
          type: "quantitative",
          title: null,
          scale: { zero: true, nice: false },
          axis: { tickCount: size.narrow ? 3 : 6, labelExpr: label }
        },
        x2: { field: "to" },
        color: { field: "colour", type: "nominal", scale: null, legend: null }
      }
    },
    words("name", { align: "left", x: 0 }),
    words("value", { align: "right", x: { expr: "width" }, color: "var(--muted)" })
  ]
}

export const make = (options: Options): Plot => {
  const { bars, label, ...plot } = options
  return {
    ...plot,
    draw: (size) => ({ height: bars.length * ROW + FOOT, layer: layers(options, size) })
  }
}
