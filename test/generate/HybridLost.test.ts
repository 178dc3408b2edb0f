/** Runs in hybrid mode whose shards are lost with the process that planned them: killed twice, and started again. */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import * as World from "./HybridWorld.ts"

const { HOUR, MINUTE, test } = World

const ITEMS = 60

/** Fewer lines than a batch needs, and a deadline that is far: all goes to real time as soon as it is planned. */
const few = { within: 2 * HOUR, hybrid: { smallestBatch: 100 } }

/** After the lines stand in a shard, before the planner has looked at it. */
const PLANNED = 500

/** What a later start finds of `world`: its store and its folder, and a provider that knows of nothing. */
const reborn = (world: World.At) =>
  Effect.map(World.world({ store: world.store }), (next) => ({ ...next, disk: world.disk }))

describe("a run in hybrid mode that is killed twice with a shard planned", () => {
  test("goes on at once where the provider ended with the process", () =>
    Effect.gen(function* () {
      const options = { ...few, simulated: true }
      const first = yield* World.world()
      yield* World.killed(first, ITEMS, PLANNED, options)
      const second = yield* reborn(first)
      yield* World.killed(second, ITEMS, PLANNED, options)
      const third = yield* reborn(second)
      const ended = yield* World.start(third, ITEMS, options)
      assert.strictEqual(String(ended.stopped), "undefined")
      assert.isAtMost(ended.endedAt, MINUTE)
      assert.isAtMost(World.online(third), ITEMS)
      assert.strictEqual(yield* World.paidTwice(third), 0)
      assert.isAtLeast(ended.deliveries.length, 1)
    }))

  test("goes on at once where the folder was lost with the machine", () =>
    Effect.gen(function* () {
      const world = yield* World.world()
      for (const _ of [1, 2]) {
        yield* World.killed(world, ITEMS, PLANNED, few)
        world.disk.files.clear()
      }
      const ended = yield* World.start(world, ITEMS, few)
      assert.strictEqual(String(ended.stopped), "undefined")
      assert.isAtMost(ended.endedAt, MINUTE)
    }))
})
