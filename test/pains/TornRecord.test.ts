/** A power cut in the middle of a write: the last record is torn, and what reads the file stops at it or trusts it. */
import * as fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import { defaults as limits, RateLimitConfig } from "spillway/config/RateLimitConfig"
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"
import * as BuiltInModelCatalog from "spillway/layers/model/BuiltInModelCatalog"
import * as OnlineGraph from "spillway/layers/presets/OnlineGraph"
import * as Run from "spillway/run/Run"
import { answer, ScriptedOpenAiTransport as Scripted } from "spillway/testing"
import * as Folders from "../checkpoint/fixtures/folders.ts"
import { asked } from "./questions.ts"
import * as Stack from "./Stack.ts"

const ITEMS = 40

const run = Run.make({
  name: "torn",
  id: (question: string) => question,
  request: (question) => Stack.prompt(question),
  groupSize: 4
})

/** The first so many questions over the store in that file; answers what was sent and what was delivered. */
const deliver = <A, E>(
  filename: string,
  count: number,
  after: (store: CheckpointStore["Service"]) => Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    const delivered: Array<string> = []
    const found = yield* Effect.flatMap(CheckpointStore, after)
    const report = yield* Run.deliver(run, Stream.fromIterable(Stack.questions(count)), (group) =>
      Effect.sync(() => void delivered.push(...group.map(({ item }) => item)))
    )
    const calls = yield* Effect.flatMap(Scripted.ScriptedCalls, ({ all }) => all)
    // As it lies on the disk now, with the store still open: what a power cut leaves.
    for (const end of ["", "-wal"]) fs.copyFileSync(`${filename}${end}`, `${filename}.cut${end}`)
    return { found, delivered, report, sent: calls.map(asked).sort() }
  }).pipe(
    Effect.provide(
      OnlineGraph.layer.pipe(
        Layer.provideMerge(Scripted.layer(() => answer("yes"))),
        Layer.provideMerge(BuiltInModelCatalog.layer),
        Layer.provideMerge(SqliteCheckpointStore.layer({ filename })),
        Layer.provide(
          Layer.succeed(RateLimitConfig, { ...limits, ...Stack.plenty, maxInFlight: 1 })
        )
      )
    )
  )

/** The questions whose answers the store has. */
const answered = (store: CheckpointStore["Service"]) =>
  Stream.unwrap(
    Effect.map(store.find("torn"), (found) =>
      found._tag === "None" ? Stream.empty : store.records(found.value.id, "Answered")
    )
  ).pipe(Stream.runCount)

const tears: ReadonlyArray<readonly [string, (wal: Buffer) => Buffer]> = [
  ["its last byte is missing", (wal) => wal.subarray(0, -1)],
  ["half of it is missing", (wal) => wal.subarray(0, -2000)],
  ["it is all zeros", (wal) => Buffer.concat([wal.subarray(0, -4000), Buffer.alloc(4000)])],
  ["a third of what was written is missing", (wal) => wal.subarray(0, (2 * wal.length) / 3)]
]

describe("pain 32: a torn last record", () => {
  for (const [how, tear] of tears) {
    it.live(`pain 32: ${how}: the store opens, and exactly the remainder is completed`, () =>
      Effect.gen(function* () {
        const filename = `${yield* Folders.temporary}/store.db`
        yield* deliver(filename, 30, () => Effect.void)
        const cut = `${filename}.cut`
        const whole = fs.readFileSync(`${cut}-wal`)
        fs.writeFileSync(`${cut}-wal`, tear(whole))
        const second = yield* deliver(cut, ITEMS, answered)
        assert.isAtLeast(second.found, 1)
        assert.isAtMost(second.found, 30)
        // Answers came one after the other: those that are left are the first ones.
        const missing = Stack.questions(ITEMS).slice(second.found)
        assert.deepStrictEqual(second.sent, missing.toSorted())
        const { answered: ended, delivered, sent } = second.report.requests
        assert.strictEqual(sent, ITEMS - second.found)
        assert.strictEqual(ended + delivered, ITEMS)
        const third = yield* deliver(cut, ITEMS, answered)
        assert.deepStrictEqual([third.found, third.sent, third.delivered], [ITEMS, [], []])
      }).pipe(Effect.scoped)
    )
  }
})
