/** The rivals of the judge keep to their own rules. How they compare: `npm run -s bench:admission`. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { Broken, type Client } from "../bench/admission/Client.ts"
import { aimd, makeController } from "../bench/admission/clients/aimd.ts"
import { bottleneck } from "../bench/admission/clients/bottleneck.ts"
import { effect } from "../bench/admission/clients/effect.ts"
import { pQueue } from "../bench/admission/clients/p-queue.ts"
import { staticBuckets } from "../bench/admission/clients/static.ts"
import * as GlobalTime from "../bench/admission/GlobalTime.ts"
import * as VirtualTime from "../bench/admission/VirtualTime.ts"
import * as FakeWire from "./FakeWire.ts"

const { known, reply } = FakeWire

const inItsTime = <A>(client: Client, run: Effect.Effect<A>): Effect.Effect<A> =>
  client.time === "globals" ? GlobalTime.run(run) : VirtualTime.run(run)

/** Until it ends by itself. */
const work = Effect.fnUntraced(function* (client: Client, told: FakeWire.Told, its = known) {
  const fake = FakeWire.make(told)
  const endedAt = yield* inItsTime(
    client,
    Effect.scoped(client.run(fake.wire, its)).pipe(Effect.andThen(Clock.currentTimeMillis))
  )
  return { ...fake, endedAt }
})

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const sorted = (numbers: ReadonlyArray<number>) => numbers.toSorted((a, b) => a - b)

describe.each([aimd, bottleneck, effect, pQueue, staticBuckets])("$name", (client) => {
  // bottleneck's own work takes ten times as long as that of the others.
  const minutes = client === bottleneck ? 3 : 10
  const items = minutes * 1_000

  it.effect(
    `answers ${items} items through a full bucket in about ${minutes} virtual minutes`,
    () =>
      Effect.gen(function* () {
        const serve = FakeWire.bucket(known.tokensPerMinute)
        const { answered, endedAt, lost, sent } = yield* work(
          client,
          { jobs: items, answer: (_, __, { at, charge }) => serve(charge, at) },
          { ...known, maxAttempts: 50 }
        )
        assert.deepStrictEqual(sorted(answered), upTo(items))
        assert.deepStrictEqual(lost, [])
        assert.isAtLeast(endedAt, (minutes - 1) * 60_000)
        assert.isAtMost(endedAt, 1.5 * minutes * 60_000)
        assert.isAtMost(sent.length, 1.4 * items)
      })
  )

  it.effect("has no more in flight than it may", () =>
    Effect.gen(function* () {
      const { sent } = yield* work(
        client,
        { jobs: 300, latency: 10_000 },
        { ...known, maxInFlight: 40 }
      )
      const inFlight = sent.map(
        ({ at }) => sent.filter((other) => other.at <= at && at < other.at + 10_000).length
      )
      assert.isAtMost(Math.max(...inFlight), 40)
      assert.strictEqual(sent.length, 300)
    })
  )

  it.effect("tries a refused item again when the hint has passed", () =>
    Effect.gen(function* () {
      const { answered, of } = yield* work(client, {
        jobs: 50,
        answer: (index, attempt) =>
          index === 3 && attempt < 2 ? reply(429, { "retry-after": "7" }) : reply(200)
      })
      const [first = 0, second = 0, third = 0, ...more] = of(3).map(({ at }) => at)
      assert.isAtLeast(second - first, 7_500)
      assert.isAtLeast(third - second, 7_500)
      assert.deepStrictEqual(more, [])
      assert.deepStrictEqual(sorted(answered), upTo(50))
    })
  )

  it.effect("gives an item up after the attempts that it may make", () =>
    Effect.gen(function* () {
      const { answered, lost, of } = yield* work(client, {
        jobs: 30,
        answer: (index, attempt) => {
          if (index === 2) return reply(500)
          if (index === 5) return new Broken()
          if (index === 7) return reply(429, { "retry-after": "1" })
          // Back and forth, so that no kind of failure has a count of its own.
          return index === 9 ? reply(attempt % 2 === 0 ? 503 : 429) : reply(200)
        }
      })
      assert.deepStrictEqual(sorted(lost), [2, 5, 7, 9])
      for (const index of lost) assert.lengthOf(of(index), known.maxAttempts)
      assert.lengthOf(answered, 26)
    })
  )

  it.effect("tries a failure and a broken connection again, and not what is hopeless", () =>
    Effect.gen(function* () {
      const { answered, lost, of } = yield* work(client, {
        jobs: 20,
        answer: (index, attempt) => {
          if (index === 4) return reply(400)
          if (attempt > 0) return reply(200)
          return index === 1 ? reply(503) : index === 6 ? new Broken() : reply(200)
        }
      })
      assert.deepStrictEqual(
        [1, 4, 6, 8].map((index) => of(index).length),
        [2, 1, 2, 1]
      )
      assert.deepStrictEqual(lost, [4])
      assert.lengthOf(answered, 19)
    })
  )

  it.effect("sends nothing any more when it is interrupted", () =>
    Effect.gen(function* () {
      const fake = FakeWire.make({ jobs: Number.POSITIVE_INFINITY, latency: 4_000 })
      const before = yield* inItsTime(
        client,
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Effect.scoped(client.run(fake.wire, known)))
          yield* Effect.sleep("90 seconds")
          yield* Fiber.interrupt(fiber)
          const before = fake.sent.length
          yield* Effect.sleep("5 minutes")
          return before
        })
      )
      assert.isAbove(before, 500)
      assert.strictEqual(fake.sent.length, before)
    })
  )
})

describe.each([bottleneck, effect, staticBuckets])("$name", (client) => {
  it.effect("sends no more requests and tokens than its buckets hold", () =>
    Effect.gen(function* () {
      // Half a step of refill: bottleneck refills in steps.
      const step = 0.5 / 240
      const big = yield* work(client, { jobs: 1_500, charge: (index) => 200 + (index % 7) * 700 })
      assert.isAtMost(
        FakeWire.excess(big.sent, 1e6, ({ charge }) => charge),
        1e6 * step
      )
      assert.isAbove(
        FakeWire.excess(big.sent, 1e6, ({ charge }) => charge),
        -1e5
      )
      const small = yield* work(client, { jobs: 1_500, charge: () => 20 })
      assert.isAtMost(
        FakeWire.excess(small.sent, 1e3, () => 1),
        1e3 * step
      )
      assert.isAbove(
        FakeWire.excess(small.sent, 1e3, () => 1),
        -1e2
      )
    })
  )
})

describe("p-queue", () => {
  it.effect("takes its rate from the mean charge, and pauses everything after a 429", () =>
    Effect.gen(function* () {
      const { sent } = yield* work(pQueue, {
        jobs: 2_000,
        charge: (index) => (index % 2 === 0 ? 1_000 : 3_000),
        answer: (index, attempt) =>
          index === 900 && attempt === 0 ? reply(429, { "retry-after": "20" }) : reply(200)
      })
      const refused = (sent.find(({ index }) => index === 900)?.at ?? 0) + 500
      const before = sent.filter(({ at }) => at < refused)
      assert.closeTo(before.length / (refused / 60_000), 500, 15)
      assert.isEmpty(sent.filter(({ at }) => at > refused && at < refused + 20_000))
    })
  )
})

describe("static", () => {
  it.effect("sends nothing for 15 s after a 429, whatever the hint", () =>
    Effect.gen(function* () {
      const { sent } = yield* work(staticBuckets, {
        jobs: 2_000,
        answer: (index, attempt) =>
          index === 1_500 && attempt === 0 ? reply(429, { "retry-after": "1" }) : reply(200)
      })
      const refused = (sent.find(({ index }) => index === 1_500)?.at ?? 0) + 500
      assert.isEmpty(sent.filter(({ at }) => at > refused && at < refused + 15_000))
      // The one that waited for its turn, then the one that was refused, before all fresh ones.
      const then = sent.filter(({ at }) => at >= refused + 15_000)
      assert.include([then[0]?.index, then[1]?.index], 1_500)
    })
  )
})

describe("aimd", () => {
  const round = (controller: ReturnType<typeof makeController>, now: number) => {
    const limit = controller.limit()
    for (let n = 1; n <= limit; n++) controller.started(n, now)
    for (let n = 1; n <= limit; n++) controller.succeeded(now)
    return controller.limit()
  }

  it("doubles until the first 429, then cuts by a fifth and adds a twentieth", () => {
    const controller = makeController(1_000)
    assert.deepStrictEqual([round(controller, 0), round(controller, 1)], [40, 80])
    controller.refused(1_000, undefined)
    assert.strictEqual(controller.limit(), 60)
    assert.strictEqual(round(controller, 15_999), 60)
    assert.strictEqual(round(controller, 16_000), 65)
  })

  it("cuts once in 15 s, or for as long as the server says", () => {
    const controller = makeController(100)
    controller.refused(0, undefined)
    controller.refused(14_000, 10_000)
    controller.refused(23_999, undefined)
    assert.strictEqual(controller.limit(), 15)
    controller.refused(24_000, undefined)
    assert.strictEqual(controller.limit(), 10)
    controller.refused(99_000, undefined)
    assert.strictEqual(controller.limit(), 10)
  })

  it("does not grow while the limit is not in use", () => {
    const controller = makeController(100)
    for (let n = 0; n < 20; n++) {
      controller.started(15, 0)
      controller.succeeded(0)
    }
    assert.strictEqual(controller.limit(), 20)
  })
})
