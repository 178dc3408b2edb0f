/**
 * Percentiles of any number of numbers from 0 on. Up to `EXACT` they are kept, at eight bytes each, and percentiles are
 * exact. Of more, only their counts by size are kept: percentiles are then right to one part in 2,000.
 */

export interface Percentiles {
  /** A number below 0 counts as 0. */
  readonly add: (value: number) => void
  /**
   * Interpolated linearly between neighbours (Hyndman and Fan's type 7, as in NumPy and R); of counts, the neighbour
   * above. `null` without values.
   */
  readonly at: (share: number) => number | null
}

/** 8 MB. */
const EXACT = 1_048_576

const FIRST_SIZE = 256

export const make = (exact: number = EXACT): Percentiles => {
  let values = new Float64Array(Math.min(FIRST_SIZE, exact))
  let size = 0
  let sorted = true
  let counts: Counts | undefined

  const keep = (value: number) => {
    if (size === values.length) {
      const larger = new Float64Array(Math.min(exact, size * 2))
      larger.set(values)
      values = larger
    }
    values[size] = value
    size += 1
    sorted = false
  }

  const between = (share: number): number | null => {
    if (size === 0) return null
    if (!sorted) values.subarray(0, size).sort()
    sorted = true
    const position = share * (size - 1)
    const below = Math.floor(position)
    const low = values[below] ?? 0
    const high = values[Math.min(below + 1, size - 1)] ?? low
    return low + (high - low) * (position - below)
  }

  return {
    add: (value) => {
      if (counts === undefined && size === exact) {
        counts = makeCounts()
        values.forEach(counts.add)
        values = new Float64Array(0)
      }
      if (counts === undefined) keep(Math.max(0, value))
      else counts.add(Math.max(0, value))
    },
    at: (share) => (counts === undefined ? between(share) : counts.at(share))
  }
}

/** Numbers of one bin differ by less than this factor; each stands for its bin's middle. */
const STEP = Math.log(1.001)

/** Numbers from a millionth to ten thousand million; those beyond count as the nearest of these, and 0 in bin 0. */
const [LEAST, MOST] = [1e-6, 1e10]
const BINS = Math.ceil(Math.log(MOST / LEAST) / STEP)

interface Counts {
  readonly add: (value: number) => void
  readonly at: (share: number) => number
}

/** 300 kB, however many there are. */
const makeCounts = (): Counts => {
  const bins = new Float64Array(BINS + 1)
  let size = 0
  return {
    add: (value) => {
      const bin = value < LEAST ? 0 : 1 + Math.floor(Math.log(value / LEAST) / STEP)
      const place = Math.min(BINS, bin)
      bins[place] = (bins[place] ?? 0) + 1
      size += 1
    },
    at: (share) => {
      const rank = Math.ceil(share * (size - 1))
      let seen = 0
      const place = bins.findIndex((count) => {
        seen += count
        return seen > rank
      })
      return place === 0 ? 0 : LEAST * Math.exp((place - 0.5) * STEP)
    }
  }
}
