/**
 * What the items of a benchmark could show, before anything is sent: the smallest difference between two arms that would be
 * found, and how long the interval of a score would be. The rules: `statistics/DetectableEffect.ts`.
 *
 * Nothing is known of the answers yet, so that all of it rests on assumptions: items are right or wrong, and the arms
 * disagree on a share of them that is named. One answer an item; repeats can only make it better.
 */
import * as DetectableEffect from "../statistics/DetectableEffect.ts"
import * as Statistics from "../statistics/Statistics.ts"
import { pairsOf } from "./Comparisons.ts"
import * as Figures from "./Figures.ts"

/** As the JSON of a plan has it. Shares and differences are from 0 to 1. */
export interface Sensitivity {
  readonly items: number
  /** Groups, and items without one; `null` where no item has a group. */
  readonly clusters: number | null
  /** Of arms, each on the same items. 0 for a single arm. */
  readonly comparisons: number
  /** Chance of even one false finding among them; the first one is tested at `alpha / comparisons`, as by Holm's method. */
  readonly alpha: number
  /** Chance to find the difference. */
  readonly power: number
  /** Empty for a single arm. */
  readonly smallestDifferences: ReadonlyArray<{
    /** Share of the items that exactly one of two arms gets right: assumed. */
    readonly discordance: number
    /** `null` where there are too few items for any. */
    readonly smallest: number | null
    /** The same were all items of a group to go alike; `null` also without groups. */
    readonly smallestByGroup: number | null
  }>
  /** Half the length of the 95% interval of an arm's score (Wilson's), for scores that are assumed. */
  readonly halfWidths: ReadonlyArray<{
    readonly score: number
    readonly halfWidth: number
    /** The same were all items of a group to go alike; `null` without groups. */
    readonly halfWidthByGroup: number | null
  }>
}

const ALPHA = 0.05
const POWER = 0.8

/** Arms of one family differ on about a fifth of the items; two that have nothing in common, both at 50%, on half. */
const DISCORDANCE = [0.2, 0.5]

/** 50% has the longest interval. */
const SCORES = [0.5, 0.9]

export const make = (facts: {
  readonly items: number
  readonly clusters: number | null
  readonly arms: number
}): Sensitivity => {
  const { arms, clusters, items } = facts
  const comparisons = pairsOf(arms).length
  const level = { alpha: ALPHA / Math.max(1, comparisons), power: POWER }
  const smallest = (discordance: number, units: number | null) =>
    units === null
      ? null
      : DetectableEffect.smallest({ _tag: "PairedProportions", discordance }, units, level)
  return {
    ...{ items, clusters, comparisons },
    ...{ alpha: ALPHA, power: POWER },
    smallestDifferences:
      comparisons === 0
        ? []
        : DISCORDANCE.map((discordance) => ({
            discordance,
            smallest: smallest(discordance, items),
            smallestByGroup: smallest(discordance, clusters)
          })),
    halfWidths:
      items === 0
        ? []
        : SCORES.map((score) => ({
            score,
            halfWidth: halfWidth(score, items),
            halfWidthByGroup: clusters === null ? null : halfWidth(score, clusters)
          }))
  }
}

const halfWidth = (score: number, units: number): number => {
  const [low, high] = Statistics.wilson(score, units)
  return (high - low) / 2
}

/** A heading and lines in words; nothing where there are no items. */
export const lines = (sensitivity: Sensitivity): ReadonlyArray<readonly [string, string]> => {
  if (sensitivity.items === 0) return []
  return sensitivity.comparisons === 0 ? ofOneArm(sensitivity) : ofArms(sensitivity)
}

const ofArms = (sensitivity: Sensitivity): ReadonlyArray<readonly [string, string]> => {
  const { alpha, comparisons, items, power, smallestDifferences } = sensitivity
  const corrected = comparisons === 1 ? "" : ` corrected for ${Figures.count(comparisons)} pairs`
  const test = `${whole(power)} power, ${whole(alpha)} level${corrected}`
  const byGroup = smallestDifferences.map(({ smallestByGroup }) => from(smallestByGroup))
  return [
    ["shows", `on ${Figures.plural(items, "item")}, two arms are told apart (${test})`],
    ...smallestDifferences.map(
      ({ discordance, smallest }) =>
        ["", `  ${from(smallest)}, if they disagree on ${whole(discordance)} of the items`] as const
    ),
    ...ofGroups(sensitivity, byGroup)
  ]
}

const ofOneArm = (sensitivity: Sensitivity): ReadonlyArray<readonly [string, string]> => {
  const { halfWidths, items } = sensitivity
  const byGroup = halfWidths.map((one) => around(one.halfWidthByGroup ?? 0))
  return [
    ["shows", `on ${Figures.plural(items, "item")}, a score with a 95% interval of`],
    ...halfWidths.map(
      ({ halfWidth, score }) => ["", `  ${around(halfWidth)}, if it is ${whole(score)}`] as const
    ),
    ...ofGroups(sensitivity, byGroup)
  ]
}

/** The worst that groups can do to it. */
const ofGroups = ({ clusters }: Sensitivity, figures: ReadonlyArray<string>) =>
  clusters === null
    ? []
    : [
        [
          "",
          `  and were the items of each of the ${Figures.count(clusters)} groups alike: ${figures.join(", and ")}`
        ] as const
      ]

const around = (halfWidth: number): string => `±${Figures.points(halfWidth)} points`

const from = (smallest: number | null): string =>
  smallest === null ? "not at all" : `from ${Figures.points(smallest)} points on`

const whole = (share: number): string => `${Math.round(100 * share)}%`
