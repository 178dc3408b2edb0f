/** Resuming takes hours and all memory (inspect_ai#2873, promptfoo): here what is looked up and held, not how long it takes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Stream } from "effect"
import * as BenchmarkRun from "spillway/benchmark/BenchmarkRun"
import * as Dataset from "spillway/benchmark/Dataset"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as MemoryCheckpointStore from "spillway/layers/checkpoint/MemoryCheckpointStore"
import * as NodeSha256 from "spillway/layers/checkpoint/NodeSha256"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as Run from "spillway/run/Run"
import * as FakeGenerate from "../benchmark/FakeGenerate.ts"
import { answer } from "../benchmark/responses.ts"
import { questions } from "./questions.ts"
import * as Stack from "./Stack.ts"

/** What the store was asked for, item by item. */
interface Asked {
  lookups: number
  deliveries: number
}

/** A store in memory that counts. */
const counting = (asked: Asked) =>
  Layer.effect(
    CheckpointStore,
    Effect.map(MemoryCheckpointStore.make, (store) => ({
      ...store,
      open: (run: Parameters<typeof store.open>[0]) =>
        Effect.map(store.open(run), (journal) => ({
          ...journal,
          lookup: (keys: Parameters<typeof journal.lookup>[0]) => {
            asked.lookups += keys.length
            return journal.lookup(keys)
          },
          delivered: (ids: ReadonlyArray<string>) => {
            asked.deliveries += ids.length
            return journal.delivered(ids)
          }
        }))
    }))
  )

const world = (asked: Asked) =>
  Layer.mergeAll(
    counting(asked),
    BuiltInModelCatalog.layer,
    NodeSha256.layer,
    FileSystem.layerNoop({})
  )

const run = Run.make({ name: "large", request: (n: number) => Stack.prompt(`question ${n}`) })

describe("pain 42: resuming large runs", () => {
  it.live("pain 42: what is held and what is looked up does not grow with the run", () =>
    Effect.gen(function* () {
      const measures: Array<Asked & { readonly held: number }> = []
      for (const items of [2_000, 8_000]) {
        const asked = { lookups: 0, deliveries: 0 }
        const start = (count: number) =>
          Effect.gen(function* () {
            let [pulled, ended, held] = [0, 0, 0]
            const source = Stream.range(0, count - 1, 100).pipe(
              Stream.map((n) => {
                pulled++
                held = Math.max(held, pulled - ended)
                return n
              })
            )
            const report = yield* Run.deliver(run, source, (group) =>
              Effect.sync(() => {
                ended += group.length
              })
            )
            return { held, report }
          }).pipe(Effect.provide(FakeGenerate.layer(() => answer("yes"))))
        yield* Effect.gen(function* () {
          const first = yield* start(items)
          Object.assign(asked, { lookups: 0, deliveries: 0 })
          const second = yield* start(items + 1)
          const { delivered, sent } = second.report.requests
          assert.deepStrictEqual([delivered, sent], [items, 1])
          measures.push({ held: first.held, ...asked })
        }).pipe(Effect.provide(world(asked)))
      }
      const [small, large] = measures
      assert.deepStrictEqual(large, small)
      assert.isAtMost(large?.held ?? Number.NaN, 1000)
      // The new item, and none of those before it.
      assert.deepInclude(large, { lookups: 1, deliveries: 1 })
    })
  )

  it.live(
    "pain 42: a benchmark that goes on asks the store for the items of one block at most",
    () =>
      Effect.gen(function* () {
        const asked = { lookups: 0, deliveries: 0 }
        const start = (items: number, sent: () => void) =>
          BenchmarkRun.execute(questions({ dataset: Dataset.array(Stack.questions(items)) })).pipe(
            Effect.provide(
              FakeGenerate.layer(() => {
                sent()
                return answer("yes")
              })
            )
          )
        yield* Effect.gen(function* () {
          const first = yield* start(3_100, () => {})
          assert.deepInclude(first.requests, { answered: 3_100, sent: 3_100 })
          asked.lookups = 0
          let before = Number.NaN
          const second = yield* start(3_101, () => {
            before = asked.lookups
          })
          assert.deepInclude(second.requests, { answered: 3_101, sent: 1, fromStore: 3_100 })
          // 12 blocks are passed over; what comes after them is looked up.
          assert.strictEqual(before, 101)
        }).pipe(Effect.provide(world(asked)))
      })
  )
})
