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
  readonly limit?: number | undefined
  /** Left when the provider let this request in, 0 to `limit`. */
  readonly remaining?: number | undefined
  /** Milliseconds until the bucket is full again. */
  readonly resetMs?: number | undefined
}

export interface RateLimitHeaders {
  readonly requests?: BucketReport | undefined
  readonly tokens?: BucketReport | undefined
  /** A limit of the project beside the organization's; the tighter one binds. */
  readonly projectTokens?: BucketReport | undefined
  /** The least time to wait, from `retry-after-ms` or `retry-after`. */
  readonly retryAfterMs?: number | undefined
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

/** The three headers of one resource. */
interface Names {
  readonly limit: string
  readonly remaining: string
  readonly reset: string
}

const namesOf = (resource: string): Names => ({
  limit: `x-ratelimit-limit-${resource}`,
  remaining: `x-ratelimit-remaining-${resource}`,
  reset: `x-ratelimit-reset-${resource}`
})

const REQUESTS = namesOf("requests")
const TOKENS = namesOf("tokens")
const PROJECT_TOKENS = namesOf("project-tokens")

const report = (
  headers: Readonly<Record<string, unknown>>,
  names: Names
): BucketReport | undefined => {
  const told = count(headers[names.limit])
  // A limit of 0 would mean waiting for ever on the word of one header; a refused request says it better.
  const limit = told === 0 ? undefined : told
  const left = count(headers[names.remaining])
  const remaining = left === undefined || limit === undefined ? left : Math.min(left, limit)
  const reset = headers[names.reset]
  const resetMs = typeof reset === "string" ? GoDuration.parse(reset.trim()) : undefined
  if (limit === undefined && remaining === undefined && resetMs === undefined) return undefined
  return { limit, remaining, resetMs }
}

/**
 * @param headers names in lower case
 * @param now Unix milliseconds, for a `retry-after` that is a date
 */
export const parse = (headers: Readonly<Record<string, string>>, now: number): RateLimitHeaders => {
  const requests = report(headers, REQUESTS)
  const tokens = report(headers, TOKENS)
  const projectTokens = report(headers, PROJECT_TOKENS)
  const retryAfterMs = RetryHint.fromHeaders(headers, now)
  return { requests, tokens, projectTokens, retryAfterMs }
}
