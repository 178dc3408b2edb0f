/** Runs in hybrid mode whose shards are lost with the process that planned them: killed twice, and started again. */
import { assert, describe } from "@effect/vitest"
import { Effect, FileSystem, Layer, Stream } from "effect"
import * as BatchLedger from "spillway/batch-jobs/BatchLedger"
import * as World from "./HybridWorld.ts"

const { HOUR, MINUTE, test } = World

const ITEMS = 60

/** A deadline that is far. */
const far = { within: 2 * HOUR }

/** Fewer lines than a batch needs: all go to real time as soon as the planner looks at them. */
const few = { ...far, hybrid: { smallestBatch: 100 } }

/** When lines stand in a shard that the planner has not looked at, and when their batch is under way. Milliseconds. */
const PLANNED = 500
const SUBMITTED = 60_000

/** What a later start finds of a world: its store and its folder, and a provider that knows of nothing. */
const reborn = (at: World.At) =>
  Effect.map(World.world({ store: at.store }), (next): World.At => ({ ...next, disk: at.disk }))

/** A folder that takes its time to say whether a file is there. */
const slow = (at: World.At): World.At => {
  const layer = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (files) =>
      FileSystem.FileSystem.of({
        ...files,
        exists: (path) => Effect.delay(files.exists(path), 2_000)
      })
    )
  )
  return { ...at, disk: { ...at.disk, layer: Layer.provideMerge(layer, at.disk.layer) } }
}

/** Phases of the shards that the only run of the store has left open. */
const left = Effect.fnUntraced(function* ({ store }: World.At) {
  const [run] = yield* Stream.runCollect(store.runs)
  if (run === undefined) return []
  const ledger = BatchLedger.make()
  yield* Stream.runForEach(store.batchLedger(run.id), (record) =>
    Effect.sync(() => BatchLedger.apply(ledger, record))
  )
  return [...ledger.values()].filter(BatchLedger.isOpen).map(({ phase }) => phase)
})

describe("a run in hybrid mode that is killed twice, and its provider with it", () => {
  test("sends what was planned at once", () =>
    Effect.gen(function* () {
      const options = { ...few, simulated: true }
      let at = yield* World.world()
      for (let death = 0; death < 2; death++) {
        yield* World.killed(at, ITEMS, PLANNED, options)
        assert.deepStrictEqual(yield* left(at), ["planned"])
        at = yield* reborn(at)
      }
      const ended = yield* World.start(at, ITEMS, options)
      assert.strictEqual(String(ended.stopped), "undefined")
      assert.isAtMost(ended.endedAt, MINUTE)
      assert.isAtMost(World.online(at), ITEMS)
      assert.strictEqual(yield* World.paidTwice(at), 0)
      assert.deepStrictEqual(yield* left(at), [])
    }))

  test("submits what was with the provider to the new one", () =>
    Effect.gen(function* () {
      const options = { ...far, simulated: true }
      let at = yield* World.world()
      for (let death = 0; death < 2; death++) {
        yield* World.killed(at, ITEMS, SUBMITTED, options)
        assert.deepStrictEqual(yield* left(at), ["created"])
        at = yield* reborn(at)
      }
      const ended = yield* World.start(at, ITEMS, options)
      assert.strictEqual(String(ended.stopped), "undefined")
      assert.isAtMost(ended.endedAt, HOUR)
      assert.strictEqual(World.batches(at), 1)
      assert.strictEqual(yield* World.paidTwice(at), 0)
    }))
})

describe("a run in hybrid mode that is killed twice, and its folder lost", () => {
  test("plans the lines anew, and sends them at once", () =>
    Effect.gen(function* () {
      const at = yield* World.world()
      for (let death = 0; death < 2; death++) {
        yield* World.killed(at, ITEMS, PLANNED, few)
        assert.deepStrictEqual(yield* left(at), ["planned"])
        at.disk.files.clear()
      }
      const ended = yield* World.start(slow(at), ITEMS, few)
      assert.strictEqual(String(ended.stopped), "undefined")
      assert.isAtMost(ended.endedAt, MINUTE)
    }))
})
