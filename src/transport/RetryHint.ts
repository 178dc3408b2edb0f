/**
 * How long the provider asks to wait: from the headers, else from the words of the message. A hint is a minimum, to
 * which the caller adds jitter. What cannot be a wait (negative, not a number, in the past) is ignored, and what
 * is absurdly long stays long: `GoDuration.MAX_MILLIS`.
 */
import { DateTime } from "effect"
import * as GoDuration from "./GoDuration.ts"

/** Header names in lower case. */
type Headers = Readonly<Record<string, string>>

const decimal = /^\d+(?:\.\d+)?$/

/** The three forms of an HTTP date begin with the name of a day. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/

const bounded = (millis: number): number => Math.min(millis, GoDuration.MAX_MILLIS)

const number = (text: string | undefined): number | undefined =>
  text !== undefined && decimal.test(text.trim()) ? Number(text) : undefined

const untilDate = (text: string, now: number): number | undefined => {
  if (!httpDate.test(text)) return undefined
  const date = DateTime.make(text)
  if (date._tag === "None") return undefined
  const wait = DateTime.toEpochMillis(date.value) - now
  return wait > 0 ? wait : undefined
}

/**
 * Milliseconds from `retry-after-ms`, else `retry-after` (seconds or an HTTP date).
 *
 * @param now Unix milliseconds, for dates
 */
export const fromHeaders = (headers: Headers, now: number): number | undefined => {
  const millis = number(headers["retry-after-ms"])
  if (millis !== undefined) return bounded(millis)
  const text = headers["retry-after"]
  if (text === undefined) return undefined
  const seconds = number(text)
  const wait = seconds === undefined ? untilDate(text.trim(), now) : seconds * 1_000
  return wait === undefined ? undefined : bounded(wait)
}

/** `try again in 1m2.5s`, `retry after 26 seconds`, `retry in 21.8s`. */
const request =
  /\b(?:try again|retry) (?:in|after) (\d[\d.]*)( ?(?:millisecond|second|minute|hour|day)s?\b|[\d.a-z\u00b5\u03bc]{1,63})/i

const wordMillis: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000
}

/** Milliseconds from the words of an error message. */
export const fromMessage = (message: string): number | undefined => {
  const found = request.exec(message)
  const [amount, unit] = [found?.[1], found?.[2]]
  if (amount === undefined || unit === undefined) return undefined
  const word = wordMillis[unit.trim().toLowerCase().replace(/s$/, "")]
  if (word === undefined) return GoDuration.parse(`${amount}${unit}`.replace(/\.$/, ""))
  return decimal.test(amount) ? bounded(Number(amount) * word) : undefined
}

/** Milliseconds to wait at least: the headers' word, else the message's. */
export const parse = (headers: Headers, message: string, now: number): number | undefined =>
  fromHeaders(headers, now) ?? fromMessage(message)
