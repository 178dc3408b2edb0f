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

/** Not a number where the text is damaged. */
export const at = (text: string, place: number): number => {
  const digits = text.slice(place * DIGITS, (place + 1) * DIGITS)
  return digits === none ? NONE : Number.parseInt(digits, 16) + 1
}

/** Whether it holds so many. */
export const holds = (text: string, count: number): boolean => text.length === count * DIGITS

export const decode = (text: string): ReadonlyArray<number> =>
  Array.from({ length: Math.floor(text.length / DIGITS) }, (_, place) => at(text, place))
