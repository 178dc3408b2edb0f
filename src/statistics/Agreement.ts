/**
 * Do the repeats of an item agree? Answers are compared as texts, so give them normalised: the extracted number, the
 * letter, or right and wrong. Krippendorff's alpha sets the agreement against that of answers dealt out at random;
 * Fleiss' kappa would ask for the same number of repeats of every item, which refused and failed ones take away.
 * Memory: one entry for each distinct answer, at most `TOLD_APART` of them.
 */
import { digest } from "../random/Seeded.ts"

export interface Agreement {
  /** With two answers or more; the others say nothing about agreement and count nowhere. */
  readonly items: number
  /** Share of the items whose answers are all equal. */
  readonly allEqual: number | null
  /** Chance that two answers of one item are equal, averaged over the items. */
  readonly pairwise: number | null
  /**
   * Krippendorff's alpha for nominal data: 1 is agreement throughout, 0 as much as chance gives, below 0 less. `null`
   * where all answers to all items are the same: chance would agree too.
   */
  readonly alpha: number | null
}

/**
 * Distinct answers, over all items, that are known again. Later ones count as given to no other item: alpha then comes
 * out too high by less than the share that the most frequent of them has of all answers; no other number changes.
 */
export const TOLD_APART = 65_536

/** Mutable, and owned by the one pass that fills it. */
export interface Accumulator {
  /** The answers of one item's repeats, without those that gave none. */
  readonly add: (answers: ReadonlyArray<string>) => void
  /** Numbers are `null` without items. */
  readonly result: () => Agreement
}

export const make = (): Accumulator => {
  /** By the digest of the answer, as texts may be long. */
  const totals = new Map<number, number>()
  let equalElsewhere = 0
  let items = 0
  let answersInAll = 0
  let allEqual = 0
  let pairwise = 0
  let disagreement = 0

  const add = (answers: ReadonlyArray<string>) => {
    const size = answers.length
    if (size < 2) return
    const counts = new Map<string, number>()
    for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
    let equalPairs = 0
    for (const [answer, count] of counts) {
      equalPairs += count * (count - 1)
      const name = digest(answer)
      const before = totals.get(name)
      if (before !== undefined || totals.size < TOLD_APART) totals.set(name, (before ?? 0) + count)
      else equalElsewhere += count * (count - 1)
    }
    items += 1
    answersInAll += size
    if (counts.size === 1) allEqual += 1
    pairwise += equalPairs / (size * (size - 1))
    // Pairs that differ, each answer weighing the same however many its item has.
    disagreement += (size * (size - 1) - equalPairs) / (size - 1)
  }

  /** Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C. */
  const result = (): Agreement => {
    if (items === 0) return { items, allEqual: null, pairwise: null, alpha: null }
    let equalByChance = equalElsewhere
    for (const total of totals.values()) equalByChance += total * (total - 1)
    const differByChance = answersInAll * (answersInAll - 1) - equalByChance
    return {
      items,
      allEqual: allEqual / items,
      pairwise: pairwise / items,
      alpha: differByChance === 0 ? null : 1 - ((answersInAll - 1) * disagreement) / differByChance
    }
  }

  return { add, result }
}
