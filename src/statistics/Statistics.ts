/**
 * Means with 95% intervals. The independent unit is the cluster: the repeats of one item, or the items of one group
 * (questions about one text). An interval that took them for independent would be too narrow. Sums are kept, not
 * scores, so memory does not grow with the items. Groups whose items arrive apart: `Groups.ts`; two arms:
 * `PairedDifference.ts`.
 */
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile"
import tQuantile from "@stdlib/stats-base-dists-t-quantile"

export type Interval = readonly [low: number, high: number]

export interface Estimate {
  readonly mean: number
  /** `null` where nothing gives an idea of the spread: of one item alone, or of scores between 0 and 1 that are all equal. */
  readonly ci95: Interval | null
}

const UPPER_TAIL = 0.975
const Z = normalQuantile(UPPER_TAIL, 0, 1)

/**
 * Wilson's score interval for a proportion (Wilson 1927): it stays within 0 and 1 and says something at 0 of 20.
 * `n` need not be whole: an effective number of observations is as good.
 */
export const wilson = (proportion: number, n: number): Interval => {
  const z2n = (Z * Z) / n
  const centre = (proportion + z2n / 2) / (1 + z2n)
  const half = (Z / (1 + z2n)) * Math.sqrt((proportion * (1 - proportion)) / n + z2n / (4 * n))
  return [proportion === 0 ? 0 : centre - half, proportion === 1 ? 1 : centre + half]
}

/** Student's t: `freedom` is the number of independent units less one. */
export const student = (mean: number, standardError: number, freedom: number): Interval => {
  const half = tQuantile(UPPER_TAIL, freedom) * standardError
  return [mean - half, mean + half]
}

/** Sums over clusters; with one score a cluster it is the plain case. */
export interface Sums {
  readonly clusters: number
  readonly scores: number
  readonly total: number
  /** Over clusters: total squared, total × size, size squared. */
  readonly totalSquared: number
  readonly totalTimesSize: number
  readonly sizeSquared: number
  /** Every score so far was 0 or 1. */
  readonly proportion: boolean
}

export const none: Sums = {
  clusters: 0,
  scores: 0,
  total: 0,
  totalSquared: 0,
  totalTimesSize: 0,
  sizeSquared: 0,
  proportion: true
}

/** The scores of one item, all repeats; without any the item does not count. */
export const add = (sums: Sums, cluster: ReadonlyArray<number>): Sums =>
  addCluster(sums, clusterOf(cluster))

/** What the sums need to know of a cluster. */
export interface Cluster {
  readonly size: number
  readonly total: number
  /** Every score is 0 or 1. */
  readonly proportion: boolean
}

export const clusterOf = (scores: ReadonlyArray<number>): Cluster => {
  let total = 0
  let proportion = true
  for (const score of scores) {
    total += score
    if (score !== 0 && score !== 1) proportion = false
  }
  return { size: scores.length, total, proportion }
}

/** A cluster that was summed elsewhere; one of size 0 does not count. */
export const addCluster = (sums: Sums, { size, total, proportion }: Cluster): Sums =>
  size === 0
    ? sums
    : {
        clusters: sums.clusters + 1,
        scores: sums.scores + size,
        total: sums.total + total,
        totalSquared: sums.totalSquared + total * total,
        totalTimesSize: sums.totalTimesSize + total * size,
        sizeSquared: sums.sizeSquared + size * size,
        proportion: sums.proportion && proportion
      }

/**
 * Variance of the mean, clusters being independent: the squared sums of residuals of each cluster, over n squared
 * (Liang and Zeger 1986; for evaluations: Miller 2024, "Adding error bars to evals",
 * https://arxiv.org/abs/2411.00640). Without the small-sample correction.
 */
const clusteredVariance = (
  { totalSquared, totalTimesSize, sizeSquared, scores }: Sums,
  mean: number
) =>
  Math.max(0, totalSquared - 2 * mean * totalTimesSize + mean * mean * sizeSquared) /
  (scores * scores)

/**
 * Cluster-robust standard error of the mean, times √(G / (G - 1)) for G clusters: without that it is too small for few
 * clusters (Cameron and Miller 2015, "A practitioner's guide to cluster-robust inference"; for a mean it is also
 * what survey sampling does). With one score a cluster it is s / √n. `null` for fewer than two clusters.
 */
export const standardError = (sums: Sums): number | null =>
  sums.clusters < 2
    ? null
    : Math.sqrt(
        (clusteredVariance(sums, sums.total / sums.scores) * sums.clusters) / (sums.clusters - 1)
      )

/**
 * How many independent scores of 0 and 1 would tell as much: their variance p(1 - p) over the clustered one, made fewer
 * by (z / t)², because that variance is an estimate from few clusters (Korn and Graubard 1998, "Confidence intervals
 * for proportions with small expected number of positive counts"). Never more than the scores, and never fewer than if
 * every cluster agreed throughout (n² / Σ m²): n itself with one score a cluster, the number of items where repeats
 * always agree, and the latter too where all scores are the same and nothing shows how they relate.
 */
const effectiveNumber = (sums: Sums, mean: number): number => {
  const least = sums.scores ** 2 / sums.sizeSquared
  const independent = mean * (1 - mean)
  const error = standardError(sums)
  if (independent === 0 || error === null) return least
  const fewer = (Z / tQuantile(UPPER_TAIL, sums.clusters - 1)) ** 2
  return Math.min(sums.scores, Math.max(least, (independent / error ** 2) * fewer))
}

/** Equal scores have a standard error of 0, but for what rounding leaves of the differences of their squares. */
const ROUNDING = 1e-8

/**
 * Mean over all scores with its interval, `null` without scores. Scores of 0 and 1 get Wilson's interval for the
 * effective number of scores; others get Student's t on the clustered standard error, cut at 0 and 1.
 */
export const estimate = (sums: Sums): Estimate | null => {
  if (sums.scores === 0) return null
  const mean = sums.total / sums.scores
  if (sums.proportion) return { mean, ci95: wilson(mean, effectiveNumber(sums, mean)) }
  const error = standardError(sums)
  if (error === null || error < ROUNDING) return { mean, ci95: null }
  const [low, high] = student(mean, error, sums.clusters - 1)
  return { mean, ci95: [Math.max(0, low), Math.min(1, high)] }
}
