/** What the repeats of an arm tell, in words. */
import type { RepeatsReport, Score } from "./BenchmarkReport.ts"
import * as Figures from "./Figures.ts"

/** `61.0% (52.1–69.2%)` */
const estimate = ({ ci95, mean }: Score): string =>
  ci95 === null ? Figures.percent(mean) : `${Figures.percent(mean)} (${Figures.interval(ci95)})`

/** Sentences; those of which nothing is known are left out. */
export const lines = (repeated: RepeatsReport): ReadonlyArray<string> => [
  ...agreement(repeated.agreement),
  ...variance(repeated.variance),
  ...(repeated.majority.mean === null ? [] : [`Majority vote: ${estimate(repeated.majority)}.`]),
  ...passes(repeated, 1, "At least one of k right", "pass@", ({ passAtK }) => passAtK),
  // pass^1 is pass@1.
  ...passes(repeated, 2, "All of k right", "pass^", ({ passHatK }) => passHatK)
]

/** All agree, variance within items, majority vote, pass@k and pass^k of all repeats. */
export const figures = ({
  agreement,
  majority,
  passAt,
  variance
}: RepeatsReport): ReadonlyArray<string> => {
  const all = passAt.at(-1)
  return [
    agreement.allEqual,
    variance.shareWithin,
    majority.mean,
    all?.passAtK.mean ?? null,
    all?.passHatK.mean ?? null
  ].map(Figures.percent)
}

const agreement = ({
  allEqual,
  alpha,
  items,
  pairwise
}: RepeatsReport["agreement"]): ReadonlyArray<string> =>
  items === 0
    ? []
    : [
        `All repeats agree on ${Figures.percent(allEqual)} of ${Figures.plural(items, "item")}; ` +
          `two of an item agree in ${Figures.percent(pairwise)}` +
          `${alpha === null ? "" : ` (Krippendorff's alpha ${alpha.toFixed(2)})`}.`
      ]

const variance = ({
  shareBetween,
  shareWithin
}: RepeatsReport["variance"]): ReadonlyArray<string> =>
  shareBetween === null || shareWithin === null
    ? []
    : [
        `Of the variance ${Figures.percent(shareWithin)} lies within items (from repeat to repeat), ` +
          `${Figures.percent(shareBetween)} between them.`
      ]

type Passes = RepeatsReport["passAt"][number]

const passes = (
  { passAt }: RepeatsReport,
  from: number,
  meaning: string,
  name: string,
  of: (one: Passes) => Score
): ReadonlyArray<string> => {
  const known = passAt.filter((one) => of(one).mean !== null && one.k >= from)
  const all = known.map((one) => `${name}${one.k} ${estimate(of(one))}`)
  return all.length === 0 ? [] : [`${meaning}: ${all.join(", ")}.`]
}
