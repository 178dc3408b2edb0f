/**
 * The first scorer's score of the items of each tag, arm by arm. Memory: that of `TOLD_APART` tags at most, and for each
 * group that a tag's items belong to some 30 bytes, and 13 an arm. Mutable, and owned by the one pass that fills it.
 */
import type { BenchmarkReport } from "../../report/BenchmarkReport.ts"
import * as Groups from "../../statistics/Groups.ts"
import { reported } from "./Values.ts"

export interface TagTally {
  /**
   * One item; a tag that it has twice counts once.
   * @param group number of the cluster it belongs to
   * @param scores of its repeats in each arm, as the benchmark's policy counts them
   */
  readonly add: (
    tags: ReadonlyArray<string>,
    group: number | undefined,
    scores: ReadonlyArray<ReadonlyArray<number>>
  ) => void
  /** The most frequent `SHOWN` tags; `undefined` where no item has one. */
  readonly report: () => BenchmarkReport["tags"]
  /** Items had more than `TOLD_APART` tags: those that came later were not counted. */
  readonly isCut: () => boolean
}

interface Entry {
  items: number
  /** Of the report's groups those that the tag has, without gaps. */
  readonly groups: Groups.Numbering<number>
  readonly arms: ReadonlyArray<Groups.Groups<number>>
}

export const TOLD_APART = 1_000
export const SHOWN = 50

export const make = (arms: number): TagTally => {
  const byTag = new Map<string, Entry>()
  let cut = false

  const entryOf = (tag: string) => {
    const known = byTag.get(tag)
    if (known !== undefined) return known
    if (byTag.size >= TOLD_APART) {
      cut = true
      return undefined
    }
    const entry: Entry = {
      items: 0,
      groups: Groups.numbering<number>(),
      arms: Array.from({ length: arms }, Groups.numbered)
    }
    byTag.set(tag, entry)
    return entry
  }

  return {
    add: (tags, group, scores) => {
      for (const tag of new Set(tags)) {
        const entry = entryOf(tag)
        if (entry === undefined) continue
        entry.items += 1
        const place = group === undefined ? undefined : entry.groups.of(group)
        entry.arms.forEach((sums, arm) => {
          sums.add(scores[arm] ?? [], place)
        })
      }
    },
    report: () =>
      byTag.size === 0
        ? undefined
        : [...byTag]
            .sort(([one, { items: a }], [other, { items: b }]) => b - a || (one < other ? -1 : 1))
            .slice(0, SHOWN)
            .map(([tag, { arms, items }]) => ({
              tag,
              items,
              scores: arms.map((sums) => reported(sums.sums()))
            })),
    isCut: () => cut
  }
}
