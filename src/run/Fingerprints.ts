/** Fingerprints of `Occurrences.ts` as text: 13 hexadecimal digits each, or as many dashes where there is none. */
import { DIGITS } from "./Occurrences.ts"

/** Stands for no fingerprint. */
export const NONE = 0
const none = "-".repeat(DIGITS)

export const encode = (prints: Iterable<number>): string => {
  let text = ""
  for (const print of prints) {
    text += print === NONE ? none : (print - 1).toString(16).padStart(DIGITS, "0")
  }
  return text
}

const DASH = none.charCodeAt(0)
/** Digits of the upper part, so that each part fits 32 bits. */
const UPPER = DIGITS - 8

/** Not a number where the text is damaged. Digit by digit: two million of them are read when a large run goes on. */
export const at = (text: string, place: number): number => {
  const from = place * DIGITS
  if (text.charCodeAt(from) === DASH) return NONE
  let [upper, lower, wrong] = [0, 0, 0]
  for (let digit = 0; digit < DIGITS; digit++) {
    const code = text.charCodeAt(from + digit)
    // `0` to `9` are 48 to 57, `a` to `f` 97 to 102.
    const value = code < 58 ? code - 48 : code - 87
    wrong |= value & ~15
    if (digit < UPPER) upper = upper * 16 + value
    else lower = (lower << 4) | value
  }
  return wrong === 0 ? upper * 2 ** 32 + (lower >>> 0) + 1 : Number.NaN
}

/** Whether it holds so many. */
export const holds = (text: string, count: number): boolean => text.length === count * DIGITS

export const decode = (text: string): ReadonlyArray<number> =>
  Array.from({ length: Math.floor(text.length / DIGITS) }, (_, place) => at(text, place))
