/** What a run notes of how it is doing, for the plots of its report. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { CheckpointStore, StoreError } from "spillway/checkpoint/CheckpointStore"
import type { Vitals as Look, RunRecord } from "spillway/checkpoint/RunRecord"
import * as GenerateRequest from "spillway/request/GenerateRequest"
import * as ActiveRun from "spillway/run/ActiveRun"
import * as Run from "spillway/run/Run"
import * as Vitals from "spillway/run/Vitals"
import { answer, delayed, layer, runToEnd } from "spillway/testing"

const request = (word: string) =>
  GenerateRequest.make({ model: "gpt-4o-mini", prompt: word, maxOutputTokens: 20 })
const run = Run.make({ name: "r", id: (word: string) => word, request })
const words = Array.from({ length: 20 }, (_, index) => `word ${index}`)

const looksOf = Effect.fnUntraced(function* (name: string) {
  const store = yield* CheckpointStore
  const found = yield* store.find(name)
  const id = found._tag === "Some" ? found.value.id : ""
  const records = yield* Stream.runCollect(store.records(id, "Vitals"))
  return records.filter((record): record is Look => record._tag === "Vitals")
})

/** A run whose journal only keeps what it is given. */
const noting = (append?: () => Effect.Effect<void, StoreError>) => {
  const log: Array<RunRecord> = []
  const { journal } = ActiveRun.ephemeral()
  const active = ActiveRun.make({
    name: "r",
    journal: {
      ...journal,
      append: (records) => append?.() ?? Effect.sync(() => void log.push(...records))
    }
  })
  const looks = () => log.filter((record): record is Look => record._tag === "Vitals")
  return { active, looks }
}

describe("a run's vitals", () => {
  it.effect("are noted by every start, at its beginning, meanwhile and at its end", () =>
    runToEnd(
      Effect.gen(function* () {
        yield* Run.deliver(run, Stream.fromIterable(words), () => Effect.void)
        yield* Effect.sleep("1 hour")
        yield* Run.deliver(run, Stream.fromIterable([...words, "new"]), () => Effect.void)
        const looks = yield* looksOf("r")
        const [first, second, ...others] = Map.groupBy(looks, ({ start }) => start).values()
        assert.lengthOf(others, 0)
        assert.include(first?.[0], { answered: 0, sent: 0, inFlight: 0 })
        assert.include(first?.at(-1), {
          answered: 20,
          sent: 20,
          fromStore: 0,
          retries: 0,
          inFlight: 0
        })
        assert.isAbove(first?.at(-1)?.spent ?? 0, 0)
        assert.isTrue(first?.some(({ inFlight }) => inFlight === 20))
        assert.isTrue(first?.every(({ quotaShare = -1 }) => quotaShare >= 0 && quotaShare < 0.01))
        assert.include(second?.at(-1), { answered: 1, sent: 1 })
        const times = looks.map(({ at }) => at)
        assert.deepStrictEqual(
          times,
          [...times].sort((a, b) => a - b)
        )
      }).pipe(Effect.provide(layer(() => delayed(answer("x"), "2 seconds"))))
    )
  )

  it.effect("are few, however long it takes", () =>
    Effect.gen(function* () {
      const { active, looks } = noting()
      const work = Effect.gen(function* () {
        for (let minute = 0; minute < 24 * 60; minute++) {
          yield* Effect.sleep("1 minute")
          active.counters.answered += 10
        }
      })
      yield* runToEnd(Vitals.during(active, work))
      assert.isBelow(looks().length, 1000)
      assert.isAbove(looks().length, 300)
      assert.strictEqual(looks().at(-1)?.answered, 14_400)
    })
  )

  it.effect("say nothing while nothing happens, but when that ended", () =>
    Effect.gen(function* () {
      const { active, looks } = noting()
      const work = Effect.gen(function* () {
        yield* Effect.sleep("100 seconds")
        active.counters.answered = 5
        yield* Effect.sleep("100 seconds")
      })
      yield* runToEnd(Vitals.during(active, work))
      const seen = looks().map(({ answered, at, start }) => [
        Math.round((at - start) / 1000),
        answered
      ])
      assert.deepStrictEqual(seen[0], [0, 0])
      assert.deepStrictEqual(seen.at(-1), [200, 5])
      const [pause, change] = [seen.at(1), seen.at(2)]
      assert.strictEqual(pause?.[1], 0)
      assert.isTrue((pause?.[0] ?? 0) >= 98 && (pause?.[0] ?? 0) <= 100)
      assert.strictEqual(change?.[1], 5)
      assert.isAtMost(seen.length, 5)
    })
  )

  it.effect("are of one start, however many rounds it works in", () =>
    Effect.gen(function* () {
      const { active, looks } = noting()
      yield* runToEnd(Vitals.during(active, Effect.sleep("1 second")))
      yield* TestClock.adjust(Duration.minutes(1))
      yield* runToEnd(Vitals.during(active, Effect.sleep("1 second")))
      assert.lengthOf(new Set(looks().map(({ start }) => start)), 1)
      assert.isAtLeast(looks().length, 4)
    })
  )

  it.effect("end with the work, also where it fails or is interrupted", () =>
    Effect.gen(function* () {
      const failing = noting()
      const failed = yield* Effect.exit(Vitals.during(failing.active, Effect.fail("no")))
      assert.deepStrictEqual(failed, Exit.fail("no"))
      const before = failing.looks().length
      yield* TestClock.adjust(Duration.minutes(5))
      assert.strictEqual(failing.looks().length, before)
      assert.isAtLeast(before, 1)

      const stopped = noting()
      const fiber = yield* Effect.forkChild(Vitals.during(stopped.active, Effect.never))
      yield* TestClock.adjust(Duration.seconds(1))
      stopped.active.counters.answered = 3
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(stopped.looks().at(-1)?.answered, 3)
    })
  )

  it.effect(
    "are no reason to fail: a store that cannot note them is met by the run's own records",
    () =>
      Effect.gen(function* () {
        const error = new StoreError({
          reason: "full",
          operation: "append",
          problem: "Full.",
          fix: "Clean."
        })
        const { active } = noting(() => Effect.fail(error))
        assert.strictEqual(yield* Vitals.during(active, Effect.succeed(7)), 7)
      })
  )
})
