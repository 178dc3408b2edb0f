/**
 * How long js-tiktoken takes for a text, in microseconds, before asking it. It merges bytes within the pieces that its
 * pattern cuts (words, runs of space, runs of anything else), in time quadratic in the piece: 20 kB of emoji without a
 * break take more than a minute. Measured on one core of a small server; a faster machine only finishes earlier.
 */

const PER_BYTE = 0.7
const PER_BYTE_SQUARED = 0.2
/** Shorter pieces are looked up whole, without merging. */
const LOOKED_UP = 12

/** What the pattern never cuts. Digits are missing: they are cut in threes. */
const pieces = /[\p{L}\p{M}]+|\s+|[^\s\p{L}\p{M}\p{N}]+/gu

const bytesOf = (text: string): number => {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x800) bytes += 2
    else if (code >= 0x80) bytes += 1
  }
  return bytes
}

/** An upper estimate; halves of surrogate pairs count as whole characters. */
export const work = (text: string): number => {
  let squares = 0
  for (const [piece] of text.matchAll(pieces)) {
    if (piece.length * 3 <= LOOKED_UP) continue
    const bytes = bytesOf(piece)
    if (bytes > LOOKED_UP) squares += bytes * bytes
  }
  return bytesOf(text) * PER_BYTE + squares * PER_BYTE_SQUARED
}
