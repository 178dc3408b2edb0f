/**
 * Means with 95% intervals. The independent unit is the item: repeats of one item are a cluster, and an interval that
 * took them for independent would be too narrow. Sums are kept, not scores, so memory does not grow with the items.
 */
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile"
import tQuantile from "@stdlib/stats-base-dists-t-quantile"

export type Interval = readonly [low: number, high: number]

export interface Estimate {
  readonly mean: number
  /** `null` where one item alone gives no idea of the spread. */
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
export const add = (sums: Sums, cluster: ReadonlyArray<number>): Sums => {
  const size = cluster.length
  if (size === 0) return sums
  const total = cluster.reduce((sum, score) => sum + score, 0)
  return {
    clusters: sums.clusters + 1,
    scores: sums.scores + size,
    total: sums.total + total,
    totalSquared: sums.totalSquared + total * total,
    totalTimesSize: sums.totalTimesSize + total * size,
    sizeSquared: sums.sizeSquared + size * size,
    proportion: sums.proportion && cluster.every((score) => score === 0 || score === 1)
  }
}

/**
 * Variance of the mean, clusters being independent: the squared sums of residuals of each cluster, over n squared
 * (Liang and Zeger 1986; for evaluations: Miller 2024, "Adding error bars to evals").
 */
const clusteredVariance = (
  { totalSquared, totalTimesSize, sizeSquared, scores }: Sums,
  mean: number
) =>
  Math.max(0, totalSquared - 2 * mean * totalTimesSize + mean * mean * sizeSquared) /
  (scores * scores)

/**
 * Mean over all scores with its interval, `null` without scores.
 * Scores of 0 and 1 get Wilson's interval for the effective number of observations, which is the number that would give
 * independent scores the clustered variance (Korn and Graubard 1998): n itself without repeats, the number of items
 * where repeats always agree, or where all scores are the same and nothing shows how they relate. Other scores get Student's t on the clustered standard error, cut at 0 and 1.
 */
export const estimate = (sums: Sums): Estimate | null => {
  if (sums.scores === 0) return null
  const mean = sums.total / sums.scores
  const variance = clusteredVariance(sums, mean)
  if (sums.proportion) {
    const independent = mean * (1 - mean)
    const effective =
      independent === 0 ? sums.clusters : Math.min(sums.scores, independent / variance)
    return { mean, ci95: wilson(mean, effective) }
  }
  if (sums.clusters < 2) return { mean, ci95: null }
  const correction = sums.clusters / (sums.clusters - 1)
  const [low, high] = student(mean, Math.sqrt(variance * correction), sums.clusters - 1)
  return { mean, ci95: [Math.max(0, low), Math.min(1, high)] }
}
