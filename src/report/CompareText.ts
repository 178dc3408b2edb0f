/** Two arms, or two runs, against each other, in words. Sanitized. Judged in `Comparisons.ts`. */
import type { ComparisonReport } from "./BenchmarkReport.ts"
import * as Figures from "./Figures.ts"
import { oneLine } from "./PlainText.ts"

/** Corrected p-values below it are taken for findings. */
const LEVEL = 0.05

type Interval = readonly [low: number, high: number]

/** The one with the higher mean against the other; of equals the first against the second. */
export interface Ranked {
  /** Items that only the better one, and only the other one, got right; `null` where scores are not right or wrong. */
  readonly alone: readonly [better: number, worse: number] | null
  readonly better: string
  readonly worse: string
  /** From 0 on. */
  readonly by: number | null
  readonly ci95: Interval | null
  readonly bootstrapCi95: Interval | null
}

export const ranked = (comparison: ComparisonReport): Ranked => {
  const { bootstrapCi95, ci95, difference, table } = comparison
  const [a, b] = [oneLine(comparison.a), oneLine(comparison.b)]
  return (difference ?? 0) > 0
    ? {
        better: b,
        worse: a,
        alone: table === null ? null : [table.onlyB, table.onlyA],
        by: difference,
        ci95,
        bootstrapCi95
      }
    : {
        alone: table === null ? null : [table.onlyA, table.onlyB],
        better: a,
        worse: b,
        by: difference === null ? null : Math.abs(difference),
        ci95: turned(ci95),
        bootstrapCi95: turned(bootstrapCi95)
      }
}

const turned = (interval: Interval | null): Interval | null =>
  interval === null ? null : [0 - interval[1], 0 - interval[0]]

/** `unlikely to be chance`, after correction; `may be chance`; of a single item, or none: `too little to tell`. */
export const verdict = ({ pHolm }: ComparisonReport): string => {
  if (pHolm === null) return "too little to tell"
  return pHolm < LEVEL ? "unlikely to be chance" : "may be chance"
}

/**
 * `B is better than A by 3.1 points (95% interval 0.4 to 5.8) on 1,319 items; p 0.020, corrected 0.060: may be chance.`
 * Then who got which items right.
 */
export const sentence = (comparison: ComparisonReport): string => {
  const { items, p, pHolm } = comparison
  const { better, by, ci95, worse } = ranked(comparison)
  if (by === null) return `${better} and ${worse} have no scored item in common.`
  const interval = ci95 === null ? "" : `95% interval ${Figures.pointsInterval(ci95)}`
  const on = `on ${Figures.plural(items, "item")}`
  const size =
    by === 0
      ? `${better} and ${worse} score the same ${on}${interval === "" ? "" : ` (${interval} points)`}`
      : `${better} is better than ${worse} by ${Figures.points(by)} points${interval === "" ? "" : ` (${interval})`} ${on}`
  const chance = p === null ? "" : `; p ${Figures.pValue(p)}`
  const corrected = p !== null && pHolm !== p ? `, corrected ${Figures.pValue(pHolm)}` : ""
  return [`${size}${chance}${corrected}: ${verdict(comparison)}.`, ...details(comparison)].join(" ")
}

/** Who got which items right, and where the bootstrap sees it otherwise. */
const details = (comparison: ComparisonReport): ReadonlyArray<string> => {
  const { table } = comparison
  const { alone, better, bootstrapCi95, ci95, worse } = ranked(comparison)
  const otherwise =
    ci95 !== null && bootstrapCi95 !== null && holdsZero(ci95) !== holdsZero(bootstrapCi95)
  return [
    ...(table === null || alone === null
      ? []
      : [
          `Only ${better} was right on ${Figures.count(alone[0])}, only ${worse} on ${Figures.count(alone[1])}, ` +
            `both on ${Figures.count(table.both)}, neither on ${Figures.count(table.neither)}.`
        ]),
    ...(otherwise
      ? [
          `The bootstrap's interval, ${Figures.pointsInterval(bootstrapCi95)}, ` +
            `${holdsZero(bootstrapCi95) ? "holds" : "does not hold"} 0.`
        ]
      : [])
  ]
}

const holdsZero = ([low, high]: Interval): boolean => low <= 0 && high >= 0
