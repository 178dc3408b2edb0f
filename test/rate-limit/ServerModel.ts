/**
 * A provider's rate limits, written from the platform's published rules and sharing no code with the limiter: two buckets,
 * refilled evenly, both charged or none, and headers as of the moment when a request was let in.
 */

export interface Tier {
  readonly requestsPerMinute: number
  readonly tokensPerMinute: number
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
}

export const small: Tier = { requestsPerMinute: 500, tokensPerMinute: 200_000 }
export const large: Tier = { requestsPerMinute: 10_000, tokensPerMinute: 2_000_000 }

const goDuration = (millis: number): string =>
  millis < 1000 ? `${Math.ceil(millis)}ms` : `${(millis / 1000).toFixed(3)}s`

export const make = (tier: Tier, startsAt: number) => {
  let limits = tier
  let requests = tier.requestsPerMinute
  let tokens = tier.tokensPerMinute
  let last = startsAt
  const served = { requests: 0, tokens: 0, rateLimited: 0 }
  const refill = (now: number) => {
    const minutes = Math.max(0, now - last) / 60_000
    requests = Math.min(limits.requestsPerMinute, requests + minutes * limits.requestsPerMinute)
    tokens = Math.min(limits.tokensPerMinute, tokens + minutes * limits.tokensPerMinute)
    last = now
  }
  return {
    served,
    setLimits: (next: Tier, now: number) => {
      refill(now)
      limits = next
      refill(now)
    },
    /** A request arrives. */
    arrive: (charge: number, now: number): Answer => {
      refill(now)
      const fits = requests >= 1 && tokens >= charge
      if (fits) {
        requests -= 1
        tokens -= charge
        served.requests += 1
        served.tokens += charge
      } else {
        served.rateLimited += 1
      }
      const { requestsPerMinute, tokensPerMinute } = limits
      const missing = Math.max(
        ((1 - requests) * 60_000) / requestsPerMinute,
        ((charge - tokens) * 60_000) / tokensPerMinute
      )
      return {
        status: fits ? 200 : 429,
        headers: {
          "x-ratelimit-limit-requests": String(requestsPerMinute),
          "x-ratelimit-limit-tokens": String(tokensPerMinute),
          "x-ratelimit-remaining-requests": String(Math.floor(requests)),
          "x-ratelimit-remaining-tokens": String(Math.floor(tokens)),
          "x-ratelimit-reset-requests": goDuration(
            ((requestsPerMinute - requests) * 60_000) / requestsPerMinute
          ),
          "x-ratelimit-reset-tokens": goDuration(
            ((tokensPerMinute - tokens) * 60_000) / tokensPerMinute
          ),
          ...(fits ? {} : { "retry-after-ms": String(Math.ceil(missing)) })
        }
      }
    }
  }
}
