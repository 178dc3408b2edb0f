/**
 * Arms, or runs, against each other on the items that both scored: what `BenchmarkReport.comparisons` holds. An item comes
 * with its scores in all of them, so that one pass compares all pairs. How each pair is judged:
 * `statistics/PairedDifference.ts`.
 *
 * Memory: sums for each pair, and eight bytes for an item's mean in each arm up to `BOOTSTRAPPED` items, none beyond.
 */
import * as Bootstrap from "../statistics/Bootstrap.ts"
import * as Holm from "../statistics/Holm.ts"
import * as PairedDifference from "../statistics/PairedDifference.ts"
import type { ComparisonReport } from "./BenchmarkReport.ts"
import * as ItemMeans from "./ItemMeans.ts"

/** From this many arms on, each one is compared with the first alone: 45 pairs are as many as anybody reads. */
const ALL_PAIRS_UP_TO = 10

/** Of more items Student's interval and the bootstrap's are the same to three digits. */
export const BOOTSTRAPPED = 100_000

/** Draws (items times resamples) of all pairs together: about a second and a half. */
const DRAWS = 500_000_000

const MOST_RESAMPLES = 10_000

/** With fewer of them the ends of the interval depend on the seed: then there is none. */
const FEWEST_RESAMPLES = 1_000

export interface Options {
  /** Of the bootstrap, 1 unless given: same seed and items, same intervals. */
  readonly seed?: number | undefined
}

/** Places of two labels, the base first. */
export type Pair = readonly [a: number, b: number]

/** Mutable, and owned by the one pass that fills it. */
export interface Comparisons {
  /**
   * One item.
   * @param scores for each label the scores of its repeats, from 0 to 1; empty where it has none there
   * @param group number of the cluster it belongs to, from 0 on without gaps (`Groups.numbering`)
   */
  readonly add: (scores: ReadonlyArray<ReadonlyArray<number>>, group?: number) => void
  /** In the order of the pairs; `pHolm` is corrected for all of them. May be asked for once all items are in. */
  readonly result: () => ReadonlyArray<ComparisonReport>
}

/** @param labels of the arms, or of the runs with their arms */
export const make = (labels: ReadonlyArray<string>, options: Options = {}): Comparisons => {
  const { seed = 1 } = options
  const pairs = pairsOf(labels.length)
  const differences = pairs.map(() => PairedDifference.numbered())
  const means = ItemMeans.make(pairs.length === 0 ? 0 : labels.length, BOOTSTRAPPED)
  let grouped = false

  const add: Comparisons["add"] = (scores, group) => {
    grouped ||= group !== undefined
    means.add(
      scores.map((some) => (some.length === 0 ? Number.NaN : PairedDifference.meanOf(some))),
      group
    )
    pairs.forEach(([a, b], place) => {
      differences[place]?.add(scores[a] ?? [], scores[b] ?? [], group)
    })
  }

  const bootstrap = ([a, b]: Pair, resamples: number): ComparisonReport["bootstrapCi95"] => {
    const units = means.differences(a, b, grouped)
    if (units === undefined || !varies(units)) return null
    const settings = { seed, resamples }
    return (
      (units.sizes === undefined
        ? Bootstrap.mean(units.totals, settings)
        : Bootstrap.ratio(units.totals, units.sizes, settings)
      )?.ci95 ?? null
    )
  }

  return {
    add,
    result: () => {
      const found = differences.map((difference) => difference.result())
      const corrected = Holm.adjust(found.map((one) => one?.pValue ?? null))
      const all = found.reduce((sum, one) => sum + (one?.items ?? 0), 0)
      const resamples = Math.min(MOST_RESAMPLES, Math.floor(DRAWS / Math.max(1, all)))
      return pairs.map((pair, place): ComparisonReport => {
        const one = found[place] ?? undefined
        const [a, b] = pair
        return {
          a: labels[a] ?? "",
          b: labels[b] ?? "",
          items: one?.items ?? 0,
          meanA: one?.meanA ?? null,
          meanB: one?.meanB ?? null,
          difference: one?.difference.mean ?? null,
          ci95: one?.difference.ci95 ?? null,
          bootstrapCi95: resamples < FEWEST_RESAMPLES ? null : bootstrap(pair, resamples),
          p: one?.pValue ?? null,
          pHolm: corrected[place] ?? null,
          test: one?.test ?? "student",
          table: one?.table ?? null
        }
      })
    }
  }
}

/** All pairs of up to 10, of more each against the first. */
export const pairsOf = (arms: number): ReadonlyArray<Pair> =>
  Array.from({ length: Math.max(0, arms - 1) }, (_, first) => first)
    .filter((first) => first === 0 || arms <= ALL_PAIRS_UP_TO)
    .flatMap((first) =>
      Array.from({ length: arms - 1 - first }, (_, more): Pair => [first, first + 1 + more])
    )

/** Where all units differ by the same, drawing them tells nothing of how they could differ another time. */
const varies = ({ sizes, totals }: ItemMeans.Differences): boolean => {
  const first = (totals[0] ?? 0) / (sizes?.[0] ?? 1)
  return totals.some((total, unit) => total / (sizes?.[unit] ?? 1) !== first)
}
