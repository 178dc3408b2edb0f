/**
 * The items of all sides and their scores, without the items: 53 bits for an id, and 16 bytes for each side that has it.
 * Two ids of a million share those bits with a chance below 1 in 10,000.
 */
import { digest } from "../../random/Seeded.ts"
import * as Groups from "../../statistics/Groups.ts"

/** The side does not have the item. */
export const ABSENT = -1

/** An item's mean score from 0 to 1 in one side; `NaN` where it has none, `ABSENT` where the side has no such item. */
export interface Means {
  /** What the model did not answer is 0. */
  readonly wrong: number
  /** It is left out. */
  readonly excluded: number
}

export type Policy = keyof Means

/** Mutable, and owned by the one comparison that fills it. */
export interface ItemTable {
  /** Number of the item, from 0, in the order of their coming; `group` counts where it comes first. */
  readonly place: (itemId: string, group?: string) => number
  readonly set: (side: number, place: number, means: Means) => void
  readonly mean: (policy: Policy, side: number, place: number) => number
  /** Number of the item's cluster, from 0 without gaps; `undefined` where it has none. */
  readonly group: (place: number) => number | undefined
  readonly size: () => number
}

const ALONE = -1
const START = 1 << 10

interface Column {
  readonly wrong: Float64Array
  readonly excluded: Float64Array
}

export const make = (sides: number): ItemTable => {
  const places = new Map<number, number>()
  const numbering = Groups.numbering()
  let room = START
  let groups = new Int32Array(room).fill(ALONE)
  let columns = Array.from(
    { length: sides },
    (): Column => ({ wrong: column(room), excluded: column(room) })
  )

  const grow = () => {
    room *= 2
    const larger = new Int32Array(room).fill(ALONE)
    larger.set(groups)
    groups = larger
    columns = columns.map(({ excluded, wrong }) => ({
      wrong: column(room, wrong),
      excluded: column(room, excluded)
    }))
  }

  return {
    place: (itemId, group) => {
      const id = digest(itemId)
      const known = places.get(id)
      if (known !== undefined) return known
      const place = places.size
      places.set(id, place)
      if (place === room) grow()
      if (group !== undefined) groups[place] = numbering.of(group)
      return place
    },
    set: (side, place, { excluded, wrong }) => {
      const found = columns[side]
      if (found === undefined) return
      found.wrong[place] = wrong
      found.excluded[place] = excluded
    },
    mean: (policy, side, place) => columns[side]?.[policy][place] ?? ABSENT,
    group: (place) => {
      const group = groups[place] ?? ALONE
      return group === ALONE ? undefined : group
    },
    size: () => places.size
  }
}

const column = (size: number, from?: Float64Array): Float64Array => {
  const made = new Float64Array(size).fill(ABSENT)
  if (from !== undefined) made.set(from)
  return made
}
