/**
 * Counts how often each key has come by, in about 20 bytes a key: an open-addressing table of 52-bit fingerprints. Two
 * different keys that share a fingerprint (odds of 1 in 100 over ten million keys) are counted as one, which only gives
 * one of them another sample number.
 */

const START = 1 << 10
/** Share of the table that may be full. */
const LOAD = 0.7
/** Hexadecimal digits that fit exactly into a double. */
const DIGITS = 13

/** A counter: each call answers how many earlier calls had the same key (a string that ends in hexadecimal digits). */
export const make = (): ((key: string) => number) => {
  let prints = new Float64Array(START)
  let counts = new Uint32Array(START)
  let size = 0

  /** Where the fingerprint is, or the free place for it. 0 marks a free place. */
  const place = (print: number): number => {
    let at = print % prints.length
    while (prints[at] !== 0 && prints[at] !== print) at = (at + 1) % prints.length
    return at
  }

  const grow = () => {
    const [oldPrints, oldCounts] = [prints, counts]
    prints = new Float64Array(oldPrints.length * 2)
    counts = new Uint32Array(oldCounts.length * 2)
    for (const [from, print] of oldPrints.entries()) {
      if (print === 0) continue
      const to = place(print)
      prints[to] = print
      counts[to] = oldCounts[from] ?? 0
    }
  }

  return (key) => {
    const print = Number.parseInt(key.slice(-DIGITS), 16) + 1
    const at = place(print)
    const earlier = counts[at] ?? 0
    counts[at] = earlier + 1
    if (prints[at] === 0) {
      prints[at] = print
      size++
      if (size > prints.length * LOAD) grow()
    }
    return earlier
  }
}
