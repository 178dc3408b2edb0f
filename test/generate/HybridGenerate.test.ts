/** What a run in hybrid mode does, from outside: what goes where, what it costs, and that nothing is lost or paid twice. */
import { assert, describe } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { RunStopped } from "spillway/error/RunStopped"
import * as BatchWorld from "../batch-jobs/BatchWorld.ts"
import * as World from "./HybridWorld.ts"

/** USD: the simulator adds up doubles, the report whole numbers of 1e-9. */
const ROUNDING = 1e-9

const { HOUR, MINUTE, test } = World

describe("hybrid mode without a deadline", () => {
  test("sends everything to batches, at half price", () =>
    Effect.gen(function* () {
      const world = yield* World.world()
      const started = yield* World.start(world, 500)
      World.allOnce(500, started)
      assert.strictEqual(World.online(world), 0)
      assert.strictEqual(World.batches(world), 1)
      yield* World.billIsRight(world, started.report?.costUsd ?? 0)
    }))

  test("sends in real time what is too little for a batch", () =>
    Effect.gen(function* () {
      const world = yield* World.world()
      const started = yield* World.start(world, World.SMALLEST - 1)
      World.allOnce(World.SMALLEST - 1, started)
      assert.strictEqual(World.batches(world), 0)
    }))

  test("ends at once where there is nothing to do", () =>
    Effect.gen(function* () {
      const world = yield* World.world()
      const started = yield* World.start(world, 0)
      assert.deepStrictEqual(started.deliveries, [])
      assert.strictEqual(started.stopped, undefined)
      assert.strictEqual(World.online(world) + World.batches(world), 0)
    }))
})

describe("hybrid mode with a deadline", () => {
  test("meets it where batches take longer, and pays no more than real time costs", () =>
    Effect.gen(function* () {
      const world = yield* World.world({ batch: { medianMs: 3 * HOUR } })
      const started = yield* World.start(world, 1_500, { within: 40 * MINUTE })
      World.allOnce(1_500, started)
      assert.isAtMost(started.lastAt, 40 * MINUTE)
      yield* World.billIsRight(world, started.report?.costUsd ?? 0)
    }))
  test("waits for batches that are quick enough", () =>
    Effect.gen(function* () {
      const world = yield* World.world()
      const started = yield* World.start(world, 1_500, { within: 2 * HOUR })
      World.allOnce(1_500, started)
      assert.isAtMost(World.online(world), 10)
      assert.strictEqual(yield* World.paidTwice(world), 0)
      yield* World.billIsRight(world, started.report?.costUsd ?? 0)
    }))
  test("sends everything in real time where no batch could be in time", () =>
    Effect.gen(function* () {
      const world = yield* World.world()
      const started = yield* World.start(world, 300, { within: 90_000 })
      World.allOnce(300, started)
      assert.strictEqual(World.batches(world), 0)
      assert.isAtMost(started.lastAt, 90_000)
    }))
})

describe("what hybrid mode promotes", () => {
  test("is sent beside a batch that there is no time to cancel first; what both answer is counted once as double", () =>
    Effect.gen(function* () {
      // Batches that do much and are nearly done: the whole of it is paid twice.
      const world = yield* World.world({ batch: { medianMs: 25 * MINUTE, spread: 0.01 } })
      const started = yield* World.start(world, 2_500, {
        within: 15 * MINUTE,
        limits: { requestsPerMinute: World.PACE }
      })
      World.allOnce(2_500, started)
      assert.isAtMost(started.lastAt, 15 * MINUTE)
      const double = yield* World.paidTwice(world)
      assert.isAbove(double, 0)
      const { costUsd } = world.simulator.stats(yield* Clock.currentTimeMillis)
      const { duplicatedUsd = 0, totalUsd = 0, unknownUsd = 0 } = started.report?.cost ?? {}
      assert.isAbove(duplicatedUsd, 0)
      // What cancelled batches have done that nobody waited for is counted at its worst,
      assert.isAtLeast(totalUsd, costUsd - ROUNDING)
      assert.isAtMost(totalUsd - unknownUsd, costUsd + ROUNDING)
      // and to the cent by the next start, which brings it home.
      const again = yield* World.start(world, 2_500, { within: HOUR })
      assert.deepStrictEqual(again.deliveries, [])
      assert.strictEqual(again.report?.requests.sent, 0)
      yield* World.billIsRight(world, again.report?.totalCostUsd ?? 0)
    }))

  test("keeps to one cap over both modes together", () =>
    Effect.gen(function* () {
      const world = yield* World.world({ batch: { medianMs: 3 * HOUR } })
      const cap = 0.01
      const started = yield* World.start(world, 1_500, { within: 40 * MINUTE, maxCostUsd: cap })
      const { costUsd } = world.simulator.stats(yield* Clock.currentTimeMillis)
      assert.isAtMost(costUsd, cap)
      assert.isTrue(started.stopped === undefined || started.stopped instanceof RunStopped)
    }))

  test("is planned for each limit family by itself", () =>
    Effect.gen(function* () {
      const world = yield* World.world({
        batch: { medianMs: 3 * HOUR },
        poolLimits: { "gpt-4o": { requestsPerMinute: 60, tokensPerMinute: 10_000_000 } }
      })
      const started = yield* World.start(world, 1_200, {
        within: 40 * MINUTE,
        request: (item) => BatchWorld.prompt(item, item % 3 === 0 ? "gpt-4o" : "gpt-4o-mini")
      })
      World.allOnce(1_200, started)
      assert.isAtMost(started.lastAt, 40 * MINUTE)
    }))
})
