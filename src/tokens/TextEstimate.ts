/**
 * The tokens of a text without a tokenizer, in one pass over its characters. It follows how byte-pair encodings cut text
 * (words, groups of three digits, runs of punctuation and of space), which is closer than a fixed number of characters a
 * token. The same pass gives the UTF-8 bytes, which no byte-level encoding can exceed in tokens.
 * Used by `RequestSize.ts`; what is left of the error is taken up by `Calibration.ts`.
 */

/** A tally that several texts are added to: one object, as this runs for every request. */
export interface Tally {
  /** Expected tokens, fractional. */
  expected: number
  /** UTF-8 bytes. */
  bytes: number
}

const SPACE = 0
const LOWER = 1
const UPPER = 2
const DIGIT = 3
const PUNCTUATION = 4
const NEWLINE = 5
const CONTROL = 6

const classes = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 32 || code === 9) return SPACE
  if (code === 10 || code === 13) return NEWLINE
  if (code < 32 || code === 127) return CONTROL
  if (code >= 48 && code <= 57) return DIGIT
  if (code >= 97 && code <= 122) return LOWER
  return code >= 65 && code <= 90 ? UPPER : PUNCTUATION
})

/**
 * Tokens of a run of one class, measured with o200k_base on prose, mathematics, code and JSON. Words of up to seven
 * letters are nearly always one token, and longer ones grow by one for every eight; digits go by three.
 */
const measured = (kind: number, length: number): number => {
  switch (kind) {
    case LOWER:
      return length <= 7 ? 1 : 1 + (length - 7) / 8
    case UPPER:
      return length <= 3 ? 1 : length / 3
    case DIGIT:
      return Math.ceil(length / 3)
    case PUNCTUATION:
      return length <= 2 ? 0.95 : 0.95 + (length - 2) / 5
    case SPACE:
      // One space belongs to the word after it.
      return length === 1 ? 0.05 : 0.9 + length / 60
    case NEWLINE:
      return 0.6
    default:
      // Control characters, each by itself.
      return length
  }
}

const TABLE = 32
const table = Float64Array.from({ length: 7 * TABLE }, (_, at) => {
  const length = at % TABLE
  return length === 0 ? 0 : measured(Math.floor(at / TABLE), length)
})

const run = (kind: number, length: number): number =>
  length < TABLE ? (table[kind * TABLE + length] as number) : measured(kind, length)

/** Tokens per UTF-16 unit outside ASCII and Latin, by block: measured with o200k_base on running text of each script. */
const other = (code: number): number => {
  if (code < 0x0400) return 0.42 // Greek
  if (code < 0x0590) return 0.26 // Cyrillic, Armenian
  if (code < 0x0900) return 0.36 // Hebrew, Arabic
  if (code < 0x2000) return 0.36 // scripts of India and South-East Asia, Georgian, Ethiopic
  if (code < 0x2040) return 1 // dashes, quotation marks
  if (code < 0x2e80) return 1.7 // arrows, mathematics, symbols
  if (code < 0x3040) return 0.7 // punctuation of East Asia
  if (code < 0x3100) return 0.7 // kana
  if (code < 0xa000) return 0.76 // Chinese characters
  if (code >= 0xac00 && code < 0xd7a4) return 0.72 // Hangul
  if (code >= 0xd800 && code < 0xe000) return 0.95 // half of an emoji or a rare character
  return 1.2
}

/** A letter with a mark, beside the word it is part of. */
const MARKED = 0.15

/** Adds a text to the tally. */
export const add = (tally: Tally, text: string): void => {
  let expected = 0
  let bytes = text.length
  let kind = SPACE
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x0250) {
      let next = LOWER
      if (code < 128) next = classes[code] as number
      else {
        bytes += 1
        expected += MARKED
      }
      if (next === kind) length++
      else if (next === LOWER && kind === UPPER) {
        // A capital begins the word that follows it.
        kind = LOWER
        length++
      } else {
        expected += run(kind, length)
        kind = next
        length = 1
      }
      continue
    }
    expected += run(kind, length) + other(code)
    kind = SPACE
    length = 0
    if (code < 0x800) bytes += 1
    else {
      bytes += 2
      if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
        // A pair is four bytes for two units; half a pair is sent as the replacement character, three bytes.
        expected += other(code)
        at++
      }
    }
  }
  tally.expected += expected + run(kind, length)
  tally.bytes += bytes
}
