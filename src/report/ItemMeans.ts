/**
 * The items' means in each arm, for `Comparisons.ts` to draw from: eight bytes each, and four an item for its group. More
 * items than it is made for are not kept at all.
 */

/** One unit for each group, and for each item without one. */
export interface Differences {
  /** Second arm less first, summed over the unit's items. */
  readonly totals: Float64Array
  /** Items of the unit; absent where no item has a group, and all units are of one item. */
  readonly sizes: Float64Array | undefined
}

/** Mutable, and owned by the one pass that fills it. */
export interface ItemMeans {
  /** @param means of the item in each arm, `NaN` where it has none there */
  readonly add: (means: ReadonlyArray<number>, group: number | undefined) => void
  /** Of the items that both arms have; `undefined` where there were too many to keep. */
  readonly differences: (a: number, b: number, grouped: boolean) => Differences | undefined
}

const ALONE = -1
const FIRST_SIZE = 256

export const make = (arms: number, most: number): ItemMeans => {
  let room = 0
  let items = 0
  let columns = Array.from({ length: arms }, () => new Float64Array(0))
  let groups = new Int32Array(0)

  const resize = (size: number) => {
    room = size
    columns = columns.map((column) => {
      const larger = new Float64Array(size)
      larger.set(column.subarray(0, size))
      return larger
    })
    const larger = new Int32Array(size)
    larger.set(groups.subarray(0, size))
    groups = larger
  }

  const add: ItemMeans["add"] = (means, group = ALONE) => {
    if (items === most) resize(0)
    items += 1
    if (items > most || arms === 0) return
    if (items > room) resize(Math.min(most, Math.max(FIRST_SIZE, 2 * room)))
    columns.forEach((column, arm) => {
      column[items - 1] = means[arm] ?? Number.NaN
    })
    groups[items - 1] = group
  }

  const differences: ItemMeans["differences"] = (a, b, grouped) => {
    if (items > most) return undefined
    const [first, second] = [columns[a], columns[b]]
    const gains = Float64Array.from(
      { length: items },
      (_, item) => (second?.[item] ?? Number.NaN) - (first?.[item] ?? Number.NaN)
    )
    return grouped
      ? byGroup(gains, groups)
      : { totals: gains.filter((gain) => !Number.isNaN(gain)), sizes: undefined }
  }

  return { add, differences }
}

const byGroup = (gains: Float64Array, groups: Int32Array): Differences => {
  const totals = new Float64Array(gains.length)
  const sizes = new Float64Array(gains.length)
  const places = new Map<number, number>()
  let units = 0
  gains.forEach((gain, item) => {
    if (Number.isNaN(gain)) return
    const group = groups[item] ?? ALONE
    const place = (group === ALONE ? undefined : places.get(group)) ?? units++
    if (group !== ALONE) places.set(group, place)
    totals[place] = (totals[place] ?? 0) + gain
    sizes[place] = (sizes[place] ?? 0) + 1
  })
  return { totals: totals.subarray(0, units), sizes: sizes.subarray(0, units) }
}
