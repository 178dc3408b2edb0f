/** What every checkpoint store keeps to, whatever it is made of. Run on each implementation in `test/checkpoint/`. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, type Layer, Option, Scope, Stream } from "effect"
import { CheckpointStore, type Journal } from "spillway/checkpoint/CheckpointStore"
import * as Fixtures from "../checkpoint/fixtures/records.ts"
import { checkpointStoreBlocks } from "./CheckpointStoreBlocks.ts"
import { checkpointStoreResults } from "./CheckpointStoreResults.ts"

const { answered, delivered, failed, intent, key, released } = Fixtures

/** @param layer a fresh, empty store each time it is built */
export const checkpointStoreContract = (
  name: string,
  layer: Layer.Layer<CheckpointStore, unknown>
): void => {
  const test = (
    title: string,
    body: (store: CheckpointStore["Service"]) => Effect.Effect<void, unknown, Scope.Scope>
  ) =>
    it.live(
      `${name}: ${title}`,
      () => Effect.provide(Effect.scoped(CheckpointStore.use(body)), layer),
      20_000
    )

  /** One invocation: open, work, close. */
  const invocation = <A, E>(
    store: CheckpointStore["Service"],
    options: Parameters<CheckpointStore["Service"]["open"]>[0],
    body: (journal: Journal) => Effect.Effect<A, E>
  ) => Effect.scoped(Effect.flatMap(store.open(options), body))

  const log = (store: CheckpointStore["Service"], run: string) =>
    Stream.runCollect(store.records(run))

  test("gives back every kind of record, in the order of writing", (store) =>
    Effect.gen(function* () {
      const run = yield* invocation(store, { name: "all" }, (journal) =>
        Effect.as(
          Effect.forEach(Fixtures.oneOfEach, (record) => journal.append([record])),
          journal.run
        )
      )
      assert.deepStrictEqual(yield* log(store, run), [...Fixtures.oneOfEach])
      const scores = yield* Stream.runCollect(store.records(run, "Scored"))
      assert.deepStrictEqual(
        scores,
        Fixtures.oneOfEach.filter(({ _tag }) => _tag === "Scored")
      )
    }))

  test("reads a log of many pages", (store) =>
    Effect.gen(function* () {
      const run = yield* invocation(store, { name: "long" }, (journal) => {
        const records = Array.from({ length: 2501 }, (_, n) => delivered(`item ${n}`, n))
        return Effect.as(journal.append([delivered("first", 0), ...records]), journal.run)
      })
      const read = yield* log(store, run)
      assert.strictEqual(read.length, 2502)
      assert.deepStrictEqual(read.at(-1), delivered("item 2500", 2500))
    }))

  test("goes on with the same run under the same name, with what it had", (store) =>
    Effect.gen(function* () {
      const first = yield* invocation(store, { name: "a" }, (journal) =>
        Effect.as(
          journal.append([intent(1), answered(1, { cost: 30 }), failed(2), delivered("x", 1)]),
          journal
        )
      )
      assert.deepStrictEqual({ ...first.recovered }, Fixtures.nothing)
      yield* invocation(store, { name: "a" }, (journal) =>
        Effect.gen(function* () {
          assert.strictEqual(journal.run, first.run)
          assert.deepStrictEqual(
            { ...journal.recovered },
            { spent: Fixtures.usd(30), unresolved: 0, answered: 1, failed: 1 }
          )
          const found = yield* journal.lookup([key(1), key(2), key(3)])
          assert.deepStrictEqual(
            [...found].sort(([a], [b]) => (a < b ? -1 : 1)),
            [
              [key(1), { _tag: "Answered", response: answered(1, { cost: 30 }).response }],
              [key(2), { _tag: "Failed", failure: failed(2).failure }]
            ]
          )
          assert.deepStrictEqual([...(yield* journal.delivered(["x", "y"]))], [["x", key(1)]])
        })
      )
    }))

  test("settles attempts that nobody ended at their worst case, once", (store) =>
    Effect.gen(function* () {
      const run = yield* invocation(store, { name: "crash" }, (journal) =>
        Effect.as(
          journal.append([
            intent(1, { reserved: 100 }),
            released(1, { spent: 7 }),
            intent(1, { attempt: 1, reserved: 200 }),
            intent(2, { reserved: 400 }),
            answered(2, { cost: 5 }),
            intent(3, { reserved: 800 })
          ]),
          journal.run
        )
      )
      for (const unresolved of [2, 0]) {
        const { recovered } = yield* invocation(store, { name: "crash" }, Effect.succeed)
        assert.deepStrictEqual(
          { ...recovered },
          { spent: Fixtures.usd(7 + 5 + 200 + 800), unresolved, answered: 1, failed: 0 }
        )
      }
      const settled = (yield* log(store, run)).slice(6)
      assert.deepStrictEqual(settled, [
        released(1, { attempt: 1, spent: 200, unknown: true }),
        released(3, { spent: 800, unknown: true })
      ])
    }))

  test("counts each attempt of a later invocation anew, although its numbers begin at 0 again", (store) =>
    Effect.gen(function* () {
      for (const spent of [0, 100, 200]) {
        const { recovered } = yield* invocation(store, { name: "again" }, (journal) =>
          Effect.as(journal.append([intent(1, { reserved: 100 })]), journal)
        )
        assert.strictEqual(recovered.spent, Fixtures.usd(spent))
        assert.strictEqual(recovered.unresolved, spent === 0 ? 0 : 1)
      }
    }))

  test("finds an open attempt among many that have ended since", (store) =>
    Effect.gen(function* () {
      yield* invocation(store, { name: "hung" }, (journal) =>
        Effect.gen(function* () {
          yield* journal.append([intent(0, { reserved: 1000 })])
          yield* Effect.forEach(
            Array.from({ length: 1200 }, (_, n) => n + 1),
            (n) => journal.append([intent(n), answered(n, { cost: 1 })]),
            { concurrency: 32 }
          )
        })
      )
      const { recovered } = yield* invocation(store, { name: "hung" }, Effect.succeed)
      assert.deepStrictEqual(
        { ...recovered },
        { spent: Fixtures.usd(2200), unresolved: 1, answered: 1200, failed: 0 }
      )
    }))

  test("counts a key once, by its last word, and keeps an answer over a failure", (store) =>
    Effect.gen(function* () {
      yield* invocation(store, { name: "twice" }, (journal) =>
        Effect.gen(function* () {
          yield* journal.append([failed(1), failed(2), answered(3, { text: "old" }), failed(3)])
          yield* journal.append([answered(1), failed(2), answered(3, { text: "new" })])
          yield* journal.append([failed(1)])
          const found = yield* journal.lookup([key(1), key(2), key(3)])
          assert.strictEqual(found.get(key(1))?._tag, "Answered")
          assert.strictEqual(found.get(key(2))?._tag, "Failed")
          assert.deepStrictEqual(found.get(key(3)), {
            _tag: "Answered",
            response: answered(3, { text: "new" }).response
          })
        })
      )
      const { recovered } = yield* invocation(store, { name: "twice" }, Effect.succeed)
      assert.deepStrictEqual([recovered.answered, recovered.failed], [2, 1])
    }))

  test("serves answers of any run in the store, and failures of the own run only", (store) =>
    Effect.gen(function* () {
      yield* invocation(store, { name: "one" }, (journal) =>
        journal.append([answered(1), failed(2), failed(3)])
      )
      yield* invocation(store, { name: "two" }, (journal) =>
        Effect.gen(function* () {
          yield* journal.append([failed(1), failed(3)])
          const found = yield* journal.lookup([key(1), key(2), key(3)])
          assert.strictEqual(found.get(key(1))?._tag, "Answered")
          assert.isFalse(found.has(key(2)))
          assert.strictEqual(found.get(key(3))?._tag, "Failed")
          assert.strictEqual((yield* journal.delivered(["x"])).size, 0)
        })
      )
      yield* invocation(store, { name: "two", reuse: "run" }, (journal) =>
        Effect.map(journal.lookup([key(1)]), (found) =>
          assert.strictEqual(found.get(key(1))?._tag, "Failed")
        )
      )
    }))

  test("looks up more keys than a page holds, and the same key twice", (store) =>
    invocation(store, { name: "many" }, (journal) =>
      Effect.gen(function* () {
        const numbers = Array.from({ length: 2345 }, (_, n) => n)
        const [first, ...others] = numbers.map((n) => answered(n))
        if (first !== undefined) yield* journal.append([first, ...others])
        const keys = [...numbers, ...numbers, 9_999].map(key)
        assert.strictEqual((yield* journal.lookup(keys)).size, 2345)
        assert.strictEqual((yield* journal.lookup([])).size, 0)
      })
    ))

  test("starts over under the same name without the old answers, now and when it is resumed", (store) =>
    Effect.gen(function* () {
      const old = yield* invocation(store, { name: "n" }, (journal) =>
        Effect.as(journal.append([answered(1), delivered("x", 1)]), journal.run)
      )
      const run = yield* invocation(store, { name: "n", fresh: true }, (journal) =>
        Effect.gen(function* () {
          assert.notStrictEqual(journal.run, old)
          assert.deepStrictEqual({ ...journal.recovered }, Fixtures.nothing)
          assert.strictEqual((yield* journal.lookup([key(1)])).size, 0)
          assert.strictEqual((yield* journal.delivered(["x"])).size, 0)
          yield* journal.append([answered(2)])
          return journal.run
        })
      )
      yield* invocation(store, { name: "n" }, (journal) =>
        Effect.gen(function* () {
          assert.strictEqual(journal.run, run)
          assert.deepStrictEqual([...(yield* journal.lookup([key(1), key(2)])).keys()], [key(2)])
        })
      )
      assert.strictEqual((yield* log(store, old)).length, 2)
    }))

  test("lets one writer at a run, and another at another", (store) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Scope.provide(store.open({ name: "a" }), scope)
      for (const fresh of [false, true]) {
        const refused = yield* Effect.flip(Effect.scoped(store.open({ name: "a", fresh })))
        assert.strictEqual(refused.reason, "locked")
        assert.include(refused.message, '"a"')
      }
      yield* invocation(store, { name: "b" }, (journal) => journal.append([intent(1)]))
      yield* Scope.close(scope, Exit.void)
      yield* invocation(store, { name: "a" }, (journal) => journal.append([intent(1)]))
    }))

  test("takes no more records once the run is closed", (store) =>
    Effect.gen(function* () {
      const journal = yield* invocation(store, { name: "a" }, Effect.succeed)
      const refused = yield* Effect.flip(journal.append([intent(1)]))
      assert.strictEqual(refused.reason, "failed")
      assert.deepStrictEqual(yield* log(store, journal.run), [])
    }))

  test("keeps the records of many fibers at once, each group together", (store) =>
    Effect.gen(function* () {
      const run = yield* invocation(store, { name: "busy" }, (journal) =>
        Effect.as(
          Effect.forEach(
            Array.from({ length: 500 }, (_, n) => n),
            (n) => journal.append([intent(n), answered(n)]),
            { concurrency: 64 }
          ),
          journal.run
        )
      )
      const records = yield* log(store, run)
      assert.strictEqual(records.length, 1000)
      for (let at = 0; at < records.length; at += 2) {
        const [first, second] = records.slice(at, at + 2)
        assert.deepStrictEqual([first?._tag, second?._tag], ["Intent", "Answered"])
        assert.isTrue(
          first?._tag === "Intent" && second?._tag === "Answered" && first.key === second.key
        )
      }
    }))

  test("leaves the others alone when one who appends is interrupted", (store) =>
    Effect.gen(function* () {
      const kept = yield* invocation(store, { name: "i" }, (journal) =>
        Effect.gen(function* () {
          const fibers = yield* Effect.forEach(
            Array.from({ length: 50 }, (_, n) => n),
            (n) => Effect.forkChild(journal.append([answered(n)]), { startImmediately: true })
          )
          const [spared, doomed] = [
            fibers.filter((_, n) => n % 2 === 0),
            fibers.filter((_, n) => n % 2 === 1)
          ]
          yield* Fiber.interruptAll(doomed)
          yield* Fiber.awaitAll(spared)
          const numbers = Array.from({ length: 50 }, (_, n) => n).filter((n) => n % 2 === 0)
          return yield* journal.lookup(numbers.map(key))
        })
      )
      assert.strictEqual(kept.size, 25)
    }))

  test("lists runs newest first, with state and counts, and finds them by name and id", (store) =>
    Effect.gen(function* () {
      const one = yield* invocation(store, { name: "one" }, (journal) =>
        Effect.as(journal.append([answered(1, { cost: 9 }), failed(2)]), journal.run)
      )
      const two = yield* invocation(store, { name: "one", fresh: true }, ({ run }) =>
        Effect.succeed(run)
      )
      const { run: three } = yield* store.open({ name: "three" })
      const runs = yield* Stream.runCollect(store.runs)
      assert.deepStrictEqual(
        runs.map(({ id, name, state, answered, failed, spent }) => ({
          id,
          name,
          state,
          answered,
          failed,
          spent: Number(spent)
        })),
        [
          { id: three, name: "three", state: "running", answered: 0, failed: 0, spent: 0 },
          { id: two, name: "one", state: "idle", answered: 0, failed: 0, spent: 0 },
          { id: one, name: "one", state: "idle", answered: 1, failed: 1, spent: 9 }
        ]
      )
      for (const run of runs) assert.isAtLeast(run.updatedAt, run.createdAt)
      const idOf = (nameOrId: string) =>
        Effect.map(store.find(nameOrId), (found) => Option.getOrUndefined(found)?.id)
      assert.strictEqual(yield* idOf("one"), two)
      assert.strictEqual(yield* idOf(one), one)
      assert.strictEqual(yield* idOf("nobody"), undefined)
      const found = Option.getOrThrow(yield* store.find("three"))
      assert.strictEqual(found.state, "running")
    }))

  test("removes a run with all that only it holds, but not while it is worked on", (store) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { run, append } = yield* Scope.provide(store.open({ name: "old" }), scope)
      yield* append([answered(1), answered(2), delivered("x", 1)])
      assert.strictEqual((yield* Effect.flip(store.remove(run))).reason, "locked")
      yield* Scope.close(scope, Exit.void)
      yield* invocation(store, { name: "new" }, (journal) => journal.append([answered(2)]))
      yield* store.remove(run)
      assert.strictEqual((yield* Effect.flip(store.remove(run))).reason, "unknown-run")
      assert.strictEqual((yield* Effect.flip(log(store, run))).reason, "unknown-run")
      assert.deepStrictEqual(
        (yield* Stream.runCollect(store.runs)).map(({ name }) => name),
        ["new"]
      )
      yield* invocation(store, { name: "old" }, (journal) =>
        Effect.gen(function* () {
          assert.notStrictEqual(journal.run, run)
          assert.deepStrictEqual([...(yield* journal.lookup([key(1), key(2)])).keys()], [key(2)])
          assert.strictEqual((yield* journal.delivered(["x"])).size, 0)
        })
      )
    }))

  const ledgerOf = (store: CheckpointStore["Service"], run: string) =>
    Stream.runCollect(store.batchLedger(run))

  test("gives the batch ledger of a run in the order of writing, and nothing else of its log", (store) =>
    Effect.gen(function* () {
      const one = yield* invocation(store, { name: "one" }, (journal) =>
        Effect.gen(function* () {
          for (const record of Fixtures.ledgerOf("a")) {
            yield* journal.append([answered(1), record, ...Fixtures.linesOf("a", 2)])
          }
          return journal.run
        })
      )
      const two = yield* invocation(store, { name: "two" }, (journal) =>
        Effect.as(journal.append([...Fixtures.linesOf("b", 1), Fixtures.planned("b")]), journal.run)
      )
      assert.deepStrictEqual(yield* ledgerOf(store, one), [...Fixtures.ledgerOf("a")])
      assert.deepStrictEqual(yield* ledgerOf(store, two), [Fixtures.planned("b")])
      const none = yield* invocation(store, { name: "none" }, ({ append, run }) =>
        Effect.as(append([answered(1)]), run)
      )
      assert.deepStrictEqual(yield* ledgerOf(store, none), [])
    }))

  test("gives the lines of a shard in order, of that shard and of that run alone", (store) =>
    Effect.gen(function* () {
      const lines = Fixtures.linesOf("a", 3)
      const one = yield* invocation(store, { name: "one" }, (journal) =>
        Effect.gen(function* () {
          yield* journal.append([intent(1), ...lines, Fixtures.planned("a")])
          yield* journal.append([...Fixtures.linesOf("b", 2), Fixtures.planned("b"), answered(1)])
          return journal.run
        })
      )
      const two = yield* invocation(store, { name: "two" }, (journal) =>
        Effect.as(journal.append([...Fixtures.linesOf("a", 1)]), journal.run)
      )
      const read = (run: string, shard: string) =>
        Stream.runCollect(store.shardLines(run, Fixtures.shardId(shard)))
      assert.deepStrictEqual(yield* read(one, "a"), [...lines])
      assert.deepStrictEqual(yield* read(one, "b"), [...Fixtures.linesOf("b", 2)])
      assert.deepStrictEqual(yield* read(two, "a"), [...Fixtures.linesOf("a", 1)])
      assert.deepStrictEqual(yield* read(one, "c"), [])
      // Planned once more in the same run, it has them twice.
      yield* invocation(store, { name: "one" }, (journal) => journal.append([...lines]))
      assert.deepStrictEqual(yield* read(one, "a"), [...lines, ...lines])
    }))

  test("knows no ledger and no shard of a run that is not there", (store) =>
    Effect.gen(function* () {
      const ledger = yield* Effect.flip(ledgerOf(store, "nobody"))
      const shard = Fixtures.shardId("a")
      const lines = yield* Effect.flip(Stream.runCollect(store.shardLines("nobody", shard)))
      assert.deepStrictEqual([ledger.reason, lines.reason], ["unknown-run", "unknown-run"])
    }))

  checkpointStoreResults(test)
  checkpointStoreBlocks(test)

  test("keeps text as it was: NUL, lone surrogates, line separators, quotes", (store) =>
    Effect.gen(function* () {
      const text = "a\0b \ud800 \u2028\u2029\u0085 'quoted' \"too\" 🦫"
      yield* invocation(store, { name: "text's" }, (journal) =>
        Effect.gen(function* () {
          yield* journal.append([answered(1, { text }), delivered(text, 1)])
          const stored = (yield* journal.lookup([key(1)])).get(key(1))
          assert.deepStrictEqual(stored, {
            _tag: "Answered",
            response: answered(1, { text }).response
          })
          assert.deepStrictEqual([...(yield* journal.delivered([text]))], [[text, key(1)]])
        })
      )
    }))
}
