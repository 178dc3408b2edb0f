/** Blocks of finished items are passed over, and whatever has changed is looked at as if there were no blocks. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import { catalogData } from "spillway/model/catalogData"
import * as World from "./BlocksWorld.ts"

const items = (count: number, text = "question"): ReadonlyArray<World.Item> =>
  Array.from({ length: count }, (_, n) => ({ id: `item ${n}`, text: `${text} ${n}` }))

/** 20 items in five blocks. */
const all = items(20)

const replaced = (at: number, text: string) =>
  all.map((item, n) => (n === at ? { ...item, text } : item))

const world = Effect.flatMap(MemoryCheckpointStore.make, World.make)

/** How many lookups a start has made; an item of a block that is passed over makes none. */
const looked = Effect.fnUntraced(function* (world: World.World, start: World.Start) {
  const before = world.lookups()
  const ended = yield* world.start(start)
  return { ended, looked: world.lookups() - before }
})

for (const needs of ["delivered", "answered"] as const) {
  describe(`blocks of ${needs} items`, () => {
    const work = { items: all, needs }
    const done = needs === "delivered" ? { delivered: 20 } : { answered: 20, fromStore: 20 }

    it.effect("are noted once, and passed over without asking the store", () =>
      Effect.gen(function* () {
        const one = yield* world
        const first = yield* one.start(work)
        assert.strictEqual(first.sent, 20)
        assert.strictEqual(yield* one.logged("BlockFinished"), 5)
        for (const _ of ["second start", "third start"]) {
          const { ended, looked: count } = yield* looked(one, work)
          assert.strictEqual(count, 0)
          assert.deepStrictEqual([ended.sent, ended.deliveries], [0, []])
          assert.deepInclude(ended.counters, done)
        }
        assert.strictEqual(yield* one.logged("BlockFinished"), 5)
      })
    )

    it.effect("of a run that was killed: what was finished is passed over, the rest is sent", () =>
      Effect.gen(function* () {
        const one = yield* world
        const killed = yield* one.start({ ...work, answers: 11 })
        assert.include(killed.stopped, "Stopped by the test.")
        const { ended, looked: count } = yield* looked(one, work)
        assert.strictEqual(ended.sent, 9)
        // Two blocks of four were finished; an item of the others is looked up once or twice.
        assert.isAtMost(count, 24)
        assert.strictEqual(yield* one.logged("BlockFinished"), 5)
        assert.strictEqual((yield* looked(one, work)).looked, 0)
      })
    )

    it.effect("an edited item is looked at with its block, the others are passed over", () =>
      Effect.gen(function* () {
        const one = yield* world
        yield* one.start(work)
        const edited = { ...work, items: replaced(9, "edited") }
        const { ended, looked: count } = yield* looked(one, edited)
        assert.strictEqual(ended.sent, 1)
        assert.isAtMost(count, 8)
        assert.strictEqual((yield* looked(one, edited)).looked, 0)
      })
    )

    it.effect("items that come after them are sent, and make blocks of their own", () =>
      Effect.gen(function* () {
        const one = yield* world
        yield* one.start(work)
        const more = { ...work, items: items(23) }
        const { ended, looked: count } = yield* looked(one, more)
        assert.strictEqual(ended.sent, 3)
        assert.isAtMost(count, 6)
        assert.strictEqual(yield* one.logged("BlockFinished"), 5)
        yield* one.start({ ...work, items: items(24) })
        assert.strictEqual(yield* one.logged("BlockFinished"), 6)
      })
    )

    it.effect(
      "are found wherever they stand: of blocks in another order nothing is looked up",
      () =>
        Effect.gen(function* () {
          const one = yield* world
          yield* one.start(work)
          const moved = [...all.slice(8), ...all.slice(0, 8)]
          const { ended, looked: count } = yield* looked(one, { ...work, items: moved })
          assert.deepStrictEqual([ended.sent, count], [0, 0])
        })
    )

    it.effect("items shuffled, or one missing at the front: nothing is sent again", () =>
      Effect.gen(function* () {
        const one = yield* world
        yield* one.start(work)
        for (const changed of [all.toReversed(), all.slice(1)]) {
          const { ended, looked: count } = yield* looked(one, { ...work, items: changed })
          assert.strictEqual(ended.sent, 0)
          assert.isAbove(count, 0)
        }
      })
    )

    it.effect("do not hide equal requests from later items, across their border too", () =>
      Effect.gen(function* () {
        const one = yield* world
        const twins = { ...work, items: replaced(4, "question 3") }
        assert.strictEqual((yield* one.start(twins)).sent, 20)
        // The third sample of a request of which two are in blocks that are passed over.
        const third = { id: "third", text: "question 3" }
        const more = yield* one.start({ ...twins, items: [...twins.items, third] })
        assert.strictEqual(more.sent, 1)
        // Without the first of them the others move up: the last sample is not needed.
        const less = twins.items.with(3, { id: "item 3", text: "something else" })
        assert.strictEqual((yield* one.start({ ...twins, items: [...less, third] })).sent, 1)
      })
    )

    it.effect("a catalogue that completes requests otherwise voids them", () =>
      Effect.gen(function* () {
        const one = yield* world
        yield* one.start(work)
        const model = catalogData.find(({ id }) => id === "gpt-4o-mini")
        assert.isDefined(model)
        const overrides = [{ ...model, defaultOutputTokens: model.defaultOutputTokens - 1 }]
        const other = yield* one.start({ ...work, overrides })
        assert.strictEqual(other.sent, 20)
        assert.strictEqual((yield* looked(one, work)).ended.sent, 0)
      })
    )

    it.effect("another provider's answers are others", () =>
      Effect.gen(function* () {
        const one = yield* world
        yield* one.start(work)
        assert.strictEqual((yield* one.start({ ...work, provider: "q" })).sent, 20)
      })
    )

    it.effect("a start from the beginning has none", () =>
      Effect.gen(function* () {
        const one = yield* world
        yield* one.start(work)
        const again = yield* one.start({ ...work, fresh: true })
        assert.strictEqual(again.sent, 20)
        assert.strictEqual((yield* looked(one, work)).looked, 0)
      })
    )

    it.effect(
      "failed items are looked at by themselves, and end their block's need when mended",
      () =>
        Effect.gen(function* () {
          const one = yield* world
          const failing = { ...work, items: replaced(6, "fails") }
          assert.strictEqual((yield* one.start(failing)).counters.failed, 1)
          const { ended, looked: count } = yield* looked(one, failing)
          // One that was delivered is done with, until it is to be tried again.
          assert.deepStrictEqual([ended.sent, count], [0, needs === "answered" ? 1 : 0])
          assert.strictEqual(yield* one.logged("BlockFinished"), 5)
          const retried = yield* looked(one, { ...failing, retryFailed: true, mended: true })
          assert.strictEqual(retried.ended.sent, 1)
          assert.isAtMost(retried.looked, 3)
          assert.strictEqual(yield* one.logged("BlockFinished"), 6)
          assert.strictEqual((yield* looked(one, { ...failing, retryFailed: true })).looked, 0)
        })
    )

    it.effect("items that cannot be sent are looked at by themselves", () =>
      Effect.gen(function* () {
        const one = yield* world
        const odd = { ...work, items: replaced(2, "refused").with(7, { id: "t", text: "throws" }) }
        const first = yield* one.start(odd)
        assert.deepInclude(first.counters, { answered: 18, failed: 2 })
        const { ended, looked: count } = yield* looked(one, odd)
        assert.strictEqual(ended.sent, 0)
        assert.isAtMost(count, 2)
        assert.strictEqual(ended.counters.failed, needs === "answered" ? 2 : 0)
      })
    )

    it.effect("a slow source is not waited for: what came within a second is looked at", () =>
      Effect.gen(function* () {
        const one = yield* world
        yield* one.start(work)
        const source = yield* Queue.unbounded<World.Item>()
        const started = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.forkChild(
          one.start({ ...work, source: Stream.take(Stream.fromQueue(source), 3) })
        )
        yield* Queue.offerAll(source, [{ id: "new", text: "new" }, ...all.slice(0, 1)])
        for (let second = 0; second < 10; second++) yield* TestClock.adjust("1 second")
        yield* Queue.offer(source, { id: "newer", text: "newer" })
        yield* TestClock.adjust("5 seconds")
        const ended = yield* Fiber.join(fiber)
        assert.strictEqual(ended.sent, 2)
        const sentAt = (text: string) => (ended.sentAt.get(text) ?? Number.NaN) - started
        assert.isAtMost(sentAt("new"), 5000)
        assert.isAtLeast(sentAt("newer"), 10_000)
      })
    )
  })
}

describe("blocks of delivered items", () => {
  const work = { items: all, needs: "delivered" as const }

  it.effect("an item that was edited and edited back is delivered each time", () =>
    Effect.gen(function* () {
      const one = yield* world
      yield* one.start(work)
      const edited = { ...work, items: replaced(9, "edited") }
      for (const [given, sent] of [
        [edited, 1],
        [work, 0],
        [edited, 0],
        [edited, 0]
      ] as const) {
        const before = (yield* one.logged("Redelivered")) as number
        const ended = yield* one.start(given)
        assert.strictEqual(ended.sent, sent)
        const isLast = before === 3
        assert.strictEqual(ended.deliveries.length, isLast ? 0 : 1)
      }
    })
  )

  it.effect("an item that is now the first of its id is delivered under its new name", () =>
    Effect.gen(function* () {
      const one = yield* world
      const twins = all.with(6, { id: "item 1", text: "question 6" })
      yield* one.start({ ...work, items: twins })
      // Its block is the same as ever, and it was delivered as `item 1#2`.
      const renamed = { ...work, items: twins.with(1, { id: "other", text: "question 1" }) }
      const ended = yield* one.start(renamed)
      assert.strictEqual(ended.sent, 0)
      assert.deepStrictEqual(
        ended.deliveries.map((line) => line.slice(0, 8)),
        ["1 other ", "6 item 1"]
      )
      assert.strictEqual((yield* looked(one, renamed)).looked, 0)
    })
  )

  it.effect("deliveries that an earlier start made are known, but not how they ended", () =>
    Effect.gen(function* () {
      const one = yield* world
      const items = replaced(1, "fails").slice(0, 4)
      // Three of the block are delivered; it is finished by a start that sees the outcome of the fourth only.
      yield* one.start({ ...work, items, answers: 3 })
      yield* one.start({ ...work, items })
      assert.strictEqual((yield* looked(one, { ...work, items })).looked, 0)
      const retried = yield* one.start({ ...work, items, retryFailed: true, mended: true })
      assert.strictEqual(retried.sent, 1)
    })
  )
})

describe("blocks of answered items", () => {
  const work = { items: all, needs: "answered" as const }

  it.effect("are void once a run was removed, whose answers they may rest on", () =>
    Effect.gen(function* () {
      const one = yield* world
      yield* one.start({ ...work, name: "lender" })
      assert.strictEqual((yield* one.start(work)).sent, 0)
      assert.strictEqual((yield* looked(one, work)).looked, 0)
      yield* one.remove("lender")
      assert.strictEqual((yield* one.start(work)).sent, 20)
      assert.strictEqual((yield* looked(one, work)).looked, 0)
    })
  )

  it.effect("do not count for a start that reuses its own answers only", () =>
    Effect.gen(function* () {
      const one = yield* world
      yield* one.start({ ...work, name: "lender" })
      assert.strictEqual((yield* one.start(work)).sent, 0)
      assert.strictEqual((yield* one.start({ ...work, reuse: "run" })).sent, 20)
    })
  )

  it.effect("keep apart what was answered, what was not, and what was simulated", () =>
    Effect.gen(function* () {
      const one = yield* world
      const mixed = { ...work, items: replaced(3, "filtered") }
      const first = yield* one.start(mixed)
      const { ended, looked: count } = yield* looked(one, mixed)
      assert.strictEqual(count, 0)
      assert.deepStrictEqual(ended.counters, { ...first.counters, fromStore: 20 })
      assert.deepInclude(ended.counters, { answered: 19, noAnswer: 1, simulated: 10 })
    })
  )
})
