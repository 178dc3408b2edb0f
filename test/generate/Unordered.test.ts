import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Stream } from "effect"
import * as Unordered from "spillway/layers/generate/Unordered"

const never = () => undefined

describe("Unordered.map", () => {
  it.effect("emits results as they come, and leaves out the elements without one", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const work = (n: number) =>
        n === 0 ? Effect.as(Deferred.await(gate), 0) : Effect.succeed(n === 2 ? undefined : n)
      const results: Array<number> = []
      const fiber = yield* Stream.make(0, 1, 2, 3).pipe(
        Unordered.map({ limit: 4, stopped: never, work }),
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
        Unordered.map({ limit: 7, stopped: never, work }),
        Stream.runForEach(() => Effect.sync(() => taken++))
      )
      assert.strictEqual(taken, 1000)
      // The results of one array count as taken together.
      assert.isAtMost(most, 14)
    })
  )

  it.effect("asks before each element, and brings home what has begun before it fails", () =>
    Effect.gen(function* () {
      let stop: string | undefined
      const gate = yield* Deferred.make<void>()
      const begun: Array<number> = []
      const results: Array<number> = []
      const work = (n: number) => {
        begun.push(n)
        if (n === 3) stop = "enough"
        return Effect.as(Deferred.await(gate), n)
      }
      const fiber = yield* Stream.range(1, 10).pipe(
        Unordered.map({ limit: 10, stopped: () => stop, work }),
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
          stopped: never,
          work: (n) => Effect.as(Effect.yieldNow, n)
        }),
        Stream.runForEach((n) => Effect.sync(() => results.push(n))),
        Effect.exit
      )
      assert.deepStrictEqual(exit, Exit.fail("broken"))
      assert.deepStrictEqual(results, [1, 2])
    })
  )

  it.effect("dies of a defect in the work", () =>
    Effect.gen(function* () {
      const exit = yield* Stream.range(1, 3).pipe(
        Unordered.map({ limit: 1, stopped: never, work: (n) => Effect.die(`defect ${n}`) }),
        Stream.runDrain,
        Effect.exit
      )
      assert.deepStrictEqual(exit, Exit.die("defect 1"))
    })
  )

  it.effect("interrupts what is under way when nobody wants the results any more", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const work = () =>
        Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => interrupted++)))
      const fiber = yield* Stream.range(1, 5).pipe(
        Unordered.map({ limit: 3, stopped: never, work }),
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
