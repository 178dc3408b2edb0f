/**
 * Money is an integer of 1e-9 USD inside, and USD at the edges: sums of ten million items do not drift.
 * The largest safe amount is about 9 million USD.
 */
import { Brand } from "effect"

export type NanoUsd = number & Brand.Brand<"NanoUsd">

/** An integer number of 1e-9 USD; not checked. */
export const NanoUsd = Brand.nominal<NanoUsd>()
export const zero = NanoUsd(0)

export const fromUsd = (usd: number): NanoUsd => NanoUsd(Math.round(usd * 1e9))
export const toUsd = (amount: NanoUsd): number => amount / 1e9
export const add = (a: NanoUsd, b: NanoUsd): NanoUsd => NanoUsd(a + b)

/** For people: `$0.0042`, `$1.23`, `$1,234.50`. */
export const format = (amount: NanoUsd): string => {
  const usd = toUsd(amount)
  const digits = Math.abs(usd) >= 1 || usd === 0 ? 2 : Math.abs(usd) >= 0.01 ? 4 : 6
  return `${usd < 0 ? "-" : ""}$${Math.abs(usd).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`
}
