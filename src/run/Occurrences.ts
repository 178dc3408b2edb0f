/**
 * Counts how often each key has come by, in 13 to 26 bytes a key: an open-addressing table of 52-bit fingerprints. Two
 * different keys that share a fingerprint (odds of 1 in 100 over ten million keys) are counted as one, which only gives
 * one of them another sample number.
 */

/** Places of a table at first; always a power of two. */
const START = 1 << 10
/** Share of the table that may be full. */
const LOAD = 0.7
/** Counts from this on are kept apart: few keys come that often. */
const MANY = 255
/** Hexadecimal digits that fit exactly into a double. */
export const DIGITS = 13

/** The fingerprint of a key (a string that ends in hexadecimal digits): a whole number from 1 to 2^52. */
export const printOf = (key: string): number => Number.parseInt(key.slice(-DIGITS), 16) + 1

export interface Table {
  /** Adds it once more if it has been added so often; answers whether it has. */
  readonly addIf: (print: number, count: number) => boolean
  /** Takes back what was added last. */
  readonly remove: (print: number) => void
  /** Adds it once more; answers how often it had been added before. */
  readonly add: (print: number) => number
}

export const table = (): Table => {
  let prints = new Float64Array(START)
  /** Up to `MANY`. */
  let counts = new Uint8Array(START)
  const many = new Map<number, number>()
  let size = 0

  /** Where the fingerprint is, or the free place for it. 0 marks a free place. The low bits are as random as any. */
  const place = (print: number): number => {
    const mask = prints.length - 1
    let at = (print >>> 0) & mask
    while (prints[at] !== 0 && prints[at] !== print) at = (at + 1) & mask
    return at
  }

  const grow = () => {
    const [oldPrints, oldCounts] = [prints, counts]
    prints = new Float64Array(oldPrints.length * 2)
    counts = new Uint8Array(oldCounts.length * 2)
    for (let from = 0; from < oldPrints.length; from++) {
      const print = oldPrints[from] ?? 0
      if (print === 0) continue
      const to = place(print)
      prints[to] = print
      counts[to] = oldCounts[from] ?? 0
    }
  }

  const countAt = (at: number, print: number): number => {
    const count = counts[at] ?? 0
    return count < MANY ? count : (many.get(print) ?? MANY)
  }

  const set = (at: number, print: number, count: number): void => {
    counts[at] = Math.min(count, MANY)
    if (count >= MANY) many.set(print, count)
    if (prints[at] !== 0) return
    prints[at] = print
    size++
    if (size > prints.length * LOAD) grow()
  }

  return {
    addIf: (print, count) => {
      const at = place(print)
      if (countAt(at, print) !== count) return false
      set(at, print, count + 1)
      return true
    },
    remove: (print) => {
      const at = place(print)
      set(at, print, countAt(at, print) - 1)
    },
    add: (print) => {
      const at = place(print)
      const earlier = countAt(at, print)
      set(at, print, earlier + 1)
      return earlier
    }
  }
}

/** A counter: each call answers how many earlier calls had the same key. */
export const make = (): ((key: string) => number) => {
  const { add } = table()
  return (key) => add(printOf(key))
}
