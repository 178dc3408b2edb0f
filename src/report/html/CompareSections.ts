/** The sections that set arms against each other, and repeats of the same item. */
import { Effect } from "effect"
import type { ArmReport, BenchmarkReport, ComparisonReport } from "../BenchmarkReport.ts"
import * as Figures from "../Figures.ts"
import * as CurvePlot from "./CurvePlot.ts"
import { html, type Part } from "./Html.ts"
import * as IntervalPlot from "./IntervalPlot.ts"
import type { Section } from "./Page.ts"
import * as Parts from "./Parts.ts"
import { colour, colourClass, type Draw, keyOf } from "./Plots.ts"

/** Rows of a plot of differences; a table may have more. */
const MOST_ROWS = 15

const TESTS: Readonly<Record<ComparisonReport["test"], string>> = {
  mcnemar: "McNemar, exact",
  student: "paired t",
  sign: "sign"
}

/** A true minus sign: digits and signs stand in columns. */
const signed = (text: string): string => text.replaceAll("-", "−")

const points = (difference: number | null): string =>
  difference === null
    ? Figures.UNKNOWN
    : signed(`${difference > 0 ? "+" : ""}${Figures.points(difference)} pt`)

const interval = (ci95: readonly [number, number] | null): string =>
  ci95 === null ? Figures.UNKNOWN : signed(Figures.pointsInterval(ci95))

const shown = ({ ci95, difference }: ComparisonReport): string =>
  ci95 === null ? points(difference) : `${points(difference)} (${interval(ci95)})`

/**
 * Differences against 0, and the numbers behind them.
 *
 * @param labels of the arms or runs, in the order of their keys
 */
export const comparisons = (
  all: ReadonlyArray<ComparisonReport>,
  labels: ReadonlyArray<string>,
  draw: Draw
): Effect.Effect<ReadonlyArray<Section>> =>
  Effect.gen(function* () {
    if (all.length === 0) return []
    const placeOf = (label: string) => labels.indexOf(label)
    const short = (label: string) => (placeOf(label) === -1 ? label : keyOf(placeOf(label)))
    const drawn = all.slice(0, MOST_ROWS)
    const plot = yield* draw(
      IntervalPlot.make({
        scale: "difference",
        alt: `Differences of scores with 95% intervals, in percentage points. ${drawn
          .map((one) => `${one.b} less ${one.a}: ${shown(one)}`)
          .join("; ")}.`,
        rows: drawn.map((one) => ({
          name: `${short(one.b)} − ${short(one.a)}`,
          mean: one.difference,
          interval: one.ci95,
          value: shown(one),
          colour: placeOf(one.b) === -1 ? "var(--ink)" : colour(placeOf(one.b))
        })),
        caption: `Percentage points on the items that both have a score for. A line that crosses 0 is no clear difference${all.length > 1 ? "; whether one beside it is, among several, says p (Holm)" : ""}.${drawn.length < all.length ? ` The first ${drawn.length} of ${all.length}.` : ""}`
      })
    )
    return [
      {
        id: "comparisons",
        title: "Comparisons",
        body: html`${plot}${table(all, labels)}${Parts.note(
          `p is two-sided; Holm’s is corrected for ${Figures.plural(all.length, "comparison")}.`
        )}`
      }
    ]
  })

const table = (all: ReadonlyArray<ComparisonReport>, labels: ReadonlyArray<string>): Part => {
  const drawn = all.some(({ bootstrapCi95 }) => bootstrapCi95 !== null)
  const pair = namer(labels)
  const sides = all.flatMap((one) => (one.table === null ? [] : [{ one, table: one.table }]))
  const differences = Parts.table({
    caption: "Paired differences: the second less the first, with 95% intervals",
    columns: [
      { title: "Pair" },
      { title: "Items", kind: "number" },
      { title: "Difference", kind: "number" },
      { title: "95% interval", kind: "number" },
      ...(drawn ? [{ title: "By bootstrap", kind: "number" } as const] : []),
      { title: "p", kind: "number" },
      { title: "p (Holm)", kind: "number" },
      { title: "Test", kind: "brief" }
    ],
    rows: all.map((one) => [
      pair(one),
      Figures.count(one.items),
      points(one.difference),
      interval(one.ci95),
      ...(drawn ? [interval(one.bootstrapCi95)] : []),
      Figures.pValue(one.p),
      Figures.pValue(one.pHolm),
      TESTS[one.test]
    ])
  })
  const who =
    sides.length > 0 &&
    Parts.table({
      caption: "Who got which items right",
      columns: [
        { title: "Pair" },
        ...["Both", "Only the first", "Only the second", "Neither"].map(
          (title) => ({ title, kind: "number" }) as const
        )
      ],
      rows: sides.map(({ one, table: { both, neither, onlyA, onlyB } }) => [
        pair(one),
        ...[both, onlyA, onlyB, neither].map(Figures.count)
      ])
    })
  return [differences, who]
}

/** Both by their keys, their names below. */
const namer =
  (labels: ReadonlyArray<string>) =>
  ({ a, b }: ComparisonReport): Part => {
    const [first, second] = [labels.indexOf(a), labels.indexOf(b)]
    const names = `${a} → ${b}`
    return first === -1 || second === -1
      ? names
      : html`${Parts.key(first, 2)}→ ${Parts.key(second, 2)}<small>${names}</small>`
  }

/** What several answers to the same items tell. */
export const repeats = (
  { arms }: BenchmarkReport,
  draw: Draw
): Effect.Effect<ReadonlyArray<Section>> =>
  Effect.gen(function* () {
    const repeated = arms.flatMap((arm, index) =>
      arm.repeated === undefined ? [] : [{ arm, index, repeated: arm.repeated }]
    )
    if (repeated.length === 0) return []
    const table = Parts.table({
      caption: "Several answers to the same item: where the variance lies, and whether they agree",
      columns: [
        { title: "Arm" },
        { title: "Repeats", kind: "number" },
        { title: "Variance between items", kind: "number" },
        { title: "Within items", kind: "number" },
        { title: "All equal", kind: "number" },
        { title: "Pairs equal", kind: "number" },
        { title: "Krippendorff’s α", kind: "number" },
        { title: "Majority’s score", kind: "number" }
      ],
      rows: repeated.map(({ arm, index, repeated: { agreement, majority, variance } }) => [
        Parts.named(arm.label, index, arms.length),
        Figures.count(arm.repeats),
        Figures.percent(variance.shareBetween),
        Figures.percent(variance.shareWithin),
        Figures.percent(agreement.allEqual),
        Figures.percent(agreement.pairwise),
        agreement.alpha === null ? Figures.UNKNOWN : agreement.alpha.toFixed(2),
        IntervalPlot.shown(majority.mean, majority.ci95)
      ])
    })
    const body = html`${yield* passAt(arms, draw)}${table}${Parts.note(
      "Variance within items is what a second answer to the same question changes by itself; it shrinks with repeats. That between items shrinks only with more items."
    )}`
    return [{ id: "repeats", title: "Repeats", body }]
  })

/** pass@k and pass^k for each arm. */
const passAt = (arms: ReadonlyArray<ArmReport>, draw: Draw): Effect.Effect<Part> => {
  const drawn = arms.flatMap(({ label, repeated }, index) =>
    repeated === undefined || repeated.passAt.length < 2
      ? []
      : [{ label, index, at: repeated.passAt }]
  )
  if (drawn.length === 0) return Effect.succeed(false)
  const told = drawn.map(
    ({ at, label }) =>
      `${label}: ${at.map(({ k, passAtK, passHatK }) => `${Figures.percent(passAtK.mean)} and ${Figures.percent(passHatK.mean)} at ${k}`).join(", ")}`
  )
  const of = arms.length
  return draw(
    CurvePlot.make({
      form: "line",
      alt: `At least one of k answers right (pass@k), and all k right (pass^k). ${told.join("; ")}.`,
      x: {
        title: "k",
        scale: "log",
        label: "format(datum.value, ',')",
        values: [...new Set(drawn.flatMap(({ at }) => at.map(({ k }) => k)))]
      },
      y: { percent: true },
      series: drawn.flatMap(({ at, index }) =>
        (["passAtK", "passHatK"] as const).map((which) => ({
          colour: colour(index),
          dashed: which === "passHatK",
          ...(of > 1 && which === "passAtK" ? { key: keyOf(index) } : {}),
          points: at.map((point) => ({ x: point.k, y: point[which].mean }))
        }))
      ),
      legend:
        of > 1 &&
        Parts.legend(
          drawn.map(({ index, label }) => ({
            name: `${keyOf(index)}   ${label}`,
            colour: colourClass(index)
          }))
        ),
      caption:
        "Solid: at least one of k answers is right (pass@k, unbiased estimate). Dashed: all k are (pass^k)."
    })
  )
}
