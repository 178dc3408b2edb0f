/**
 * Clusters whose items arrive apart: questions about one text, problems from one template. Each group becomes one
 * cluster of `Statistics.Sums`. Items without a group are summed at once, so that only groups take memory: 13 bytes each,
 * and the entry of a map where they are known by name.
 */
import * as Statistics from "./Statistics.ts"

/** Mutable, and owned by the one pass that fills it. */
export interface Groups<in Group = string> {
  /**
   * All scores of one item; without any the item does not count.
   * @param group of the item; without one it is a cluster of its own
   */
  readonly add: (scores: ReadonlyArray<number>, group?: Group) => void
  /** May be asked for at any time. */
  readonly sums: () => Statistics.Sums
}

/** Where groups are known by name. */
export const make = (): Groups => {
  const places = numbering()
  return from((group: string) => places.of(group))
}

/** Where they are numbered from 0 on without gaps, as `Numbering` does for many `Groups` at once. */
export const numbered = (): Groups<number> => from((group: number) => group)

/** Numbers names in the order they come. */
export interface Numbering<in Name = string> {
  readonly of: (name: Name) => number
  readonly size: () => number
}

export const numbering = <Name = string>(): Numbering<Name> => {
  const numbers = new Map<Name, number>()
  return {
    of: (name) => {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, numbers.size)
      return numbers.size - 1
    },
    size: () => numbers.size
  }
}

const FIRST_SIZE = 16

const from = <Group>(placeOf: (group: Group) => number): Groups<Group> => {
  let alone = Statistics.none
  let totals = new Float64Array(0)
  let sizes = new Uint32Array(0)
  /** 1 where some score was neither 0 nor 1. */
  let graded = new Uint8Array(0)

  const makeRoom = (place: number) => {
    const room = Math.max(FIRST_SIZE, 2 * totals.length, place + 1)
    totals = copied(new Float64Array(room), totals)
    sizes = copied(new Uint32Array(room), sizes)
    graded = copied(new Uint8Array(room), graded)
  }

  return {
    add: (scores, group) => {
      if (scores.length === 0) return
      const item = Statistics.clusterOf(scores)
      if (group === undefined) {
        alone = Statistics.addCluster(alone, item)
        return
      }
      const place = placeOf(group)
      if (place >= totals.length) makeRoom(place)
      totals[place] = (totals[place] ?? 0) + item.total
      sizes[place] = (sizes[place] ?? 0) + item.size
      if (!item.proportion) graded[place] = 1
    },
    sums: () => {
      let sums = alone
      sizes.forEach((size, place) => {
        const cluster = { size, total: totals[place] ?? 0, proportion: graded[place] === 0 }
        sums = Statistics.addCluster(sums, cluster)
      })
      return sums
    }
  }
}

const copied = <Numbers extends Float64Array | Uint32Array | Uint8Array>(
  to: Numbers,
  from: Numbers
): Numbers => {
  to.set(from)
  return to
}
