/**
 * Two arms on the same items. An item's own difficulty weighs on both arms and drops out of its difference, so that the
 * interval is narrower than that of two separate scores. Sums are kept, not items: memory grows with the groups alone.
 * Several comparisons at once: `Holm.ts`; an interval without Student's assumptions: `Bootstrap.ts`.
 */
import tCdf from "@stdlib/stats-base-dists-t-cdf"
import * as Groups from "./Groups.ts"
import * as McNemar from "./McNemar.ts"
import * as PairedProportions from "./PairedProportions.ts"
import * as Statistics from "./Statistics.ts"
import * as UnpairedDifference from "./UnpairedDifference.ts"

/** Items by who got them right, where every item is right or wrong in both arms. */
export interface Table {
  readonly both: number
  readonly onlyA: number
  readonly onlyB: number
  readonly neither: number
}

export interface Comparison {
  /** With a score in both arms; the others are in no number here. */
  readonly items: number
  /** Independent units: groups, and items without one. */
  readonly clusters: number
  /** Means over the items, each of which weighs the same however many repeats it has. */
  readonly meanA: number
  readonly meanB: number
  /** Second arm less first, with the paired interval. */
  readonly difference: Statistics.Estimate
  /** The same with the interval that different items would give. */
  readonly unpaired: Statistics.Estimate
  /** Of the items' scores in the two arms (Pearson), from -1 to 1; `null` where an arm scores all items the same. */
  readonly correlation: number | null
  /** Items on which an arm's mean was the higher one. */
  readonly betterA: number
  readonly betterB: number
  readonly equal: number
  /** `null` where some item's mean is neither 0 nor 1. */
  readonly table: Table | null
  /** Two-sided, unadjusted; `null` where a single cluster gives no idea of the spread. */
  readonly pValue: number | null
  /**
   * `mcnemar`: exact, on single items that are right or wrong. `student`: t on the differences, clustered by group.
   * `sign`: exact, one vote a cluster, where all clusters differ by the same and t has no spread to go by.
   */
  readonly test: "mcnemar" | "student" | "sign"
}

/** Mutable, and owned by the one pass that fills it. */
export interface PairedDifference<in Group = string> {
  /**
   * One item's scores, all repeats of each arm; without a score in both the item does not count.
   * @param group of the item, if it has one
   */
  readonly add: (a: ReadonlyArray<number>, b: ReadonlyArray<number>, group?: Group) => void
  /** `null` without an item in common. */
  readonly result: () => Comparison | null
}

export const make = (): PairedDifference => from(Groups.make)

/** Where groups are numbered: `Groups.numbered`. */
export const numbered = (): PairedDifference<number> => from(Groups.numbered)

const from = <Group>(groups: () => Groups.Groups<Group>): PairedDifference<Group> => {
  const sums = { a: groups(), b: groups(), difference: groups() }
  const moments = { items: 0, a: 0, b: 0, squareA: 0, squareB: 0, product: 0 }
  const better = { a: 0, b: 0, equal: 0 }
  const right = { both: 0, onlyA: 0, onlyB: 0, neither: 0 }
  let binary = true

  const add: PairedDifference<Group>["add"] = (scoresA, scoresB, group) => {
    if (scoresA.length === 0 || scoresB.length === 0) return
    const a = meanOf(scoresA)
    const b = meanOf(scoresB)
    sums.a.add([a], group)
    sums.b.add([b], group)
    sums.difference.add([b - a], group)
    better[a > b ? "a" : a < b ? "b" : "equal"] += 1
    if ((a === 0 || a === 1) && (b === 0 || b === 1)) right[cellOf(a, b)] += 1
    else binary = false
    // Welford's update: a difference of raw sums of squares would lose the digits that a correlation needs.
    moments.items += 1
    const fromA = a - moments.a
    const fromB = b - moments.b
    moments.a += fromA / moments.items
    moments.b += fromB / moments.items
    moments.squareA += fromA * (a - moments.a)
    moments.squareB += fromB * (b - moments.b)
    moments.product += fromA * (b - moments.b)
  }

  const result = (): Comparison | null => {
    const a = sums.a.sums()
    const b = sums.b.sums()
    const difference = sums.difference.sums()
    const unpaired = UnpairedDifference.difference(a, b)
    if (unpaired === null) return null
    return {
      items: moments.items,
      clusters: difference.clusters,
      meanA: a.total / a.scores,
      meanB: b.total / b.scores,
      unpaired,
      correlation: correlationOf(moments),
      betterA: better.a,
      betterB: better.b,
      equal: better.equal,
      table: binary ? { ...right } : null,
      ...(binary && difference.clusters === moments.items
        ? ofItems(right, moments.items)
        : ofClusters(difference, binary))
    }
  }

  return { add, result }
}

type Judged = Pick<Comparison, "difference" | "pValue" | "test">

const ofItems = ({ onlyA, onlyB }: Table, items: number): Judged => ({
  difference: PairedProportions.difference(onlyA, onlyB, items),
  pValue: McNemar.test(onlyA, onlyB).exact,
  test: "mcnemar"
})

/** Miller 2024, "Adding error bars to evals": the clustered standard error of the differences; with t for few clusters. */
const ofClusters = (sums: Statistics.Sums, binary: boolean): Judged => {
  const mean = sums.total / sums.scores
  const error = Statistics.standardError(sums)
  if (error === null) return { difference: { mean, ci95: null }, pValue: null, test: "student" }
  if (error > ROUNDING * (Math.sqrt(sums.totalSquared) / sums.scores)) {
    const freedom = sums.clusters - 1
    return {
      difference: { mean, ci95: Statistics.student(mean, error, freedom) },
      pValue: Math.min(1, 2 * tCdf(-Math.abs(mean) / error, freedom)),
      test: "student"
    }
  }
  // Right and wrong alone can differ next time: the clusters count as so many items. Other scores show no spread at all.
  const toB = Math.max(0, mean) * sums.clusters
  const toA = Math.max(0, -mean) * sums.clusters
  return {
    difference: binary
      ? PairedProportions.difference(toA, toB, sums.clusters)
      : { mean, ci95: [mean, mean] },
    pValue: sums.totalSquared === 0 ? 1 : McNemar.test(0, sums.clusters).exact,
    test: "sign"
  }
}

/** A spread below this share of the differences themselves comes from rounding: their squares are exact to 1e-16. */
const ROUNDING = 1e-7

/** Of one item's scores in one arm, of which there is at least one. */
export const meanOf = (scores: ReadonlyArray<number>) => {
  const [first = 0] = scores
  // A mean of equal scores is that score, not its neighbour.
  if (scores.every((score) => score === first)) return first
  return scores.reduce((sum, score) => sum + score, 0) / scores.length
}

const cellOf = (a: number, b: number): keyof Table => {
  if (a === b) return a === 1 ? "both" : "neither"
  return a === 1 ? "onlyA" : "onlyB"
}

const correlationOf = (moments: {
  readonly squareA: number
  readonly squareB: number
  readonly product: number
}): number | null => {
  const scale = Math.sqrt(moments.squareA * moments.squareB)
  return scale === 0 ? null : Math.max(-1, Math.min(1, moments.product / scale))
}
