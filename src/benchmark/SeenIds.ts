/**
 * What the ids of a dataset have come with so far, in 12 to 35 bytes an id, however long it is: an open-addressing table of
 * 64-bit hashes. Two among a million different ids meet with a chance below 1 in 10,000,000.
 */

/** Places of a table at first; always a power of two. */
const START = 1 << 10
/** Share of the table that may be full. */
const LOAD = 0.7

export interface SeenIds {
  /** What the id came with last, 0 before the first time; from now on `value`, from 1 to 2^32 - 1. Takes 16 hexadecimal digits. */
  readonly set: (hash: string, value: (earlier: number) => number) => number
}

export const make = (): SeenIds => {
  let upper = new Uint32Array(START)
  let lower = new Uint32Array(START)
  /** 0 marks a free place. */
  let values = new Uint32Array(START)
  let size = 0

  const place = (high: number, low: number): number => {
    const mask = values.length - 1
    let at = low & mask
    while (values[at] !== 0 && (upper[at] !== high || lower[at] !== low)) at = (at + 1) & mask
    return at
  }

  const put = (at: number, high: number, low: number, value: number): void => {
    upper[at] = high
    lower[at] = low
    values[at] = value
  }

  const grow = () => {
    const [highs, lows, before] = [upper, lower, values]
    upper = new Uint32Array(before.length * 2)
    lower = new Uint32Array(before.length * 2)
    values = new Uint32Array(before.length * 2)
    for (let from = 0; from < before.length; from++) {
      const value = before[from] ?? 0
      if (value === 0) continue
      const [high = 0, low = 0] = [highs[from], lows[from]]
      put(place(high, low), high, low, value)
    }
  }

  return {
    set: (hash, value) => {
      const high = Number.parseInt(hash.slice(0, 8), 16)
      const low = Number.parseInt(hash.slice(8, 16), 16)
      const at = place(high, low)
      const earlier = values[at] ?? 0
      put(at, high, low, value(earlier))
      if (earlier === 0) {
        size++
        if (size > values.length * LOAD) grow()
      }
      return earlier
    }
  }
}
