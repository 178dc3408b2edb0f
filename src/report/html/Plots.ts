/**
 * Draws plots with Vega-Lite, without a browser, as SVG that lies in the page itself: it takes the page's colours, so
 * that dark mode and print work, and holds neither styles nor scripts, so that the content policy need not allow any.
 * The kinds of plots: `IntervalPlot.ts`, `CurvePlot.ts`.
 */
import { Effect } from "effect"
import type { TopLevelSpec } from "vega-lite"
import { type Html, html, type Part, trusted } from "./Html.ts"
import { oneLine } from "./VisibleText.ts"

/** A part of a Vega-Lite description. */
export type Json = Readonly<Record<string, unknown>>

export interface Size {
  /** Pixels, axes included. */
  readonly width: number
  /** For a phone. */
  readonly narrow: boolean
}

export interface Plot {
  /** Says in words and numbers what can be seen: for those who cannot. */
  readonly alt: string
  readonly title?: string
  readonly caption?: Part
  readonly legend?: Part
  /** Half the width of the page where there is room. */
  readonly half?: boolean
  /** Height in pixels, and the layers. */
  readonly draw: (size: Size) => { readonly height: number; readonly layer: ReadonlyArray<Json> }
}

/** Draws a plot for wide and for narrow screens. */
export type Draw = (plot: Plot) => Effect.Effect<Html>

/** Widths at which texts keep about their size: the page scales a plot by less than a fifth. */
const WIDE = 900
const HALF = 440
const NARROW = 340

const FONT = { wide: 13, narrow: 12 }

/** Colours are the page's own variables: see `Styles.ts`. */
const config = (size: number): Json => ({
  aria: false,
  background: null,
  padding: { left: 2, right: 12, top: 4, bottom: 2 },
  view: { stroke: null },
  axis: {
    labelColor: "var(--muted)",
    labelFontSize: size,
    titleColor: "var(--muted)",
    titleFontSize: size,
    titleFontWeight: "normal",
    gridColor: "var(--line)",
    domain: false,
    ticks: false,
    labelPadding: 6,
    titlePadding: 8
  },
  text: { color: "var(--ink)", fontSize: size },
  rule: { color: "var(--muted)" }
})

/** Sorted out: what a reader cannot see, and what only a script would use. */
const INVISIBLE = /<(text|line|path) [^>]*\bopacity="0"[^>]*(?:\/>|>[^<]*<\/\1>)/g
const EMPTY =
  /<path class="(?:background|foreground)"[^>]*(?:d="(?:M0,0h0v0h0Z)?"|display="none")[^>]*\/>/g
const USELESS =
  / (?:class|style|role|aria-[a-z]+|pointer-events|font-family|xmlns|xmlns:xlink|version)="[^"]*"/g
const FULL = / opacity="1"/g

const TAG = /<[^>]+>/g

/** Only tags are touched: a name may read like an attribute. */
const clean = (svg: string): string =>
  svg
    .replace(INVISIBLE, "")
    .replace(EMPTY, "")
    .replace(TAG, (tag) => tag.replace(USELESS, "").replace(FULL, ""))

/** Loaded where a page is made: the libraries take half a second. */
const libraries = Effect.promise(() => Promise.all([import("vega"), import("vega-lite")]))

/** Plots are told apart by nothing but what is in them: the same plot is the same text. */
export const load: Effect.Effect<Draw> = Effect.map(libraries, ([vega, vegaLite]) => {
  const svg = (plot: Plot, size: Size) =>
    Effect.map(
      Effect.promise(() => {
        const { height, layer } = plot.draw(size)
        const description = {
          width: size.width,
          height,
          autosize: { type: "fit-x", contains: "padding" },
          config: config(size.narrow ? FONT.narrow : FONT.wide),
          data: { values: [{}] },
          layer
        }
        const { spec } = vegaLite.compile(description as unknown as TopLevelSpec, {
          logger: silent
        })
        const view = new vega.View(vega.parse(spec), { renderer: "none", logger: silent })
        return view.toSVG().finally(() => view.finalize())
      }),
      clean
    )
  return Effect.fnUntraced(function* (plot: Plot) {
    const wide = yield* svg(plot, { width: plot.half ? HALF : WIDE, narrow: false })
    const narrow = yield* svg(plot, { width: NARROW, narrow: true })
    const { alt, caption, legend, title } = plot
    return html`<figure>
${title !== undefined && html`<h3>${title}</h3>`}
<div class="wide">${picture(wide, alt)}</div>
<div class="narrow">${picture(narrow, alt)}</div>
${legend}${caption !== undefined && html`<figcaption>${caption}</figcaption>`}
</figure>
`
  })
})

const picture = (svg: string, alt: string): Html =>
  // A function, because signs as $& in a replacement would be read.
  trusted(svg.replace("<svg", () => `${html`<svg role="img" aria-label="${oneLine(alt)}"`}`))

/** Descriptions are ours, and tested; a warning of the library would only end up among a user's output. */
const silent = {
  level: () => silent,
  error: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent
}

/** The n-th colour for a series, from 0; there are eight. */
const COLOURS = 8
export const colourClass = (index: number): string => `s${(index % COLOURS) + 1}`
export const colour = (index: number): string => `var(--${colourClass(index)})`

/** Short names for series, told apart without colours: A to Z, then A2 and so on. */
export const keyOf = (index: number): string => {
  const round = Math.floor(index / 26)
  return `${String.fromCharCode(65 + (index % 26))}${round === 0 ? "" : round + 1}`
}
