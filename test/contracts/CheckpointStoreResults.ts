/** The part of the checkpoint store's contract that is about results of benchmarks, and answers read without a lock. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, Latch, Scope, Stream } from "effect"
import type { CheckpointStore, Journal } from "spillway/checkpoint/CheckpointStore"
import * as Fixtures from "../checkpoint/fixtures/records.ts"

const { answered, failed, itemRecord, key } = Fixtures

type Store = CheckpointStore["Service"]

export const checkpointStoreResults = (
  test: (title: string, body: (store: Store) => Effect.Effect<void, unknown, Scope.Scope>) => void
): void => {
  const invocation = <A, E>(
    store: Store,
    name: string,
    body: (journal: Journal) => Effect.Effect<A, E>
  ) => Effect.scoped(Effect.flatMap(store.open({ name }), body))

  const resultsOf = (store: Store, run: string) => Stream.runCollect(store.results(run))
  const items = (count: number, text?: string) =>
    Array.from({ length: count }, (_, n) => itemRecord(n, text))

  test("has no results before the first, then those of the last replacement, in their order", (store) =>
    invocation(store, "scored", (journal) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), [])
        // More than a page of rows, more than a commit's, fewer than before, and none.
        for (const count of [3, 1203, 250, 0, 2]) {
          const given = items(count, `pass of ${count}`)
          yield* journal.replaceResults(Stream.fromIterable(given))
          assert.deepStrictEqual(yield* resultsOf(store, journal.run), given)
        }
        const reversed = items(150).toReversed()
        yield* journal.replaceResults(Stream.rechunk(Stream.fromIterable(reversed), 7))
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), reversed)
      })
    ))

  test("keeps results for a later start, apart from those of other runs, and removes them with their run", (store) =>
    Effect.gen(function* () {
      const write = (name: string, count: number) =>
        invocation(store, name, (journal) =>
          Effect.as(journal.replaceResults(Stream.fromIterable(items(count, name))), journal.run)
        )
      const one = yield* write("one", 120)
      const two = yield* write("two", 5)
      assert.deepStrictEqual(yield* resultsOf(store, one), items(120, "one"))
      assert.strictEqual(yield* write("one", 4), one)
      assert.deepStrictEqual(yield* resultsOf(store, one), items(4, "one"))
      assert.deepStrictEqual(yield* resultsOf(store, two), items(5, "two"))
      yield* store.remove(one)
      assert.strictEqual((yield* Effect.flip(resultsOf(store, one))).reason, "unknown-run")
      assert.deepStrictEqual(yield* resultsOf(store, two), items(5, "two"))
      const again = yield* invocation(store, "one", ({ run }) => Effect.succeed(run))
      assert.deepStrictEqual(yield* resultsOf(store, again), [])
    }))

  test("keeps the earlier results when the new ones fail, and writes the next ones over what they left", (store) =>
    invocation(store, "failing", (journal) =>
      Effect.gen(function* () {
        yield* journal.replaceResults(Stream.fromIterable(items(3, "old")))
        const broken = Stream.concat(
          Stream.fromIterable(items(2500, "new")),
          Stream.fail("no more")
        )
        assert.strictEqual(yield* Effect.flip(journal.replaceResults(broken)), "no more")
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), items(3, "old"))
        const dying = Stream.concat(Stream.fromIterable(items(1500, "new")), Stream.die("a bug"))
        assert.isTrue(Exit.hasDies(yield* Effect.exit(journal.replaceResults(dying))))
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), items(3, "old"))
        yield* journal.replaceResults(Stream.fromIterable(items(20, "newer")))
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), items(20, "newer"))
      })
    ))

  test("shows the earlier results while a replacement is under way and when it is interrupted, and lets others write", (store) =>
    invocation(store, "slow", (journal) =>
      Effect.gen(function* () {
        yield* journal.replaceResults(Stream.fromIterable(items(3, "old")))
        const reached = yield* Latch.make()
        const slow = Stream.concat(
          Stream.fromIterable(items(2000, "new")),
          Stream.fromEffectDrain(Effect.andThen(reached.open, Effect.never))
        )
        const fiber = yield* Effect.forkChild(journal.replaceResults(slow))
        yield* reached.await
        // What the items are made of is read from the same store.
        yield* journal.append([answered(1)])
        assert.strictEqual((yield* journal.lookup([key(1)])).size, 1)
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), items(3, "old"))
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), items(3, "old"))
        yield* journal.replaceResults(Stream.fromIterable(items(1, "last")))
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), items(1, "last"))
      })
    ))

  test("never mixes two replacements: neither those made at once nor those read across one", (store) =>
    invocation(store, "mixed", (journal) =>
      Effect.gen(function* () {
        const [a, b] = [items(300, "a"), items(300, "b")]
        const replace = (given: ReadonlyArray<Fixtures.Item>) =>
          journal.replaceResults(Stream.rechunk(Stream.fromIterable(given), 11))
        yield* Effect.all([replace(a), replace(b)], { concurrency: 2 })
        const left = yield* resultsOf(store, journal.run)
        const other = left[0]?.target === "b" ? a : b
        assert.deepStrictEqual(left, other === a ? b : a)
        let replaced = false
        const across = yield* store.results(journal.run).pipe(
          Stream.rechunk(1),
          Stream.tap(() => {
            if (replaced) return Effect.void
            replaced = true
            return replace(other)
          }),
          Stream.runCollect,
          Effect.result
        )
        if (across._tag === "Success") assert.deepStrictEqual(across.success, left)
        else assert.include(across.failure.message, "Read them again.")
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), other)
      })
    ))

  test("takes no results once the run is closed, and knows none of a run that is not there", (store) =>
    Effect.gen(function* () {
      const journal = yield* invocation(store, "closed", Effect.succeed)
      const refused = yield* Effect.flip(journal.replaceResults(Stream.make(itemRecord(1))))
      assert.strictEqual(refused.reason, "failed")
      assert.deepStrictEqual(yield* resultsOf(store, journal.run), [])
      const unknown = yield* Effect.flip(resultsOf(store, "nobody"))
      assert.strictEqual(unknown.reason, "unknown-run")
    }))

  test("stops a replacement whose run is closed under it", (store) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const journal = yield* Scope.provide(store.open({ name: "cut" }), scope)
      const cut = Stream.concat(
        Stream.fromIterable(items(2000, "new")),
        Stream.drain(Stream.fromEffect(Scope.close(scope, Exit.void)))
      )
      const refused = yield* Effect.flip(journal.replaceResults(cut))
      assert.strictEqual(refused.reason, "failed")
      assert.deepStrictEqual(yield* resultsOf(store, journal.run), [])
    }))

  test("keeps the texts of results as they were: NUL, lone surrogates, line separators, quotes", (store) =>
    invocation(store, "hostile", (journal) =>
      Effect.gen(function* () {
        const hostile = itemRecord(1, "a\0b \ud800 \u2028\u2029\u0085 'quoted' \"too\" \\u0000 🦫")
        yield* journal.replaceResults(Stream.make(hostile))
        assert.deepStrictEqual(yield* resultsOf(store, journal.run), [hostile])
      })
    ))

  test("gives the outcomes of a run without its lock: own answers and failures, answers of others", (store) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const one = yield* Scope.provide(store.open({ name: "one" }), scope)
      yield* one.append([answered(1), failed(2), failed(3)])
      const two = yield* invocation(store, "two", (journal) =>
        Effect.as(journal.append([failed(1), answered(3), failed(4)]), journal.run)
      )
      const tags = (run: string) =>
        Effect.map(store.outcomes(run, [1, 2, 3, 4, 5, 1].map(key)), (found) =>
          [1, 2, 3, 4, 5].map((n) => found.get(key(n))?._tag)
        )
      assert.deepStrictEqual(yield* tags(one.run), [
        "Answered",
        "Failed",
        "Answered",
        undefined,
        undefined
      ])
      assert.deepStrictEqual(yield* tags(two), [
        "Answered",
        undefined,
        "Answered",
        "Failed",
        undefined
      ])
      yield* Scope.close(scope, Exit.void)
      const fresh = yield* Effect.scoped(
        Effect.flatMap(store.open({ name: "one", fresh: true }), (journal) =>
          Effect.as(journal.append([answered(2)]), journal.run)
        )
      )
      assert.deepStrictEqual(yield* tags(fresh), [
        undefined,
        "Answered",
        undefined,
        undefined,
        undefined
      ])
      const unknown = yield* Effect.flip(store.outcomes("nobody", [key(1)]))
      assert.strictEqual(unknown.reason, "unknown-run")
    }))
}
