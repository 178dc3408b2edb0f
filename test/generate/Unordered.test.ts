import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Stream } from "effect"
import * as Unordered from "spillway/layers/generate/Unordered"

const never = { stopped: () => undefined, onStop: () => () => {} }

/** A signal that a test gives by hand. */
const signal = () => {
  let reason: string | undefined
  let tell = () => {}
  return {
    stopped: () => reason,
    onStop: (listener: () => void) => {
      tell = listener
      return () => {}
    },
    stop: (why: string) => {
      reason = why
      tell()
    }
  }
}

describe("Unordered.map", () => {
  it.effect("emits results as they come, and leaves out the elements without one", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const work = (n: number) =>
        n === 0 ? Effect.as(Deferred.await(gate), 0) : Effect.succeed(n === 2 ? undefined : n)
      const results: Array<number> = []
      const fiber = yield* Stream.make(0, 1, 2, 3).pipe(
        Unordered.map({ limit: 4, signal: never, work }),
        Stream.runForEach((n) => Effect.sync(() => results.push(n))),
        Effect.forkChild
      )
      while (results.length < 2) yield* Effect.yieldNow
      assert.deepStrictEqual(results, [1, 3])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(results, [1, 3, 0])
    })
  )

  it.effect("begins no more than its limit before results are taken", () =>
    Effect.gen(function* () {
      let begun = 0
      let taken = 0
      let most = 0
      const work = () =>
        Effect.sync(() => {
          most = Math.max(most, ++begun - taken)
          return begun
        })
      yield* Stream.range(1, 1000).pipe(
        Unordered.map({ limit: 7, signal: never, work }),
        Stream.runForEach(() => Effect.sync(() => taken++))
      )
      assert.strictEqual(taken, 1000)
      // The results of one array count as taken together.
      assert.isAtMost(most, 14)
    })
  )

  it.effect("asks before each element, and brings home what has begun before it fails", () =>
    Effect.gen(function* () {
      const stop = signal()
      const gate = yield* Deferred.make<void>()
      const begun: Array<number> = []
      const results: Array<number> = []
      const work = (n: number) => {
        begun.push(n)
        if (n === 3) stop.stop("enough")
        return Effect.as(Deferred.await(gate), n)
      }
      const fiber = yield* Stream.range(1, 10).pipe(
        Unordered.map({ limit: 10, signal: stop, work }),
        Stream.runForEach((n) => Effect.sync(() => results.push(n))),
        Effect.exit,
        Effect.forkChild
      )
      while (begun.length < 3) yield* Effect.yieldNow
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.fail("enough"))
      assert.deepStrictEqual(begun, [1, 2, 3])
      assert.deepStrictEqual(results, [1, 2, 3])
    })
  )

  it.effect("finishes what has begun when the source fails", () =>
    Effect.gen(function* () {
      const results: Array<number> = []
      const exit = yield* Stream.make(1, 2).pipe(
        Stream.concat(Stream.fail("broken")),
        Unordered.map({
          limit: 5,
          signal: never,
          work: (n) => Effect.as(Effect.yieldNow, n)
        }),
        Stream.runForEach((n) => Effect.sync(() => results.push(n))),
        Effect.exit
      )
      assert.deepStrictEqual(exit, Exit.fail("broken"))
      assert.deepStrictEqual(results, [1, 2])
    })
  )

  it.effect("does not wait for a source that is silent when a stop comes", () =>
    Effect.gen(function* () {
      const stop = signal()
      const results: Array<number> = []
      const fiber = yield* Stream.concat(Stream.make(1, 2), Stream.never).pipe(
        Unordered.map({ limit: 5, signal: stop, work: (n) => Effect.as(Effect.yieldNow, n) }),
        Stream.runForEach((n) => Effect.sync(() => results.push(n))),
        Effect.exit,
        Effect.forkChild
      )
      while (results.length < 2) yield* Effect.yieldNow
      stop.stop("enough")
      assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.fail("enough"))
    })
  )

  it.effect("dies of a defect in the work, once what else has begun is home", () =>
    Effect.gen(function* () {
      const results: Array<number> = []
      const exit = yield* Stream.range(1, 100).pipe(
        Unordered.map({
          limit: 3,
          signal: never,
          work: (n) => (n === 2 ? Effect.die("defect") : Effect.as(Effect.yieldNow, n))
        }),
        Stream.runForEach((n) => Effect.sync(() => results.push(n))),
        Effect.exit
      )
      assert.deepStrictEqual(exit, Exit.die("defect"))
      assert.include(results, 1)
      assert.isBelow(results.length, 4)
    })
  )

  it.effect("interrupts what is under way when nobody wants the results any more", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const work = () =>
        Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => interrupted++)))
      const fiber = yield* Stream.range(1, 5).pipe(
        Unordered.map({ limit: 3, signal: never, work }),
        Stream.runDrain,
        Effect.forkChild
      )
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(interrupted, 3)
    })
  )
})
