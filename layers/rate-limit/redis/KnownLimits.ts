/** What a process knows of the limits of a shared quota, from the last answer of Redis. */
import type { RateLimits } from "../../../src/config/RateLimitConfig.ts"
import type { Charge, Excess } from "../../../src/rate-limit/PoolQuota.ts"
import type { BucketState } from "../../../src/rate-limit/RateLimiter.ts"
import { type Answer, type BucketName, buckets } from "./QuotaScript.ts"

export interface KnownLimit {
  readonly limit: number
  /** A response has told it. */
  readonly learned: boolean
  /** As the provider has it, as far as known. */
  readonly level: number
}
export type Known = { readonly [Name in BucketName]?: KnownLimit }

export const of = (limits: Answer["limits"]): Known =>
  Object.fromEntries(
    Object.entries(limits).map(([name, [limit, learned, level]]) => [
      name,
      { limit, learned: learned === 1, level }
    ])
  )

/** For a Redis that has lost it. */
export const learned = (known: Known): { readonly [Name in BucketName]?: [number, number] } =>
  Object.fromEntries(
    buckets.flatMap((name) => {
      const bucket = known[name]
      return bucket?.learned === true ? [[name, [bucket.limit, bucket.level]]] : []
    })
  )

const dimensionOf = (name: BucketName) =>
  name === "rm" || name === "rd" ? ("requests" as const) : ("tokens" as const)

/** The limit that the charge can never fit into. */
export const excess = (known: Known, settings: RateLimits, charge: Charge): Excess | undefined => {
  const guesses: Record<BucketName, number | undefined> = {
    rm: settings.requestsPerMinute,
    tm: settings.tokensPerMinute,
    tp: undefined,
    rd: settings.requestsPerDay,
    td: settings.tokensPerDay
  }
  for (const name of buckets) {
    const bucket = known[name]
    const certain = bucket?.learned === true || settings.capAtConfigured
    const limit = bucket?.limit ?? guesses[name]
    const dimension = dimensionOf(name)
    if (certain && limit !== undefined && charge[dimension] > limit) {
      const per = name.endsWith("d") ? "day" : "minute"
      return { dimension, charge: charge[dimension], limit, per }
    }
  }
  return undefined
}

const DAY = 86_400_000

/** Milliseconds until a day's limit lets the charge go, so long after it was told. */
export const dayWait = (day: KnownLimit | undefined, charge: number, passed: number): number => {
  if (day === undefined) return 0
  const short = Math.min(charge, day.limit) - day.level
  return Math.max(0, (short * DAY) / day.limit - passed)
}

/** @param used within the last minute, by all processes */
export const state = (bucket: KnownLimit | undefined, used: number): BucketState => ({
  limit: bucket?.limit,
  level: bucket === undefined ? undefined : Math.min(bucket.limit, Math.max(0, bucket.level)),
  utilisation: bucket === undefined ? 0 : Math.min(1, used / bucket.limit)
})

/** Of the buckets that have all seen the same charges, the one that binds. */
export const tighter = (...all: ReadonlyArray<KnownLimit | undefined>): KnownLimit | undefined =>
  all.reduce(
    (least, next) =>
      next !== undefined && (least === undefined || next.limit < least.limit) ? next : least,
    undefined
  )
