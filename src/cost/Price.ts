/**
 * What a request cost, and what it can cost at most. Prices come from `model/ModelInfo.ts`; the caps that the worst
 * case is held against are in `Budget.ts`. All arithmetic is on whole 1e-12 USD a token, so that no sum depends on
 * binary fractions.
 */
import type { ModelInfo, Price } from "../model/ModelInfo.ts"
import type { TokenUsage } from "../request/TokenUsage.ts"
import { NanoUsd, zero } from "./Money.ts"

/**
 * Batch and flex cost half. Priority and fast processing have a price list of their own, of up to twice the standard
 * one: twice is assumed, so that a cap holds, until `price.tiers` of the model says better.
 */
const TIERS: Readonly<Record<string, number>> = { batch: 0.5, flex: 0.5, priority: 2, fast: 2 }

const tierFactor = (price: Price, tier: string | undefined): number =>
  tier === undefined ? 1 : (price.tiers?.[tier] ?? TIERS[tier] ?? 1)

/** USD per 1M tokens to 1e-12 USD per token; the cheapest list price, $0.005, is 5,000 of them. */
const pico = (usdPerMillion: number): number => Math.round(usdPerMillion * 1e6)

/** Whether what this model costs is known; if not, `cost` and `worst` answer 0, which means nothing. */
export const known = (model: ModelInfo | undefined): boolean => model?.price !== undefined

/**
 * The bill for one answer, rounded to the nearest 1e-9 USD.
 *
 * @param tier the tier that was used, as the response names it, or `batch`; the standard tier where absent
 */
export const cost = (model: ModelInfo, usage: TokenUsage, tier?: string): NanoUsd => {
  const { price, longContext } = model
  if (price === undefined) return zero
  const long = longContext !== undefined && usage.input > longContext.above
  const plain = Math.max(0, usage.input - usage.cached - usage.cacheWrite)
  const input =
    plain * pico(price.input) +
    usage.cached * pico(price.cached ?? price.input) +
    usage.cacheWrite * pico(price.cacheWrite ?? price.input)
  const output = usage.output * pico(price.output)
  const total =
    input * (long ? longContext.inputFactor : 1) + output * (long ? longContext.outputFactor : 1)
  return NanoUsd(Math.round((total * tierFactor(price, tier)) / 1_000))
}

/**
 * The most that one attempt can cost, rounded up: the bound on its input, all of it written to the cache where that is
 * dearer, at the long-context rate where the bound reaches it, and every output token that it may make.
 * Of the cheaper tiers only `batch` counts: a flex request may be served, and billed, as standard.
 */
export const worst = (
  model: ModelInfo,
  upperInput: number,
  maxOutput: number,
  tier?: string
): NanoUsd => {
  const { price, longContext } = model
  if (price === undefined) return zero
  const long = longContext !== undefined && upperInput > longContext.above
  const dearest = Math.max(price.input, price.cached ?? 0, price.cacheWrite ?? 0)
  const total =
    upperInput * pico(dearest) * (long ? longContext.inputFactor : 1) +
    maxOutput * pico(price.output) * (long ? longContext.outputFactor : 1)
  const factor = tierFactor(price, tier)
  return NanoUsd(Math.ceil((total * (tier === "batch" ? factor : Math.max(1, factor))) / 1_000))
}
