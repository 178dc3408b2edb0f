/**
 * What a response's headers say about the quota, as values. Each header may be absent, malformed or hostile: one that is
 * no plain number in a believable range counts as absent. `BucketMirror.ts` learns from the result.
 * https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
 */
import * as GoDuration from "../transport/GoDuration.ts"
import * as RetryHint from "../transport/RetryHint.ts"

/** One bucket of the provider as a response tells it. A part that it does not tell is absent. */
export interface BucketReport {
  /** Per minute, 1 to 1e12. */
  readonly limit?: number
  /** Left when the provider let this request in, 0 to `limit`. */
  readonly remaining?: number
  /** Milliseconds until the bucket is full again. */
  readonly resetMs?: number
}

export interface RateLimitHeaders {
  readonly requests?: BucketReport
  readonly tokens?: BucketReport
  /** A limit of the project beside the organization's; the tighter one binds. */
  readonly projectTokens?: BucketReport
  /** The least time to wait, from `retry-after-ms` or `retry-after`. */
  readonly retryAfterMs?: number
}

/** A thousand times the largest limit on OpenAI's price list: more is no limit but a mistake. */
const LARGEST = 1e12

const digits = /^\d{1,13}$/

const count = (text: unknown): number | undefined => {
  if (typeof text !== "string") return undefined
  const trimmed = text.trim()
  if (!digits.test(trimmed)) return undefined
  const value = Number(trimmed)
  return value <= LARGEST ? value : undefined
}

const report = (
  headers: Readonly<Record<string, unknown>>,
  resource: string
): BucketReport | undefined => {
  const told = count(headers[`x-ratelimit-limit-${resource}`])
  // A limit of 0 would mean waiting for ever on the word of one header; a refused request says it better.
  const limit = told === 0 ? undefined : told
  const left = count(headers[`x-ratelimit-remaining-${resource}`])
  const remaining = left === undefined || limit === undefined ? left : Math.min(left, limit)
  const reset = headers[`x-ratelimit-reset-${resource}`]
  const resetMs = typeof reset === "string" ? GoDuration.parse(reset.trim()) : undefined
  if (limit === undefined && remaining === undefined && resetMs === undefined) return undefined
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetMs === undefined ? {} : { resetMs })
  }
}

/**
 * @param headers names in lower case
 * @param now Unix milliseconds, for a `retry-after` that is a date
 */
export const parse = (headers: Readonly<Record<string, string>>, now: number): RateLimitHeaders => {
  const requests = report(headers, "requests")
  const tokens = report(headers, "tokens")
  const projectTokens = report(headers, "project-tokens")
  const retryAfterMs = RetryHint.fromHeaders(headers, now)
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(projectTokens === undefined ? {} : { projectTokens }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  }
}
