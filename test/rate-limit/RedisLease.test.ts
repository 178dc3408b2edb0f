/** What one process does with its leases, without a Redis: the answers are the test's own. */
import { assert, describe, it } from "@effect/vitest"
import { defaults, type RateLimits } from "spillway/config/RateLimitConfig"
import { LeasedQuota } from "spillway/layers/rate-limit/redis/LeasedQuota"
import type { Answer, Ask } from "spillway/layers/rate-limit/redis/QuotaScript"

const LIMIT = 60_000
const HEADERS = { tokens: { limit: LIMIT, remaining: 0 } }

const charge = (tokens: number) => ({ requests: 1, tokens })

/** A process whose clock and Redis are the test's. */
const process = (settings: Partial<RateLimits> = {}) => {
  let now = 1_000
  const asks: Array<Ask> = []
  const open: Array<(answer: Answer | undefined) => void> = []
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  /** Who waits at the head of the queue, and who has been let through. */
  const queue: Array<number> = []
  const passed: Array<number> = []
  const pump = () => {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      if (quota.nextAdmission(charge(first), now) > now) return
      quota.take(charge(first), now)
      passed.push(first)
      queue.shift()
    }
  }
  const quota: LeasedQuota = new LeasedQuota({
    settings: { ...defaults, ...settings },
    worker: "a",
    processes: 2,
    now: () => now,
    call: (ask, _parts, answered) => {
      asks.push(ask)
      open.push(answered)
    },
    after: (ms, run) => {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    onRoom: pump
  })
  const answer = (over: Partial<Answer> = {}) =>
    open.shift()?.({
      epoch: 1,
      now,
      granted: [0, 0],
      wait: 0,
      pause: 0,
      live: 2,
      limits: { rm: [500, 1, 500], tm: [LIMIT, 1, LIMIT] },
      seen: [0, 0],
      used: [0, 0],
      ...over
    })
  return {
    quota,
    asks,
    passed,
    answer,
    lost: () => open.shift()?.(undefined),
    get underWay() {
      return open.length
    },
    get last(): Ask {
      const last = asks.at(-1)
      if (last === undefined) throw new Error("nothing was asked")
      return last
    },
    waits: (tokens: number) => {
      queue.push(tokens)
      pump()
    },
    gives: () => {
      queue.length = 0
      pump()
    },
    /** Time in which this process does nothing, however long. */
    stop: (ms: number) => {
      now += ms
    },
    /** Whatever is due. */
    runs: (ms: number) => {
      now += ms
      for (const timer of [...timers]) {
        if (timer.at > now || !timers.delete(timer)) continue
        timer.run()
      }
    },
    get now() {
      return now
    }
  }
}

describe("a process with a lease", () => {
  it("lets through what the lease holds without asking again", () => {
    const one = process()
    one.waits(100)
    one.answer({ granted: [3, 300] })
    one.waits(100)
    one.waits(100)
    assert.deepStrictEqual(one.passed, [100, 100, 100])
    assert.lengthOf(one.asks, 1)
  })

  it("sends nothing on a lease that ended while it stood still, and says so first", () => {
    const one = process()
    one.waits(100)
    one.answer({ granted: [10, 1_000] })
    one.stop(10_000)
    one.waits(100)
    assert.deepStrictEqual(one.passed, [100])
    // What it had taken before is still its own: it is going to be sent.
    assert.deepStrictEqual(one.last.holds, [1, 100])
  })

  it("keeps no place in the queue for a waiter that has gone", () => {
    const one = process()
    one.waits(50_000)
    one.gives()
    one.answer({ wait: 40_000 })
    one.runs(1_000)
    assert.isAtMost(one.asks.filter(({ want }) => want !== undefined).length, 1)
    assert.isTrue(one.asks.every((ask, index) => index === 0 || ask.leaving))
  })

  it("asks again for whoever still waits", () => {
    const one = process()
    one.waits(50_000)
    one.answer({ wait: 40_000 })
    one.runs(1_000)
    assert.lengthOf(one.asks, 2)
    assert.deepStrictEqual(one.last.least, [1, 50_000])
    one.answer({ granted: [1, 50_000] })
    assert.deepStrictEqual(one.passed, [50_000])
  })

  it("tells of a pause that came up while a call was under way with another one", () => {
    const one = process()
    one.quota.pause(one.now + 5_000, one.now)
    one.quota.pause(one.now + 60_000, one.now)
    assert.strictEqual(one.last.pause, 5_000)
    one.answer({ pause: 5_000 })
    assert.strictEqual(one.last.pause, 60_000)
    one.answer({ pause: 60_000 })
    one.runs(1_000)
    assert.strictEqual(one.underWay, 0)
  })

  it("gives back what the provider does not back, with the next call", () => {
    const one = process()
    one.waits(100)
    one.answer({ granted: [10, 1_000] })
    const mark = one.quota.depart(charge(100), one.now)
    one.quota.observe(HEADERS, mark, one.now, false)
    assert.deepStrictEqual(one.last.holds, [0, 0])
    assert.deepStrictEqual(one.last.sent, [1, 100])
    one.waits(100)
    assert.deepStrictEqual(one.passed, [100])
  })

  it("says what it sent again until an answer has confirmed it", () => {
    const one = process()
    one.waits(100)
    one.answer({ granted: [1, 100] })
    one.quota.depart(charge(100), one.now)
    one.runs(120)
    assert.deepInclude(one.last, { sent: [1, 100], acked: [0, 0] })
    one.lost()
    one.runs(1_000)
    assert.deepInclude(one.last, { sent: [1, 100], acked: [0, 0] })
    one.answer()
    one.waits(100)
    assert.deepInclude(one.last, { sent: [1, 100], acked: [1, 100] })
  })

  it("goes on with its share while Redis is away, and holds nothing of it after", () => {
    const one = process()
    one.waits(100)
    one.lost()
    assert.deepStrictEqual(one.passed, [100])
    assert.strictEqual(one.quota.tokensState(one.now).limit, defaults.tokensPerMinute / 2)
    one.runs(1_000)
    one.answer()
    one.waits(100)
    assert.deepStrictEqual(one.passed, [100])
    assert.strictEqual(one.quota.tokensState(one.now).limit, LIMIT)
  })

  it("asks for nothing after its end, whatever still comes in", () => {
    const one = process()
    one.waits(100)
    one.quota.close()
    one.answer({ granted: [1, 100] })
    one.quota.slowDown(one.now)
    one.runs(10_000)
    assert.lengthOf(one.asks, 1)
    assert.deepStrictEqual(one.passed, [])
  })
})
