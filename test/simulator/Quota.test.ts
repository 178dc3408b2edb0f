import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Limits } from "spillway/simulator/Limits"
import * as Quota from "spillway/simulator/Quota"

const calm: Quota.World = { seed: 1, limitChanges: [], neighbours: [], ramp: false }
const limits: Limits = { requestsPerMinute: 60, tokensPerMinute: 6_000 }

interface Sent {
  readonly at: number
  readonly tokens: number
}

/** Sends one after the other; answers what was admitted. */
const run = (requests: ReadonlyArray<Sent>, world = calm, own = limits): ReadonlyArray<Sent> => {
  let pool = Quota.makePool(own)
  return requests.filter(({ at, tokens }) => {
    const [next, admission] = Quota.admit(
      Quota.advance(pool, at, world),
      { tokens, inputTokens: tokens },
      world
    )
    pool = next
    return admission._tag === "Admitted"
  })
}

const Gap = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20_000 }))
const Tokens = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3_000 }))
const Arrivals = Schema.Array(Schema.Tuple([Gap, Tokens]))

const placed = (gaps: ReadonlyArray<readonly [number, number]>): ReadonlyArray<Sent> => {
  let at = 0
  return gaps.map(([gap, tokens]) => {
    at += gap
    return { at, tokens }
  })
}

describe("the server's quota", () => {
  it.prop(
    "admits in no interval more than a full bucket and what flows into it meanwhile",
    [Arrivals],
    ([gaps]) => {
      const admitted = run(placed(gaps))
      for (const [first, start] of admitted.entries()) {
        let tokens = 0
        let requests = 0
        for (const each of admitted.slice(first)) {
          tokens += each.tokens
          requests += 1
          const share = 1 + (each.at - start.at) / 60_000
          if (tokens > limits.tokensPerMinute * share + 1e-6) return false
          if (requests > limits.requestsPerMinute * share + 1e-6) return false
        }
      }
      return true
    }
  )

  it.prop("admits after exactly the wait that it named, and not before", [Arrivals], ([gaps]) => {
    let pool = Quota.makePool(limits)
    for (const { at, tokens } of placed(gaps)) {
      const charge = { tokens, inputTokens: tokens }
      const [next, admission] = Quota.admit(Quota.advance(pool, at, calm), charge, calm)
      pool = next
      if (admission._tag !== "Limited") continue
      // The refused request has itself drawn on the bucket of requests.
      if (admission.dimension === "requests") continue
      const early = Quota.advance(pool, at + admission.retryAfterMs - 2, calm)
      const due = Quota.advance(pool, at + admission.retryAfterMs, calm)
      if (early.tokens.level >= tokens || due.tokens.level < tokens - 1e-6) return false
    }
    return true
  })

  it("refills evenly and never above the limit", () => {
    const spent = Quota.debit(Quota.makePool(limits), { tokens: 6_000, inputTokens: 0 })
    assert.strictEqual(Quota.advance(spent, 15_000, calm).tokens.level, 1_500)
    assert.strictEqual(Quota.advance(spent, 600_000, calm).tokens.level, 6_000)
  })

  it("counts a refused request against the limit of requests", () => {
    const tight = { requestsPerMinute: 2, tokensPerMinute: 100 }
    const sent = [0, 0, 0, 0].map((at) => ({ at, tokens: 80 }))
    // The first takes 80 of 100 tokens; the second is refused for tokens, and leaves no request for a small third.
    assert.lengthOf(run([...sent.slice(0, 2), { at: 0, tokens: 1 }], calm, tight), 1)
  })

  it("counts days apart from minutes", () => {
    const daily = { requestsPerMinute: 1_000, tokensPerMinute: 1_000, requestsPerDay: 2 }
    assert.lengthOf(
      run(
        [0, 1, 2, 3].map((at) => ({ at, tokens: 1 })),
        calm,
        daily
      ),
      2
    )
    assert.lengthOf(
      run(
        [0, 1, 43_200_002].map((at) => ({ at, tokens: 1 })),
        calm,
        daily
      ),
      3
    )
  })

  it("follows a change of the limits from its moment on", () => {
    const world = { ...calm, limitChanges: [{ at: 60_000, factor: 0.5 }] }
    const pool = Quota.makePool(limits)
    assert.strictEqual(Quota.advance(pool, 59_999, world).tokens.level, 6_000)
    const halved = Quota.advance(pool, 60_000, world)
    assert.deepStrictEqual([halved.tokens.limit, halved.tokens.level], [3_000, 3_000])
    const spent = Quota.debit(halved, { tokens: 3_000, inputTokens: 0 })
    assert.strictEqual(Quota.advance(spent, 90_000, world).tokens.level, 1_500)
  })

  for (const pattern of ["steady", "poisson", "square"] as const) {
    it(`a ${pattern} neighbour takes about its share`, () => {
      const world = { ...calm, neighbours: [{ share: 0.5, pattern }] }
      // Kept near empty, so that what the neighbour asks for is what limits it.
      let pool = Quota.debit(Quota.makePool(limits), { tokens: 3_000, inputTokens: 0 })
      for (let minute = 1; minute <= 20; minute++) {
        pool = Quota.debit(Quota.advance(pool, minute * 60_000, world), {
          tokens: 1,
          inputTokens: 0
        })
      }
      const share = pool.neighbourTokens / (20 * limits.tokensPerMinute)
      const expected = pattern === "square" ? 0.25 : 0.5
      assert.closeTo(share, expected, 0.05)
    })
  }

  it("a neighbour's schedule begins and ends", () => {
    const world = { ...calm, neighbours: [{ from: 60_000, to: 120_000, share: 0.5 }] }
    const taken = (at: number) => Quota.advance(Quota.makePool(limits), at, world).neighbourTokens
    assert.strictEqual(taken(59_000), 0)
    assert.closeTo(taken(120_000), 3_000, 20)
    assert.closeTo(taken(300_000), 3_000, 20)
  })

  it("slows down traffic above a million tokens a minute that grows by more than half in 15 minutes", () => {
    const wide = { requestsPerMinute: 1_000_000, tokensPerMinute: 100_000_000 }
    const world = { ...calm, ramp: true }
    const perMinute = (minute: number, thousands: number): ReadonlyArray<Sent> =>
      Array.from({ length: thousands }, (_, i) => ({
        at: minute * 60_000 + (i * 60_000) / thousands,
        tokens: 1_000
      }))
    const steady = Array.from({ length: 16 }, (_, minute) => perMinute(minute, 900)).flat()
    assert.lengthOf(run(steady, world, wide), steady.length)
    // 1.35 million is 1.5 times what was sent 15 minutes before; 2 million is too much.
    const grown = [...steady, ...perMinute(16, 1_300)]
    assert.lengthOf(run(grown, world, wide), grown.length)
    const jumped = [...steady, ...perMinute(16, 2_000)]
    assert.isBelow(run(jumped, world, wide).length, jumped.length)
    assert.lengthOf(run(jumped, calm, wide), jumped.length)
  })
})
