/** The policy of the shared quota as Redis runs it. What responses change: `RedisQuotaHeads.test.ts`. Needs a Redis (`RedisServer.ts`). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Redis from "effect/persistence/Redis"
import { keysOf } from "spillway/layers/rate-limit/redis/QuotaScript"
import * as Server from "./RedisServer.ts"
import { call, check, head, LIMIT, near, tokens } from "./SharedQuota.ts"

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
        // The last one's line is dead once its millisecond is over, and goes with the next call.
        yield* Effect.sleep("10 millis")
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
