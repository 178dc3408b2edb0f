/**
 * A program of batch work that is killed before and after every call of the life cycle, and at every write: the next one
 * gives every item exactly one result, and every request is paid for once. With real processes: `Kill.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"
import * as Batches from "spillway/transport/Batches"
import { temporary } from "../checkpoint/fixtures/folders.ts"
import * as World from "./BatchWorld.ts"
import * as Mortal from "./Mortal.ts"
import * as Postgres from "./Postgres.ts"

const ITEMS = 25
const SHARDS = 3

const sqlite = Layer.unwrap(
  Effect.map(temporary, (folder) => SqliteCheckpointStore.layer({ filename: `${folder}/s.sqlite` }))
)

/** A provider on the real clock, whose batches take milliseconds. */
const fast = Effect.gen(function* () {
  return yield* World.make({
    latency: 0,
    batch: { medianMs: 10_000, scale: 0.001 },
    store: yield* CheckpointStore,
    config: {
      minPoll: Duration.millis(2),
      maxPoll: Duration.millis(5),
      patience: Duration.millis(5)
    }
  })
})

/** Dies at this moment, goes on, and holds the result against the provider's books. */
const survives = Effect.fnUntraced(function* (death: Mortal.Death) {
  const world = yield* fast
  const first = yield* Mortal.program(world, ITEMS, death)
  const second = yield* Mortal.program(world, ITEMS)
  assert.strictEqual(second.ended, "ended")
  assert.deepStrictEqual(
    second.outcomes.map(({ index }) => index).sort((a, b) => a - b),
    Array.from({ length: ITEMS }, (_, n) => n)
  )
  assert.isTrue(second.outcomes.every(({ _tag }) => _tag === "Answered"))
  assert.deepStrictEqual(World.bills(world), Array(ITEMS).fill(1))
  const { body } = yield* world.transport.send(Batches.list({}))
  assert.strictEqual(body.data.filter(({ status }) => status === "completed").length, SHARDS)
  const [run] = yield* Stream.runCollect(world.store.runs)
  const log = yield* Stream.runCollect(world.store.records(run?.id ?? "", "Answered"))
  assert.strictEqual(log.length, ITEMS)
  return first.ended
})

const moments: ReadonlyArray<readonly [operation: string, times: ReadonlyArray<number>]> = [
  ["files.upload", [1, 2, 3]],
  ["batches.create", [1, 2, 3]],
  ["batches.retrieve", [1, 2, 3]],
  ["files.content", [1, 2, 3]],
  ["files.delete", [1, 2, 3]]
]

/** @param step which writes it is killed at: each, or only some of them */
const suite = (layer: Layer.Layer<CheckpointStore, unknown>, step: number) => {
  const test = (title: string, body: Effect.Effect<void, unknown>) =>
    it.live(title, () => body, { concurrent: true, timeout: 180_000 })
  /** In an empty store. */
  const survival = (death: Mortal.Death) => Effect.provide(Effect.scoped(survives(death)), layer)
  for (const [operation, times] of moments) {
    for (const when of ["before", "after"] as const) {
      test(
        `killed ${when} ${operation}`,
        Effect.forEach(
          times,
          (time) =>
            Effect.gen(function* () {
              const ended = yield* survival((deed) =>
                deed.operation === operation && deed.ofKind === time ? when : undefined
              )
              assert.strictEqual(ended, "killed", `${operation} ${time}`)
            }),
          { discard: true }
        )
      )
    }
  }
  test(
    `killed before and after ${step === 1 ? "every write" : "writes all the way"}`,
    Effect.gen(function* () {
      for (let write = 1; ; write += step) {
        const ends = yield* Effect.forEach(["before", "after"] as const, (when) =>
          survival(({ ofKind, operation }) =>
            operation === "append" && ofKind === write ? when : undefined
          )
        )
        if (ends.includes("killed")) continue
        assert.isAtLeast(write, 20)
        return
      }
    })
  )
}

describe("a program of batch work on SQLite", () => suite(Layer.fresh(sqlite), 1))
describe.skipIf(!Postgres.reachable)("a program of batch work on PostgreSQL", () =>
  suite(Layer.fresh(Postgres.store), 6)
)
