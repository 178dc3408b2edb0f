/** What responses change in the shared quota. What it grants: `RedisQuota.test.ts`. Needs a Redis (`RedisServer.ts`). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Redis from "effect/persistence/Redis"
import * as Server from "./RedisServer.ts"
import { call, check, head, LIMIT, near, tokens } from "./SharedQuota.ts"

describe.skipIf(!Server.reachable)("the shared quota and what responses tell", () => {
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
})
