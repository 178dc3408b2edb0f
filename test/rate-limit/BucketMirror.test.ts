import { assert, describe, it } from "@effect/vitest"
import { defaults, type RateLimits } from "spillway/config/RateLimitConfig"
import { BucketMirror } from "spillway/rate-limit/BucketMirror"
import { MinuteUsage } from "spillway/rate-limit/MinuteUsage"
import { Peaks } from "spillway/rate-limit/Peaks"
import type { SendMark } from "spillway/rate-limit/PoolQuota"
import type { RateLimitHeaders } from "spillway/rate-limit/RateLimitHeaders"

const settings = (over: Partial<RateLimits> = {}): RateLimits => ({
  ...defaults,
  requestsPerMinute: 600,
  tokensPerMinute: 60_000,
  headroom: 0,
  ...over
})

const tokens = (limit: number, remaining: number): RateLimitHeaders => ({
  tokens: { limit, remaining }
})

const send = (mirror: BucketMirror, amount: number, now: number): SendMark => {
  const charge = { requests: 1, tokens: amount }
  mirror.take(charge, now)
  return mirror.depart(charge, now)
}

/** A mirror that has been told its 60,000 tokens a minute are all there, a second before 0. */
const told = (over: Partial<RateLimits> = {}, limit = 60_000): BucketMirror => {
  const mirror = new BucketMirror(settings(over), -10_000)
  const mark = send(mirror, 0, -10_000)
  mirror.observe(
    { requests: { limit: 600, remaining: 600 }, tokens: { limit, remaining: limit } },
    mark,
    -10_000
  )
  return mirror
}

/** Milliseconds until so many tokens could go. */
const wait = (mirror: BucketMirror, amount: number, now: number): number =>
  Math.round(mirror.nextAdmission({ requests: 0, tokens: amount }, now) - now)

describe("BucketMirror", () => {
  it("tells the exact time of the next admission", () => {
    const mirror = told()
    send(mirror, 60_000, 0)
    assert.strictEqual(wait(mirror, 1000, 0), 1000)
    assert.strictEqual(wait(mirror, 1000, 400), 600)
    assert.strictEqual(wait(mirror, 1000, 1000), 0)
  })

  it("takes requests and tokens together: the scarcer one decides", () => {
    const mirror = told()
    for (let i = 0; i < 600; i++) send(mirror, 1, 0)
    assert.strictEqual(mirror.nextAdmission({ requests: 1, tokens: 1 }, 0), 100)
  })

  it("gives back what was not sent", () => {
    const mirror = told()
    mirror.take({ requests: 1, tokens: 60_000 }, 0)
    mirror.refund({ requests: 1, tokens: 60_000 }, 0)
    assert.strictEqual(wait(mirror, 60_000, 0), 0)
  })

  it("holds back a level once, not a rate for ever", () => {
    const mirror = told({ headroom: 0.05 })
    send(mirror, 57_000, 0)
    assert.strictEqual(wait(mirror, 1000, 0), 1000)
    for (let second = 1; second <= 600; second++) {
      assert.strictEqual(wait(mirror, 1000, second * 1000), 0)
      send(mirror, 1000, second * 1000)
    }
  })

  it("lets at most a tenth of a guessed limit out before the first response", () => {
    const mirror = new BucketMirror(settings(), 0)
    assert.strictEqual(wait(mirror, 6000, 3_600_000), 0)
    mirror.take({ requests: 1, tokens: 6000 }, 3_600_000)
    assert.strictEqual(wait(mirror, 1000, 3_600_000), 1000)
  })

  it("goes on from the first response at the limit that it tells", () => {
    const mirror = new BucketMirror(settings(), 0)
    const mark = send(mirror, 1000, 0)
    mirror.observe(tokens(600_000, 599_000), mark, 200)
    assert.strictEqual(wait(mirror, 500_000, 200), 0)
  })

  it("lowers its level by what a neighbour has taken, and expects it to go on", () => {
    const mirror = told()
    const mark = send(mirror, 1000, 0)
    mirror.observe(tokens(60_000, 54_000), mark, 0)
    assert.strictEqual(wait(mirror, 54_000, 0), 0)
    // 5,000 in ten seconds: half of the refill, until that is forgotten.
    assert.isAbove(wait(mirror, 55_000, 0), 1700)
  })

  it("is blind when a neighbour takes much and nothing has been heard for a while", () => {
    const mirror = told()
    assert.isFalse(mirror.blind(60_000))
    mirror.observe(tokens(60_000, 54_000), send(mirror, 1000, 0), 0)
    assert.isFalse(mirror.blind(5_000))
    assert.isTrue(mirror.blind(7_000))
    mirror.observe(tokens(60_000, 50_000), send(mirror, 1000, 7_000), 8_000)
    assert.isFalse(mirror.blind(9_000))
  })

  it("forgets a neighbour when it hears nothing any more", () => {
    const mirror = told()
    mirror.observe(tokens(60_000, 0), send(mirror, 1000, 0), 0)
    assert.isAbove(wait(mirror, 1000, 0), 4000)
    send(mirror, 0, 60_000)
    assert.strictEqual(wait(mirror, 20_000, 60_000), 0)
  })

  it("subtracts what was sent after the response was produced, and what is not sent yet", () => {
    const mirror = told()
    const mark = send(mirror, 1000, 0)
    send(mirror, 10_000, 1)
    mirror.take({ requests: 1, tokens: 5000 }, 2)
    mirror.observe(tokens(60_000, 59_000), mark, 2)
    assert.strictEqual(wait(mirror, 44_000, 2), 0)
    assert.isAbove(wait(mirror, 44_100, 2), 0)
  })

  it("treats what was sent up to 120 ms before as unseen, and earlier sendings as seen", () => {
    const mirror = told()
    send(mirror, 10_000, 0)
    const close = send(mirror, 1000, 100)
    mirror.observe(tokens(60_000, 30_000), close, 100)
    assert.isAbove(wait(mirror, 20_100, 100), 0)
    assert.strictEqual(wait(mirror, 20_000, 100), 0)
    const far = send(mirror, 1000, 300)
    mirror.observe(tokens(60_000, 30_000), far, 300)
    assert.strictEqual(wait(mirror, 30_000, 300), 0)
  })

  it("ignores a response that is older than the last one in the order of sending", () => {
    const mirror = told()
    const first = send(mirror, 1000, 0)
    const second = send(mirror, 1000, 1000)
    mirror.observe(tokens(60_000, 5000), second, 1100)
    const before = wait(mirror, 30_000, 1100)
    mirror.observe(tokens(60_000, 59_000), first, 1100)
    assert.strictEqual(wait(mirror, 30_000, 1100), before)
  })

  it("does not count refill that ran over the brim while a slow answer was on its way", () => {
    const mirror = told()
    const slow = send(mirror, 1000, 0)
    // After 50 s of idleness the bucket is full, and then it is emptied.
    send(mirror, 60_000, 50_000)
    mirror.observe(tokens(60_000, 59_000), slow, 50_000)
    assert.isAtLeast(wait(mirror, 1000, 50_000), 1000)
  })

  it("follows a limit down at once, refill since the sending included", () => {
    const mirror = told()
    const mark = send(mirror, 1000, 0)
    mirror.observe(tokens(6000, 0), mark, 10_000)
    // 10 s at the new rate of 100 a second, less the 120 ms that the way there may have taken.
    assert.strictEqual(wait(mirror, 988, 10_000), 0)
    assert.isAbove(wait(mirror, 1100, 10_000), 0)
    assert.strictEqual(mirror.excess({ requests: 1, tokens: 6001 }), undefined)
    mirror.observe(tokens(6000, 0), send(mirror, 10, 11_000), 11_100)
    assert.deepInclude(mirror.excess({ requests: 1, tokens: 6001 }), { limit: 6000 })
  })

  it("does not mix up what was reckoned at the old rate with the new one, long after the start", () => {
    const mirror = told()
    const now = 1_000_000
    const mark = send(mirror, 1000, now)
    send(mirror, 500, now + 1)
    mirror.observe(tokens(6000, 3000), mark, now + 1)
    assert.strictEqual(wait(mirror, 2500, now + 1), 0)
    assert.isAbove(wait(mirror, 2510, now + 1), 0)
  })

  it("follows a limit up", () => {
    const mirror = told()
    const mark = send(mirror, 1000, 0)
    mirror.observe(tokens(600_000, 500_000), mark, 0)
    assert.strictEqual(wait(mirror, 500_000, 0), 0)
  })

  it("never goes above its own limits with capAtConfigured (row 11)", () => {
    const mirror = new BucketMirror(settings({ capAtConfigured: true }), 0)
    let sent = 0
    for (let now = 0; now < 120_000; now += 100) {
      while (wait(mirror, 1000, now) === 0) {
        const mark = send(mirror, 1000, now)
        mirror.observe(tokens(6_000_000, 5_999_000), mark, now)
        sent += 1000
      }
    }
    assert.isAtMost(sent, 3 * 60_000)
    assert.isAtLeast(sent, 2 * 60_000)
    assert.isDefined(mirror.excess({ requests: 1, tokens: 60_001 }))
  })

  it("binds by the project's tokens where they are tighter (row 7)", () => {
    const mirror = told()
    const mark = send(mirror, 1000, 0)
    const projectTokens = { limit: 30_000, remaining: 2000 }
    mirror.observe({ tokens: { limit: 60_000, remaining: 59_000 }, projectTokens }, mark, 0)
    assert.strictEqual(wait(mirror, 2000, 0), 0)
    assert.strictEqual(wait(mirror, 3000, 0), 2000)
    assert.strictEqual(mirror.tokensState(0).limit, 30_000)
    const next = send(mirror, 1000, 200)
    mirror.observe({ tokens: { limit: 60_000, remaining: 58_000 }, projectTokens }, next, 300)
    assert.deepInclude(mirror.excess({ requests: 1, tokens: 30_001 }), { limit: 30_000 })
  })

  it("forgets a project's limit that is told no more", () => {
    const mirror = told()
    const project = { limit: 30_000, remaining: 0 }
    mirror.observe({ ...tokens(60_000, 60_000), projectTokens: project }, send(mirror, 0, 0), 0)
    for (let n = 1; n <= 20; n++) {
      assert.strictEqual(mirror.tokensState(n * 200).limit, 30_000)
      mirror.observe(tokens(60_000, 60_000), send(mirror, 0, n * 200), n * 200)
    }
    assert.strictEqual(mirror.tokensState(5000).limit, 60_000)
  })

  it("believes a limit that changes a hundredfold only when a second response says so", () => {
    const mirror = told()
    const first = send(mirror, 10, 0)
    mirror.observe(tokens(1, 0), first, 0)
    assert.strictEqual(mirror.tokensState(0).limit, 60_000)
    const second = send(mirror, 10, 1000)
    mirror.observe(tokens(1, 0), second, 1000)
    assert.strictEqual(mirror.tokensState(0).limit, 1)
  })

  it("neither bursts nor stalls when time goes back an hour", () => {
    const mirror = told()
    send(mirror, 60_000, 0)
    assert.strictEqual(wait(mirror, 1000, -3_600_000), 1000)
    assert.strictEqual(wait(mirror, 1000, -3_599_000), 0)
  })

  it("after slow_down sends three quarters of the last minute, once for all answers of that moment", () => {
    const mirror = told({ tokensPerMinute: 6_000_000 }, 6_000_000)
    send(mirror, 4_000_000, 0)
    mirror.slowDown(100)
    mirror.slowDown(1000)
    assert.isAbove(wait(mirror, 100_000, 1000), 55_000)
    let sent = 0
    for (let now = 61_000; now < 121_000; now += 50)
      while (wait(mirror, 100_000, now) === 0) {
        send(mirror, 100_000, now)
        sent += 100_000
      }
    assert.isAtMost(sent, 3_100_000)
    assert.isAtLeast(sent, 2_800_000)
  })

  it("grows by half in 15 minutes after slow_down, as the platform allows, back to its limit", () => {
    const mirror = told({ tokensPerMinute: 6_000_000 }, 6_000_000)
    send(mirror, 4_000_000, 0)
    mirror.slowDown(100)
    const perMinute = (from: number): number => {
      let sent = 0
      for (let now = from; now < from + 60_000; now += 50)
        while (wait(mirror, 50_000, now) === 0) {
          send(mirror, 50_000, now)
          sent += 50_000
        }
      return sent
    }
    perMinute(14 * 60_000)
    assert.approximately(perMinute(15 * 60_000), 4_500_000, 250_000)
    perMinute(39 * 60_000)
    assert.isAtLeast(perMinute(40 * 60_000), 5_900_000)
  })

  for (const burst of [0, 0.25]) {
    it(`lets no more than ${1 + burst} × limit go in any 60 s with burst ${burst} (row 11)`, () => {
      const mirror = new BucketMirror(settings({ burst }), 0)
      const sent: Array<{ readonly at: number; readonly amount: number }> = []
      const sizes = [4000, 10, 900, 256, 10_000, 1]
      // Idle minutes in between are where a bucket would save up a burst.
      for (const start of [0, 200_000, 600_000])
        for (let now = start; now < start + 150_000; now += 25) {
          const amount = sizes[sent.length % sizes.length] ?? 1
          if (wait(mirror, amount, now) > 0) continue
          send(mirror, amount, now)
          sent.push({ at: now, amount })
        }
      const total = sent.reduce((sum, { amount }) => sum + amount, 0)
      assert.isAbove(total, 0.9 * 3 * 2.5 * 60_000)
      for (const { at } of sent) {
        const window = sent.filter((other) => other.at >= at && other.at <= at + 60_000)
        const sum = window.reduce((all, { amount }) => all + amount, 0)
        assert.isAtMost(sum, 60_000 * (1 + burst))
      }
    })
  }
})

describe("Peaks", () => {
  it("knows the largest value after a given one, as a plain scan does", () => {
    let seed = 7
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed / 2_147_483_648
    }
    const peaks = new Peaks()
    const values: Array<number> = []
    let asked = 0
    for (let i = 0; i < 20_000; i++) {
      const value = Math.floor(random() * 1000)
      values.push(value)
      peaks.push(i, value)
      if (random() < 0.2) {
        asked += Math.floor(random() * (i - asked + 1))
        const after = values.slice(asked + 1)
        const expected = after.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY)
        assert.strictEqual(peaks.maxAfter(asked), expected)
      }
    }
  })

  it("stays small on a long fall, and errs upwards only", () => {
    const peaks = new Peaks()
    for (let i = 0; i < 100_000; i++) peaks.push(i, -i)
    const orders: unknown = Reflect.get(peaks, "orders")
    assert.isTrue(Array.isArray(orders) && orders.length <= 513)
    assert.isAtLeast(peaks.maxAfter(50_000), -50_001)
  })
})

describe("MinuteUsage", () => {
  it("counts the last minute, a slot of 250 ms longer at most", () => {
    const usage = new MinuteUsage(0)
    usage.add(0, 5)
    usage.add(30_000, 7)
    assert.strictEqual(usage.total(60_000), 12)
    assert.strictEqual(usage.total(60_250), 7)
    assert.strictEqual(usage.total(90_250), 0)
  })

  it("takes back what did not go, and knows when there is less", () => {
    const usage = new MinuteUsage(0)
    usage.add(0, 5)
    usage.add(1000, 7)
    usage.remove(0, 2)
    assert.strictEqual(usage.total(1000), 10)
    assert.strictEqual(usage.fallsTo(10, 1000), 1000)
    assert.strictEqual(usage.fallsTo(7, 1000), 60_250)
    assert.strictEqual(usage.fallsTo(0, 1000), 61_250)
  })

  it("is empty after a long silence", () => {
    const usage = new MinuteUsage(0)
    usage.add(0, 5)
    assert.strictEqual(usage.total(10_000_000), 0)
  })
})
