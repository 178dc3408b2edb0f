/**
 * Durations as OpenAI writes them in headers and messages: the text form of Go's `time.Duration`, as `6m0s`, `120ms`,
 * `8.64s`, `1h2m3s`. Waiting hints are read in `RetryHint.ts`, rate-limit headers in `rate-limit/RateLimitHeaders.ts`.
 */

/** One year, in milliseconds: the longest duration that is believed. A longer one is taken for this. */
export const MAX_MILLIS = 365 * 24 * 3_600_000

/** Longer texts are no durations, whatever they say. */
const MAX_LENGTH = 64

const millisOf: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000
}

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y

/**
 * Milliseconds, 0 to `MAX_MILLIS`, with fractions; `undefined` for anything else: a sign, a bare number other than `0`,
 * an unknown unit, text before or after.
 */
export const parse = (text: string): number | undefined => {
  if (text === "0") return 0
  if (text === "" || text.length > MAX_LENGTH) return undefined
  let total = 0
  let at = 0
  while (at < text.length) {
    part.lastIndex = at
    const found = part.exec(text)
    if (found === null) return undefined
    total += Number(found[1]) * (millisOf[found[2] ?? ""] ?? Number.NaN)
    at = part.lastIndex
  }
  return Math.min(total, MAX_MILLIS)
}
