/** The policy of the shared quota as Redis runs it. Needs a Redis at 127.0.0.1:6379; skipped where there is none, except in CI. */
import { assert, describe, it } from "@effect/vitest"
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
const LIMIT = 6_000
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

const call = (keys: Keys, ask: Partial<Ask>) =>
  Redis.Redis.use((redis) => redis.eval(script)(keys, { ...silent, ...ask })).pipe(
    Effect.flatMap(decode)
  )

const tokens = (answer: Answer) => answer.limits.tm[2]

const near = (actual: number, expected: number) => {
  assert.isAtLeast(actual, expected - 0.001)
  assert.isAtMost(actual, expected + SLACK)
}

const pool = Effect.map(Server.prefix, (prefix) => keysOf(prefix, "account/model"))

/** With a pool of its own, whose processes all leave in the end. */
const check = (body: (keys: Keys) => Effect.Effect<void, unknown, Redis.Redis>) =>
  Effect.gen(function* () {
    const keys = yield* pool
    yield* Effect.ensuring(
      body(keys),
      Effect.forEach(["a", "b", "c"], (worker) => call(keys, { worker, leaving: true })).pipe(
        Effect.orDie
      )
    )
  }).pipe(Effect.scoped, Effect.provide(Server.client))

describe.skipIf(!Server.reachable)("the shared quota", () => {
  it.live("takes requests and tokens together, or neither", () =>
    check((keys) =>
      Effect.gen(function* () {
        const all = yield* call(keys, { want: [1, LIMIT], least: [1, LIMIT] })
        assert.deepStrictEqual(all.granted, [1, LIMIT])
        const none = yield* call(keys, { worker: "b", want: [5, 3_000], least: [1, 3_000] })
        assert.deepStrictEqual(none.granted, [0, 0])
        // Half of the limit is there after half a minute.
        assert.isAbove(none.wait, 20_000)
        near(none.limits.rm[2], LIMIT)
      })
    )
  )

  it.live("what a dead process held is there again when its lease has ended", () =>
    check((keys) =>
      Effect.gen(function* () {
        yield* call(keys, { worker: "dead", ttl: 1, want: [1, 5_000], least: [1, 5_000] })
        yield* Effect.sleep("5 millis")
        const { granted } = yield* call(keys, { want: [1, 5_000], least: [1, 5_000] })
        assert.deepStrictEqual(granted, [1, 5_000])
      })
    )
  )

  it.live("a lease whose answer was lost goes back with the next call", () =>
    check((keys) =>
      Effect.gen(function* () {
        yield* call(keys, { want: [1, 5_000], least: [1, 5_000] })
        const { granted } = yield* call(keys, { want: [1, 5_000], least: [1, 5_000] })
        assert.deepStrictEqual(granted, [1, 5_000])
      })
    )
  )

  it.live(
    "a large request that waits is not starved by small ones, nor they by it when it has gone",
    () =>
      check((keys) =>
        Effect.gen(function* () {
          yield* call(keys, { worker: "c", want: [1, 5_000], least: [1, 5_000] })
          const large = yield* call(keys, { want: [1, 4_000], least: [1, 4_000] })
          assert.isAbove(large.wait, 0)
          const small = yield* call(keys, { worker: "b", want: [1, 10], least: [1, 10] })
          assert.isAbove(small.wait, large.wait - 2_000)
          // It is interrupted: nobody is ahead any more.
          yield* call(keys, { leaving: true })
          const again = yield* call(keys, { worker: "b", want: [1, 10], least: [1, 10] })
          assert.deepStrictEqual(again.granted, [1, 10])
        })
      )
  )

  it.live("a response sets the level right, less what was sent since and what is leased", () =>
    check((keys) =>
      Effect.gen(function* () {
        const start = yield* call(keys, { want: [1, 100], least: [1, 100] })
        yield* call(keys, { worker: "b", want: [1, 500], least: [1, 500] })
        const heard = yield* call(keys, {
          sent: [1, 100],
          head: {
            after: start.now,
            at: start.now,
            charge: [1, 100],
            epoch: start.epoch,
            seen: [1, 100],
            reports: { tm: { limit: LIMIT, remaining: 2_000 } }
          }
        })
        // Of the other's lease the provider has seen nothing yet: it is still in the bucket.
        near(tokens(heard), 2_000)
        const free = yield* call(keys, { sent: [1, 100], want: [1, 1_500], least: [1, 1_500] })
        assert.deepStrictEqual(free.granted, [1, 1_500])
        const more = yield* call(keys, {
          sent: [1, 100],
          holds: [1, 1_500],
          want: [1, 400],
          least: [1, 400]
        })
        assert.deepStrictEqual(more.granted, [0, 0])
      })
    )
  )

  it.live("an older response, and one from before everything was lost, changes no level", () =>
    check((keys) =>
      Effect.gen(function* () {
        const { now, epoch } = yield* call(keys, {})
        const head = {
          after: now,
          at: now,
          charge: [0, 0],
          epoch,
          seen: [0, 0],
          reports: { tm: { limit: LIMIT, remaining: 3_000 } }
        } as const
        near(tokens(yield* call(keys, { head })), 3_000)
        const reports = { tm: { limit: LIMIT, remaining: 10 } }
        near(tokens(yield* call(keys, { head: { ...head, at: now - 50, reports } })), 3_000)
        const lost = { ...head, at: now + 50, epoch: epoch - 1, reports }
        near(tokens(yield* call(keys, { head: lost })), 3_000)
      })
    )
  )

  it.live("with burst 0 nothing goes out at once, whatever the bucket holds", () =>
    check((keys) =>
      Effect.gen(function* () {
        const paced = { burst: 0, want: [10, 1_000], least: [1, 100] } as const
        const one = yield* call(keys, paced)
        assert.isAtMost(one.granted[1], 1_000)
        const next = yield* call(keys, { ...paced, sent: one.granted })
        assert.deepStrictEqual(next.granted, [0, 0])
        assert.isAbove(next.wait, 0)
      })
    )
  )

  it.live("remembers a pause for as long as it lasts", () =>
    check((keys) =>
      Effect.gen(function* () {
        const hour = 3_600_000
        yield* call(keys, { pause: hour })
        const other = yield* call(keys, { worker: "b", want: [1, 1], least: [1, 1] })
        assert.deepStrictEqual(other.granted, [0, 0])
        assert.isAbove(other.pause, hour - 10_000)
        const redis = yield* Redis.Redis
        assert.isAtLeast(yield* redis.send<number>("PTTL", keys[0]), hour)
      })
    )
  )

  it.live("bears the largest numbers, and believes a wild change only when it is told twice", () =>
    check((keys) =>
      Effect.gen(function* () {
        const { now, epoch } = yield* call(keys, {})
        const head = (at: number, limit: number) => ({
          after: at,
          at,
          charge: [1e15, 1e15] as const,
          epoch,
          seen: [1e15, 1e15] as const,
          reports: { tm: { limit, remaining: limit } }
        })
        const first = yield* call(keys, { sent: [1e15, 1e15], head: head(now - 20, 1e12) })
        assert.strictEqual(first.limits.tm[0], LIMIT)
        const second = yield* call(keys, { sent: [1e15, 1e15], head: head(now - 10, 1e12) })
        assert.strictEqual(second.limits.tm[0], 1e12)
        const low = yield* call(keys, {
          sent: [1e15, 1e15],
          want: [1e15, 1e15],
          least: [1e15, 1e15]
        })
        assert.isTrue(Number.isFinite(low.wait) && Number.isFinite(tokens(low)))
      })
    )
  )

  it.live("a limit per day that was told binds beside the minute's", () =>
    check((keys) =>
      Effect.gen(function* () {
        const { now, epoch } = yield* call(keys, {})
        const heard = yield* call(keys, {
          head: {
            after: now,
            at: now,
            charge: [0, 0],
            epoch,
            seen: [0, 0],
            reports: { td: { limit: 10_000, remaining: 100 } }
          }
        })
        assert.strictEqual(heard.limits.td?.[0], 10_000)
        const large = yield* call(keys, { want: [1, 500], least: [1, 500] })
        assert.isAbove(large.wait, 3_000_000)
        const redis = yield* Redis.Redis
        assert.isAtLeast(yield* redis.send<number>("PTTL", keys[0]), 86_400_000)
      })
    )
  )

  /** A response to a request of nothing, sent just now. */
  const head = (
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

  it.live("does not believe in more before responses of three seconds agree, in less at once", () =>
    check((keys) =>
      Effect.gen(function* () {
        const one = yield* call(keys, {})
        near(tokens(yield* call(keys, { head: head(one, 3_000) })), 3_000)
        // What others have sent is late, and the provider has not seen it.
        for (let late = 0; late < 5; late++) {
          const again = yield* call(keys, {})
          near(tokens(yield* call(keys, { head: head(again, 6_000) })), 3_000)
        }
        near(tokens(yield* call(keys, { head: head(yield* call(keys, {}), 2_000) })), 2_000)
        yield* Effect.sleep("3 seconds")
        const agreed = yield* call(keys, { head: head(yield* call(keys, {}), 5_000) })
        // The least that any of them told, and what has flowed in since.
        near(tokens(agreed), 2_300)
        yield* call(keys, { head: head(yield* call(keys, {}), 5_000) })
        yield* Effect.sleep("3 seconds")
        near(tokens(yield* call(keys, { head: head(yield* call(keys, {}), 5_000) })), 5_000)
      })
    )
  )

  it.live("with the first response, everything else sent lately is still on its way", () =>
    check((keys) =>
      Effect.gen(function* () {
        const cold = { known: {} }
        const start = yield* call(keys, { ...cold, want: [3, 300], least: [3, 300] })
        const told = yield* call(keys, {
          ...cold,
          sent: [3, 300],
          head: head(start, LIMIT - 100, {
            charge: [1, 100],
            seen: [3, 300],
            reports: { tm: { limit: LIMIT, remaining: LIMIT - 100 } }
          })
        })
        assert.isAtMost(tokens(told), LIMIT - 200)
      })
    )
  )

  it.live("a clock that is set back by an hour stops nobody and frees nothing", () =>
    check((keys) =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const one = yield* call(keys, { want: [1, LIMIT], least: [1, LIMIT] })
        yield* call(keys, { sent: [1, LIMIT], pause: 1 })
        const sent = { sent: [1, LIMIT], acked: [1, LIMIT] } as const
        // As if all of it had been written an hour later than now.
        const later = String(one.now + 3_600_000)
        yield* redis.send("HSET", keys[0], "at", later, "tm:anchor", later, "paused", later)
        const back = yield* call(keys, { ...sent, want: [1, 100], least: [1, 100] })
        assert.isBelow(back.pause, 1_000)
        assert.isBelow(back.wait, 3_000)
        near(tokens(back), 0)
        const next = yield* call(keys, sent)
        near(
          tokens(yield* call(keys, { ...sent, head: { ...head(next, 0), seen: [1, LIMIT] } })),
          0
        )
        assert.isAtLeast(next.now, back.now)
      })
    )
  )

  it.live("nobody waits for years on the word of one response", () =>
    check((keys) =>
      Effect.gen(function* () {
        yield* call(keys, { pause: 1e15 })
        const other = yield* call(keys, { worker: "b", want: [1, 1], least: [1, 1] })
        assert.isAtMost(other.pause, 86_400_000)
        assert.isAbove(other.pause, 86_000_000)
      })
    )
  )

  it.live("forgets a limit per day that responses contradict", () =>
    check((keys) =>
      Effect.gen(function* () {
        const daily = { reports: { td: { limit: 10_000, remaining: 100 } } }
        yield* call(keys, { head: head(yield* call(keys, {}), 0, daily) })
        const asks = { epoch: (yield* call(keys, {})).epoch, known: { td: [10_000, 100] } } as const
        for (let answer = 0; answer < 3; answer++) {
          const before = yield* call(keys, asks)
          assert.strictEqual(before.limits.td?.[0], 10_000)
          yield* call(keys, { ...asks, head: head(before, 5_000) })
        }
        assert.isUndefined((yield* call(keys, asks)).limits.td)
        const { granted } = yield* call(keys, { ...asks, want: [1, 500], least: [1, 500] })
        assert.deepStrictEqual(granted, [1, 500])
      })
    )
  )

  it.live("keeps no more after a thousand calls than after a hundred", () =>
    check((keys) =>
      Effect.gen(function* () {
        const redis = yield* Redis.Redis
        const sizes: Array<number> = []
        for (let sent = 0; sent < 1_000; sent++) {
          const worker = `process-${sent}`
          yield* call(keys, { worker, ttl: 1, sent: [1, 10], want: [1, 10], least: [1, 10] })
          if (sent % 100 === 0) {
            const fields = yield* redis.send<number>("HLEN", keys[0])
            const lines = yield* redis.send<number>("HLEN", keys[1])
            const log = yield* redis.send<number>("ZCARD", keys[2])
            const peaks = yield* redis.send<string>("HGET", keys[0], "tm:peaks")
            // The log has an entry every 50 ms at most, for a minute.
            assert.isAtMost(log, 1_210)
            assert.isAtMost(peaks.split(" ").length, 2 * 50)
            sizes.push(fields + lines)
          }
        }
        assert.isAtMost(Math.max(...sizes), (sizes[0] ?? 0) + 30)
      })
    )
  )

  it("gives pools of any name keys of their own, in one slot", () => {
    const names = ["a b", "{x}", "}", "a:b", "a/b", "é", "\u{1f600}", "\ud800", ""]
    const all = names.map((name) => keysOf("p:", name))
    assert.strictEqual(new Set(all.flat()).size, 3 * names.length)
    for (const keys of all)
      assert.strictEqual(new Set(keys.map((key) => /\{[^}]*\}/.exec(key)?.[0])).size, 1)
  })
})
