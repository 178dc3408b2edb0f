/**
 * What a process says to the shared quota and what it is answered, in one call of the script in `QuotaLua.ts`. All times
 * are in milliseconds, all numbers finite. Who calls, and when: `LeasedQuota.ts`.
 */
import { Schema } from "effect"
import * as Redis from "effect/persistence/Redis"
import type { RateLimits } from "../../../src/config/RateLimitConfig.ts"
import { lua } from "./QuotaLua.ts"

/** Requests and tokens. */
export type Pair = readonly [requests: number, tokens: number]

/** Requests and tokens per minute, tokens of the project, requests and tokens per day. */
export const buckets = ["rm", "tm", "tp", "rd", "td"] as const
export type BucketName = (typeof buckets)[number]

export interface Report {
  readonly limit?: number | undefined
  readonly remaining?: number | undefined
}

/** A lease lasts so long at the process's fair share of the quota. Milliseconds. */
export const LEASE = 250
/** A process that does not call for so long is gone, and what it held goes back. */
export const DEAD_AFTER = 3_000

/** What a process says in every call. */
export interface Terms {
  readonly worker: string
  /** Without another call the process counts as dead after this time, and what it holds goes back. */
  readonly ttl: number
  /** The time that a lease shall last, as a share of the quota. */
  readonly lease: number
  readonly rpm: number
  readonly tpm: number
  readonly rpd?: number
  readonly tpd?: number
  readonly cap: boolean
  readonly headroom: number
  readonly burst: number
}

export const termsOf = (worker: string, settings: RateLimits): Terms => ({
  worker,
  ttl: DEAD_AFTER,
  lease: LEASE,
  rpm: settings.requestsPerMinute,
  tpm: settings.tokensPerMinute,
  ...(settings.requestsPerDay === undefined ? {} : { rpd: settings.requestsPerDay }),
  ...(settings.tokensPerDay === undefined ? {} : { tpd: settings.tokensPerDay }),
  cap: settings.capAtConfigured,
  headroom: settings.headroom,
  burst: settings.burst
})

export interface Ask extends Terms {
  /** Sent so far, and of this what the last answer confirmed. */
  readonly sent: Pair
  readonly acked: Pair
  /** Leased or taken, and not sent yet; whatever else was leased goes back. */
  readonly holds: Pair
  /** What the next lease should have. Absent: nobody waits. */
  readonly want?: Pair
  /** What whoever waits first needs of it. */
  readonly least?: Pair
  /**
   * The newest response: to a request of this `charge` that was sent between `after` and `at` on the clock of Redis, when
   * everything up to `seen` had been sent for certain.
   */
  readonly head?: {
    readonly after: number
    readonly at: number
    readonly charge: Pair
    readonly epoch: number
    readonly seen: Pair
    readonly reports: { readonly [Name in BucketName]?: Report }
  }
  /** How long nobody may send; 0: no such wish. */
  readonly pause: number
  /** The provider said `slow_down`. */
  readonly slow: boolean
  /** Nothing is held and nobody waits: the process need not be remembered. */
  readonly leaving: boolean
  /** The state of which the last answer told; 0: there was none. */
  readonly epoch: number
  /** Limit and level of what was learned before, for a quota that Redis knows nothing of any more. */
  readonly known: { readonly [Name in BucketName]?: Pair }
}

const Bucket = Schema.Tuple([
  /** Limit. */
  Schema.Finite,
  /** 1: a response has told the limit. */
  Schema.Finite,
  /** Level, with what is leased and not sent. */
  Schema.Finite
])

const Answer = Schema.Struct({
  /** Names the state: what was said about another one is worth nothing. */
  epoch: Schema.Finite,
  /** The clock of Redis. */
  now: Schema.Finite,
  granted: Schema.Tuple([Schema.Finite, Schema.Finite]),
  /** Until when to ask again, if nothing was granted. */
  wait: Schema.Finite,
  pause: Schema.Finite,
  /** Processes that use the quota now. */
  live: Schema.Finite,
  limits: Schema.Struct({
    rm: Bucket,
    tm: Bucket,
    tp: Schema.optionalKey(Bucket),
    rd: Schema.optionalKey(Bucket),
    td: Schema.optionalKey(Bucket)
  }),
  seen: Schema.Tuple([Schema.Finite, Schema.Finite]),
  /** By all processes within a minute, about. */
  used: Schema.Tuple([Schema.Finite, Schema.Finite])
})
export type Answer = typeof Answer.Type

export const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Answer))

export type Keys = readonly [quota: string, processes: string, sent: string]

/** The keys of a pool, in one slot of a Redis Cluster. */
export const keysOf = (prefix: string, pool: string): Keys => {
  const tag = `${prefix}{${encodeURIComponent(pool.toWellFormed())}}`
  return [`${tag}:quota`, `${tag}:processes`, `${tag}:sent`]
}

export const script = Redis.script((keys: Keys, ask: Ask) => [...keys, JSON.stringify(ask)], {
  lua,
  numberOfKeys: 3
}).withReturnType<string>()
