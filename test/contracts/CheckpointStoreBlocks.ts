/** The part of the checkpoint store's contract that is about blocks of finished items. */
import { assert } from "@effect/vitest"
import { Effect, Exit, Scope, Stream } from "effect"
import type { CheckpointStore, Journal } from "spillway/checkpoint/CheckpointStore"
import * as Fixtures from "../checkpoint/fixtures/records.ts"

const { answered, block, delivered } = Fixtures

type Store = CheckpointStore["Service"]

export const checkpointStoreBlocks = (
  test: (title: string, body: (store: Store) => Effect.Effect<void, unknown, Scope.Scope>) => void
): void => {
  const invocation = <A, E>(
    store: Store,
    name: string,
    body: (journal: Journal) => Effect.Effect<A, E>
  ) => Effect.scoped(Effect.flatMap(store.open({ name }), body))

  const digests = (journal: Journal) =>
    Effect.map(journal.finishedBlocks, ({ blocks }) => [...blocks.keys()].toSorted())

  test("gives the blocks of a run by digest, the last one of each, and what was delivered again", (store) =>
    Effect.gen(function* () {
      yield* invocation(store, "other", (journal) => journal.append([block("z"), block("a")]))
      yield* invocation(store, "one", (journal) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* digests(journal), [])
          yield* journal.append([answered(1), delivered("x", 1), block("a"), block("b")])
          yield* journal.append([{ _tag: "Redelivered", ids: "0".repeat(13) }, answered(2)])
          yield* journal.append([block("a", { ends: "af" }), { _tag: "Redelivered" }])
        })
      )
      yield* invocation(store, "one", (journal) =>
        Effect.gen(function* () {
          const { blocks, redelivered } = yield* journal.finishedBlocks
          assert.deepStrictEqual([...blocks.keys()].toSorted(), ["a", "b"])
          const [a = -1, b = -1] = [blocks.get("a"), blocks.get("b")]
          assert.deepStrictEqual(yield* journal.finishedBlock(a), block("a", { ends: "af" }))
          assert.deepStrictEqual(yield* journal.finishedBlock(b), block("b"))
          assert.deepStrictEqual(
            redelivered.map(({ ids }) => ids),
            ["0".repeat(13), undefined]
          )
          const [one = -1, other = -1] = redelivered.map(({ seq }) => seq)
          assert.isTrue(b < one && one < a && a < other)
          const wrong = yield* Effect.flip(journal.finishedBlock(b + 1))
          assert.strictEqual(wrong.reason, "corrupt")
        })
      )
    }))

  test("keeps many blocks, and gives them in the log too", (store) =>
    invocation(store, "many", (journal) =>
      Effect.gen(function* () {
        const blocks = Array.from({ length: 120 }, (_, n) => block(`digest ${n}`))
        yield* Effect.forEach(blocks, (one) => journal.append([one, answered(1)]), {
          concurrency: 16
        })
        assert.strictEqual((yield* digests(journal)).length, 120)
        const logged = yield* Stream.runCount(store.records(journal.run, "BlockFinished"))
        assert.strictEqual(logged, 120)
      })
    ))

  test("leaves out blocks that need answers once a run was removed, whenever they were written", (store) =>
    Effect.gen(function* () {
      const lender = yield* invocation(store, "lender", (journal) =>
        Effect.as(journal.append([answered(1)]), journal.run)
      )
      const both = [block("d"), block("a", { needs: "answered" })] as const
      yield* invocation(store, "one", (journal) =>
        Effect.gen(function* () {
          yield* journal.append(both)
          assert.deepStrictEqual(yield* digests(journal), ["a", "d"])
        })
      )
      // A journal that is open while it happens has looked answers up that are gone.
      const scope = yield* Scope.make()
      const open = yield* Scope.provide(store.open({ name: "two" }), scope)
      yield* store.remove(lender)
      yield* open.append(both)
      yield* Scope.close(scope, Exit.void)
      for (const name of ["one", "two"]) {
        yield* invocation(store, name, (journal) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* digests(journal), ["d"])
            yield* journal.append([block("a", { needs: "answered" })])
            assert.deepStrictEqual(yield* digests(journal), ["a", "d"])
          })
        )
      }
    }))
}
