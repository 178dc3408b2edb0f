/** The rate-limit headers of a response, in the provider's own forms. */
import type { Bucket, Pool } from "./Quota.ts"
import { untilFull } from "./Quota.ts"

/** A Go duration as the provider writes it: `0s`, `12ms`, `8.64s`, `6m0s`, `1h2m3s`; to the millisecond. */
export const goDuration = (milliseconds: number): string => {
  const total = Math.max(0, Math.round(milliseconds))
  if (total === 0) return "0s"
  if (total < 1_000) return `${total}ms`
  const hours = Math.floor(total / 3_600_000)
  const minutes = Math.floor((total % 3_600_000) / 60_000)
  const seconds = (total % 60_000) / 1_000
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}

const limit = (bucket: Bucket): string => String(Math.round(bucket.limit))
const remaining = (bucket: Bucket): string => String(Math.floor(bucket.level))
const reset = (bucket: Bucket): string => goDuration(untilFull(bucket))

/** As of the moment of admission. The tighter of the minute and the day stands for requests. */
export const rateHeaders = (pool: Pool): Record<string, string> => {
  const { daily, tokens } = pool
  const requests = daily !== undefined && daily.level < pool.requests.level ? daily : pool.requests
  return {
    "x-ratelimit-limit-requests": limit(requests),
    "x-ratelimit-remaining-requests": remaining(requests),
    "x-ratelimit-reset-requests": reset(requests),
    "x-ratelimit-limit-tokens": limit(tokens),
    "x-ratelimit-remaining-tokens": remaining(tokens),
    "x-ratelimit-reset-tokens": reset(tokens)
  }
}

/** `retry-after` in whole seconds and, undocumented but sent, in milliseconds. */
export const retryHeaders = (milliseconds: number): Record<string, string> => ({
  "retry-after": String(Math.max(1, Math.ceil(milliseconds / 1_000))),
  "retry-after-ms": String(Math.max(1, Math.ceil(milliseconds)))
})

/** What a broken proxy makes of them: absent, negative, not a number, or far out of range. */
export const spoilHeaders = (
  headers: Readonly<Record<string, string>>,
  how: "missing" | "malformed",
  pick: () => number
): Record<string, string> => {
  const garbage = ["-1", "NaN", "", "99999999999999999999", "1e400", "soon"]
  const entries = Object.entries(headers).flatMap(([name, value]): Array<[string, string]> => {
    if (!name.startsWith("x-ratelimit-") && !name.startsWith("retry-after")) return [[name, value]]
    return how === "missing" ? [] : [[name, garbage[Math.floor(pick() * garbage.length)] ?? "soon"]]
  })
  return Object.fromEntries(entries)
}
