/** What `LeasedQuota.ts` needs of its surroundings, which `RedisRateLimiter.ts` makes: calls, timers, and the pump of `Turnstile.ts`. */
import type { RateLimits } from "../../../src/config/RateLimitConfig.ts"
import type { Answer, Ask } from "./QuotaScript.ts"

export interface Around {
  readonly settings: RateLimits
  readonly worker: string
  /** Processes to count with until Redis tells how many there are. */
  readonly processes: number
  readonly now: () => number
  /** Asks Redis; `undefined`: no answer in time, and the process goes on with one part of so many. */
  readonly call: (ask: Ask, parts: number, answered: (answer: Answer | undefined) => void) => void
  readonly after: (ms: number, run: () => void) => () => void
  readonly onRoom: () => void
}
