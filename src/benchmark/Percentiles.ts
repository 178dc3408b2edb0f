/** Exact percentiles of up to millions of numbers, at eight bytes each. */

export interface Percentiles {
  readonly add: (value: number) => void
  /** Interpolated linearly between neighbours (Hyndman and Fan's type 7, as in NumPy and R); `null` without values. */
  readonly at: (share: number) => number | null
}

export const make = (): Percentiles => {
  let values = new Float64Array(256)
  let size = 0
  let sorted = true
  return {
    add: (value) => {
      if (size === values.length) {
        const larger = new Float64Array(size * 2)
        larger.set(values)
        values = larger
      }
      values[size] = value
      size += 1
      sorted = false
    },
    at: (share) => {
      if (size === 0) return null
      if (!sorted) values.subarray(0, size).sort()
      sorted = true
      const position = share * (size - 1)
      const below = Math.floor(position)
      const low = values[below] ?? 0
      const high = values[Math.min(below + 1, size - 1)] ?? low
      return low + (high - low) * (position - below)
    }
  }
}
