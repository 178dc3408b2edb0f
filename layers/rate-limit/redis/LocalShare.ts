/**
 * What one process may send while Redis is away: its share of the quota, mirrored alone. Every process does the same with
 * the same number of them, so together they stay below the limit. `LeasedQuota.ts` goes over to it and back.
 */
import type { RateLimits } from "../../../src/config/RateLimitConfig.ts"
import { BucketMirror } from "../../../src/rate-limit/BucketMirror.ts"
import type { BucketReport, RateLimitHeaders } from "../../../src/rate-limit/RateLimitHeaders.ts"
import type { Known, KnownLimit } from "./KnownLimits.ts"

const part = (value: number | undefined, processes: number): number | undefined =>
  value === undefined ? undefined : Math.max(1, value / processes)

const reportOf = (report: BucketReport, processes: number): BucketReport => ({
  ...(report.limit === undefined
    ? {}
    : { limit: Math.max(1, Math.round(report.limit / processes)) }),
  ...(report.remaining === undefined
    ? {}
    : { remaining: Math.floor(report.remaining / processes) }),
  ...(report.resetMs === undefined ? {} : { resetMs: report.resetMs })
})

/** The headers as they would be if the quota were this process's share alone. */
export const headersOf = (headers: RateLimitHeaders, processes: number): RateLimitHeaders => {
  const { projectTokens, requests, tokens } = headers
  return {
    ...(requests === undefined ? {} : { requests: reportOf(requests, processes) }),
    ...(tokens === undefined ? {} : { tokens: reportOf(tokens, processes) }),
    ...(projectTokens === undefined ? {} : { projectTokens: reportOf(projectTokens, processes) })
  }
}

/** A mirror lets a part of the limit through at once, for a first answer. */
const COLD_START = 0.1

/** What a mirror starts with that was not there when Redis was last heard of. */
const surplus = (known: KnownLimit | undefined, headroom: number, processes: number): number => {
  if (known?.learned !== true) return 0
  const left = Math.max(0, known.level - headroom * known.limit)
  return Math.max(0, COLD_START * known.limit - left) / processes
}

export const make = (
  settings: RateLimits,
  known: Known,
  processes: number,
  now: number
): BucketMirror => {
  const mirror = new BucketMirror(
    {
      ...settings,
      requestsPerMinute: Math.max(1, (known.rm?.limit ?? settings.requestsPerMinute) / processes),
      tokensPerMinute: Math.max(1, (known.tm?.limit ?? settings.tokensPerMinute) / processes),
      requestsPerDay: part(known.rd?.limit ?? settings.requestsPerDay, processes),
      tokensPerDay: part(known.td?.limit ?? settings.tokensPerDay, processes)
    },
    now
  )
  const gone = {
    requests: surplus(known.rm, settings.headroom, processes),
    tokens: surplus(known.tm, settings.headroom, processes)
  }
  mirror.take(gone, now)
  mirror.depart(gone, now)
  return mirror
}
