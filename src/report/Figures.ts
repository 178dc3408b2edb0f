/** Numbers as reports write them: the same in a terminal, in Markdown and in tests, whatever the locale. */
import * as Money from "../cost/Money.ts"

/** What is not known. */
export const UNKNOWN = "–"

/** `1,319` */
export const count = (value: number): string => value.toLocaleString("en-US")

/** `87.9%` */
export const percent = (share: number | null): string =>
  share === null ? UNKNOWN : `${(100 * share).toFixed(1)}%`

/** `83.2–91.4%` */
export const interval = (ci95: readonly [number, number] | null): string =>
  ci95 === null ? UNKNOWN : `${(100 * ci95[0]).toFixed(1)}–${(100 * ci95[1]).toFixed(1)}%`

/** A difference of two scores, in percentage points: `3.1` */
export const points = (difference: number): string => {
  const text = (100 * difference).toFixed(1)
  return text === "-0.0" ? "0.0" : text
}

/** `0.4 to 5.8` */
export const pointsInterval = ([low, high]: readonly [number, number]): string =>
  `${points(low)} to ${points(high)}`

/** `0.42`, `0.021`, `< 0.001` */
export const pValue = (p: number | null): string => {
  if (p === null) return UNKNOWN
  if (p < 0.001) return "< 0.001"
  // 0.0499 must not be shown as the 0.05 that it is below.
  return p < 0.1 ? p.toFixed(3) : p.toFixed(2)
}

/** `0.42 s`, `12.3 s`, `3 min 5 s`, `2 h 10 min` */
export const duration = (seconds: number | null): string => {
  if (seconds === null) return UNKNOWN
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 119.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

export const usd = (amount: number | null): string =>
  amount === null ? "unpriced" : Money.format(Money.fromUsd(amount))

/** `19.5/s`; nothing to say about a moment that is too short. */
export const rate = (events: number, seconds: number): string =>
  seconds < 0.001 ? UNKNOWN : `${(events / seconds).toFixed(1)}/s`

/** `1 item`, `2 items` */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`
