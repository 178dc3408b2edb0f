/** Calls of the script of the shared quota, each test with a pool of its own. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Redis from "effect/persistence/Redis"
import {
  type Answer,
  type Ask,
  decode,
  type Keys,
  keysOf,
  script
} from "spillway/layers/rate-limit/redis/QuotaScript"
import * as Server from "./RedisServer.ts"

/** 6,000 tokens and requests a minute are 100 in a second: little beside what is asserted. */
export const LIMIT = 6_000
const SLACK = 300

const silent: Ask = {
  worker: "a",
  ttl: 3_000,
  lease: 250,
  rpm: LIMIT,
  tpm: LIMIT,
  cap: false,
  headroom: 0,
  burst: 1,
  sent: [0, 0],
  acked: [0, 0],
  holds: [0, 0],
  pause: 0,
  slow: false,
  leaving: false,
  epoch: 0,
  known: { rm: [LIMIT, LIMIT], tm: [LIMIT, LIMIT] }
}

export const call = (keys: Keys, ask: Partial<Ask>) =>
  Redis.Redis.use((redis) => redis.eval(script)(keys, { ...silent, ...ask })).pipe(
    Effect.flatMap(decode)
  )

export const tokens = (answer: Answer) => answer.limits.tm[2]

export const near = (actual: number, expected: number) => {
  assert.isAtLeast(actual, expected - 0.001)
  assert.isAtMost(actual, expected + SLACK)
}

const pool = Effect.map(Server.prefix, (prefix) => keysOf(prefix, "account/model"))

/** With a pool of its own, whose processes all leave in the end. */
export const check = (body: (keys: Keys) => Effect.Effect<void, unknown, Redis.Redis>) =>
  Effect.gen(function* () {
    const keys = yield* pool
    yield* Effect.ensuring(
      body(keys),
      Effect.forEach(["a", "b", "c"], (worker) => call(keys, { worker, leaving: true })).pipe(
        Effect.orDie
      )
    )
  }).pipe(Effect.scoped, Effect.provide(Server.client))
/** A response to a request of nothing, sent just now. */
export const head = (
  answer: Answer,
  remaining: number,
  over: Partial<NonNullable<Ask["head"]>> = {}
) => ({
  after: answer.now,
  at: answer.now,
  charge: [0, 0] as const,
  epoch: answer.epoch,
  seen: [0, 0] as const,
  reports: { tm: { limit: LIMIT, remaining } },
  ...over
})
