/** What a SQLite store promises when its writer dies without a word, shown with real processes. */
import * as fs from "node:fs"
import { assert, it } from "@effect/vitest"
import { Effect, Random, Stream } from "effect"
import { CheckpointStore } from "spillway/checkpoint/CheckpointStore"
import type { RequestKey } from "spillway/checkpoint/RequestKey"
import type { RunRecord } from "spillway/checkpoint/RunRecord"
import * as SqliteCheckpointStore from "spillway/layers/checkpoint/SqliteCheckpointStore"
import * as Folders from "./fixtures/folders.ts"
import * as Processes from "./fixtures/processes.ts"
import { intent, key } from "./fixtures/records.ts"

const withStore = <A, E>(
  filename: string,
  use: (store: CheckpointStore["Service"]) => Effect.Effect<A, E>
) => CheckpointStore.use(use).pipe(Effect.provide(SqliteCheckpointStore.layer({ filename })))

const isAnswered = (n: number) => n % 7 !== 0

it.live(
  "loses nothing that was acknowledged, and counts every open attempt once, over six kills",
  () =>
    Effect.gen(function* () {
      const file = `${yield* Folders.temporary}/store.db`
      const acknowledged: Array<number> = []
      for (let round = 0; round < 6; round++) {
        const wait = yield* Random.nextIntBetween(1, 400)
        const child = yield* Processes.writer(file, "killed", round * 1_000_000)
        yield* child.acknowledged(wait)
        acknowledged.push(...(yield* child.kill))
        // The lock is free at once: this opens without waiting.
        yield* withStore(
          file,
          Effect.fnUntraced(function* (store) {
            const journal = yield* store.open({ name: "killed" })
            const expected = acknowledged.filter(isAnswered)
            const found = yield* journal.lookup(expected.map(key))
            assert.strictEqual(found.size, expected.length)

            const begun = new Map<RequestKey, number>()
            const ended = new Map<RequestKey, number>()
            let spent = 0
            for (const record of yield* Stream.runCollect(store.records(journal.run))) {
              if (record._tag === "Intent") begun.set(record.key, record.reserved)
              if (record._tag === "Released" || record._tag === "Answered") {
                assert.isFalse(ended.has(record.key))
                const cost = record._tag === "Released" ? record.spent : record.response.cost
                if (record._tag === "Released") assert.strictEqual(cost, begun.get(record.key))
                ended.set(record.key, cost)
                spent += cost
              }
            }
            assert.deepStrictEqual([...ended.keys()].sort(), [...begun.keys()].sort())
            assert.strictEqual(Number(journal.recovered.spent), spent)
            assert.isAbove(journal.recovered.unresolved, 0)
          }, Effect.scoped)
        )
      }
    }).pipe(Effect.scoped, Random.withSeed("kill")),
  30_000
)

it.live("keeps a second process off the run, not off the store", () =>
  Effect.gen(function* () {
    const file = `${yield* Folders.temporary}/store.db`
    const child = yield* Processes.writer(file, "theirs", 0)
    yield* child.acknowledged(1)
    yield* withStore(
      file,
      Effect.fnUntraced(function* (store) {
        const refused = yield* Effect.flip(store.open({ name: "theirs" }))
        assert.strictEqual(refused.reason, "locked")
        assert.include(refused.message, `"theirs"`)
        assert.include(refused.message, `pid ${child.pid}`)

        const ours = yield* store.open({ name: "ours" })
        const before = (yield* child.acknowledged(1)).length
        yield* Effect.forEach(
          Array.from({ length: 200 }, (_, n) => n),
          (n) => ours.append([intent(n)]),
          { concurrency: 8 }
        )
        yield* child.acknowledged(before + 50)
        const states = (yield* Stream.runCollect(store.runs)).map(({ name, state }) => [
          name,
          state
        ])
        assert.deepStrictEqual(states, [
          ["ours", "running"],
          ["theirs", "running"]
        ])
        yield* child.kill
        const found = yield* store.find("theirs")
        assert.strictEqual(found._tag === "Some" && found.value.state, "idle")
        yield* store.open({ name: "theirs" })
      }, Effect.scoped)
    )
  }).pipe(Effect.scoped)
)

it.live("opens what a torn write-ahead log still holds, without a gap", () =>
  Effect.gen(function* () {
    const folder = yield* Folders.temporary
    const file = `${folder}/store.db`
    const child = yield* Processes.writer(file, "torn", 1)
    yield* child.acknowledged(300)
    yield* child.kill
    const wal = fs.statSync(`${file}-wal`).size
    let longer: ReadonlyArray<RunRecord> | undefined
    for (const cut of [0, 1, 4096, 70_000, Math.floor(wal / 2)]) {
      const copy = `${folder}/cut-${cut}.db`
      fs.copyFileSync(file, copy)
      fs.writeFileSync(`${copy}-wal`, fs.readFileSync(`${file}-wal`).subarray(0, wal - cut))
      const log = yield* withStore(
        copy,
        Effect.fnUntraced(function* (store) {
          const { run, recovered } = yield* store.open({ name: "torn" })
          const records = yield* Stream.runCollect(store.records(run))
          const answered = records.filter(({ _tag }) => _tag === "Answered")
          assert.strictEqual(recovered.answered, answered.length)
          // The opening's own settlement comes after what the log held.
          return records.slice(0, records.length - recovered.unresolved)
        }, Effect.scoped)
      )
      if (longer !== undefined) assert.deepStrictEqual(log, longer.slice(0, log.length))
      longer = log
    }
    assert.isAbove(longer?.length ?? 0, 0)
  }).pipe(Effect.scoped)
)
